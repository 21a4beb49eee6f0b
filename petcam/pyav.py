"""PyAV, where it is installed: the one place that imports it."""

from typing import Any

from petcam.errors import Code, PetcamError


def load(wanted_for: str) -> Any:
    """The module ``av``. Raises :class:`PetcamError` (``UNSUPPORTED``) that names the remedy where there is none."""
    try:
        import av

        av.logging.set_level(av.logging.PANIC)  # FFmpeg's own lines may hold a URL with its password
    except ImportError as error:
        raise PetcamError(
            Code.UNSUPPORTED, f"{wanted_for} needs PyAV: sudo apt-get install python3-av (or: pip install av)"
        ) from error
    return av
