"""The sources of ``petcam feed``, one a file, and from the word SOURCE to the one that it names.

To add a source, write a module with a class like :class:`petcam.feed.source.Source` and name it in ``registry``.
Imports ``petcam.errors``, ``petcam.media``, ``petcam.shm.detections`` (for the demo's detector), ``feed.source`` and
the rooms ``demo``, ``hearing``, ``transcoding``, ``timing`` and ``h264``. Others import from here only.
"""

from petcam.feed.sources.registry import POSSIBLE, fault_of_service, find, raw, require_picture, sound_of
from petcam.feed.sources.unit import About, Decoded, Unit

__all__ = ["POSSIBLE", "About", "Decoded", "Unit", "fault_of_service", "find", "raw", "require_picture", "sound_of"]
