"""The source ``/dev/videoN``: a USB camera or another V4L2 device."""

import re

from petcam.errors import Code, PetcamError
from petcam.feed.sources.pyav_live import PyavLiveSource
from petcam.system.v4l2 import formats

# V4L2's name of a format and FFmpeg's, the best first: what the device compresses itself costs us least.
PREFERRED = ((b"H264", "h264"), (b"MJPG", "mjpeg"))


def is_device(word: str) -> bool:
    return re.fullmatch(r"/dev/video\d+", word) is not None


def source(device: str) -> PyavLiveSource:
    """The camera at ``device``. Raises ``OSError`` where it cannot be opened, ``PetcamError`` where it is no camera."""
    return PyavLiveSource(device, device, format="v4l2", options=options(device))


def options(device: str) -> dict[str, str]:
    """What FFmpeg is told of it. Raises like :func:`source`."""
    chosen = {"video_size": "1280x720", "framerate": "30"}
    offered = formats(device)
    if not offered:
        raise PetcamError(Code.BAD_SOURCE, f"{device} captures no video: petcam sources lists those that do")
    for fourcc, name in PREFERRED:
        if fourcc in offered:
            chosen["input_format"] = name
            break
    return chosen
