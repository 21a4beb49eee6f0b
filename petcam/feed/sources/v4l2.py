"""The source ``/dev/videoN``: a USB camera or another V4L2 device."""

import fcntl
import os
import struct

from petcam.errors import Code, PetcamError
from petcam.feed.sources.pyav_live import PyavLiveSource

VIDIOC_ENUM_FMT = 0xC0405602
CAPTURE = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE
FORMAT = struct.Struct("<3I32s5I")  # struct v4l2_fmtdesc: index, type, flags, description, pixelformat, ...

# V4L2's name of a format and FFmpeg's, the best first: what the device compresses itself costs us least.
PREFERRED = ((b"H264", "h264"), (b"MJPG", "mjpeg"))


def source(device: str) -> PyavLiveSource:
    """The camera at ``device``. Raises ``OSError`` where it cannot be opened, ``PetcamError`` where it is no camera."""
    return PyavLiveSource(device, device, format="v4l2", options=options(device))


def options(device: str) -> dict[str, str]:
    """What FFmpeg is told of it. Raises like :func:`source`."""
    chosen = {"video_size": "1280x720", "framerate": "30"}
    offered = formats(device)
    if not offered:
        raise PetcamError(Code.BAD_SOURCE, f"{device} captures no video; v4l2-ctl --list-devices shows which one does")
    for fourcc, name in PREFERRED:
        if fourcc in offered:
            chosen["input_format"] = name
            break
    return chosen


def formats(device: str) -> list[bytes]:
    """The pixel formats that a device captures, as V4L2's four letters."""
    found: list[bytes] = []
    fd = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    try:
        while True:
            query = FORMAT.pack(len(found), CAPTURE, 0, b"", 0, 0, 0, 0, 0)
            found.append(FORMAT.unpack(fcntl.ioctl(fd, VIDIOC_ENUM_FMT, query))[4].to_bytes(4, "little"))
    except OSError:  # the list ends with EINVAL; what is no camera says ENOTTY
        return found
    finally:
        os.close(fd)
