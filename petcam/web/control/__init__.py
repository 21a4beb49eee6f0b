"""petcam-web's control socket (docs/http-api.md, The control socket of petcam-web): what petcam-events asks and tells.

Imports ``settings`` and ``web.camera``; the entry point starts and ends it.
"""

from petcam.web.control.answers import PICTURE_SECONDS, Answers
from petcam.web.control.moments import Moments

__all__ = ["PICTURE_SECONDS", "Answers", "Moments"]
