"""PyAV, where it is installed: whether it is, the module, and what to do where it is not.

It is an extra: H.264 from a Raspberry Pi's camera is passed on without it. Imports ``petcam.errors`` only.
"""

import importlib.util
from typing import Any

from petcam.errors import Code, PetcamError

REMEDY = "sudo apt install python3-av (in a checkout: pip install av)"
SERVICE_REMEDY = "sudo apt install python3-av; sudo systemctl restart petcam-web"  # of a service that runs already


def is_installed() -> bool:
    """Whether :func:`load` would find it; imports nothing, as PyAV costs memory."""
    return importlib.util.find_spec("av") is not None


def load(wanted_for: str) -> Any:
    """The module ``av``. Raises :class:`PetcamError` (``UNSUPPORTED``) that names the remedy where there is none."""
    try:
        import av

        av.logging.set_level(av.logging.PANIC)  # FFmpeg's own lines may hold a URL with its password
    except ImportError as error:
        raise PetcamError(Code.UNSUPPORTED, f"{wanted_for} needs PyAV: {REMEDY}") from error
    return av
