"""What a V4L2 device of the kernel's offers, by ioctl (linux/videodev2.h); there is no library for it in Python."""

import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

QUERY_CAPABILITIES = 0x80685600
ENUMERATE_FORMATS = 0xC0405602
ENUMERATE_SIZES = 0xC02C564A
ENUMERATE_INTERVALS = 0xC034564B
CAPTURE = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE
CAN_CAPTURE, HAS_DEVICE_CAPABILITIES = 0x1, 0x80000000
MAX_ENTRIES = 64  # of each list; a driver that knows no end must not hang who asks
# struct v4l2_capability: driver, card, bus, version, what all of its devices can, what this one can, ...
_CAPABILITIES = struct.Struct("=16s32s32s6I")
# struct v4l2_fmtdesc: index, type, flags, description, pixelformat, ...
_FORMAT = struct.Struct("=3I32s5I")
# struct v4l2_frmsizeenum: index, pixelformat, type, then width and height, or least, most and step of both.
_SIZE = struct.Struct("=3I6I2I")
# struct v4l2_frmivalenum: index, pixelformat, width, height, type, then a fraction, or three for a range.
_INTERVAL = struct.Struct("=5I6I2I")
_DISCRETE = 1

Ioctl = Callable[[int, int, bytes], bytes]  # descriptor, request, argument; OSError ends a list


@dataclass(frozen=True)
class Size:
    """``fps`` is the highest there; 0 where the device does not say."""

    width: int
    height: int
    fps: float


@dataclass(frozen=True)
class Format:
    """``name`` is V4L2's four letters, the largest size is first."""

    name: str
    sizes: tuple[Size, ...]


@dataclass(frozen=True)
class Device:
    """``formats`` is empty where it captures no video."""

    name: str
    formats: tuple[Format, ...]


def device(path: str, ioctl: Ioctl = fcntl.ioctl) -> Device:
    """All that is known of it. Raises ``OSError`` where it cannot be opened, or is no V4L2 device."""
    with _opened(path) as fd:
        asked = _CAPABILITIES.unpack(ioctl(fd, QUERY_CAPABILITIES, bytes(_CAPABILITIES.size)))
        able = asked[5] if asked[4] & HAS_DEVICE_CAPABILITIES else asked[4]
        found = _formats(fd, ioctl) if able & CAN_CAPTURE else []
        return Device(_text(asked[1]), tuple(Format(_text(fourcc), _sizes(fd, fourcc, ioctl)) for fourcc in found))


def formats(path: str) -> list[bytes]:
    """The pixel formats that it captures, as V4L2's four letters. Raises ``OSError`` where it cannot be opened."""
    with _opened(path) as fd:
        return _formats(fd, fcntl.ioctl)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield fd
    finally:
        os.close(fd)


def _formats(fd: int, ioctl: Ioctl) -> list[bytes]:
    queries = (_FORMAT.pack(index, CAPTURE, 0, b"", 0, 0, 0, 0, 0) for index in count())
    return [_FORMAT.unpack(answer)[4].to_bytes(4, "little") for answer in _list(fd, ENUMERATE_FORMATS, queries, ioctl)]


def _sizes(fd: int, fourcc: bytes, ioctl: Ioctl) -> tuple[Size, ...]:
    """Of a range only its largest."""
    number = int.from_bytes(fourcc, "little")
    queries = (_SIZE.pack(index, number, 0, *[0] * 8) for index in count())
    found = set()
    for answer in _list(fd, ENUMERATE_SIZES, queries, ioctl):
        _, _, kind, *numbers = _SIZE.unpack(answer)
        found.add((numbers[0], numbers[1]) if kind == _DISCRETE else (numbers[1], numbers[4]))
    sizes = [Size(*size, _fps(fd, number, size, ioctl)) for size in found]
    return tuple(sorted(sizes, key=lambda size: (size.width * size.height, size.width), reverse=True))


def _fps(fd: int, fourcc: int, size: tuple[int, int], ioctl: Ioctl) -> float:
    """The shortest interval; the first fraction of a range is its shortest."""
    queries = (_INTERVAL.pack(index, fourcc, *size, 0, *[0] * 8) for index in count())
    answers = [_INTERVAL.unpack(answer) for answer in _list(fd, ENUMERATE_INTERVALS, queries, ioctl)]
    return max((answer[6] / answer[5] for answer in answers if answer[5]), default=0.0)


def _list(fd: int, request: int, queries: Iterator[bytes], ioctl: Ioctl) -> list[bytes]:
    """Answers until the list ends with EINVAL; what is no such device says ENOTTY at once."""
    answers: list[bytes] = []
    while len(answers) < MAX_ENTRIES:
        try:
            answers.append(ioctl(fd, request, next(queries)))
        except OSError:
            break
    return answers


def _text(name: bytes) -> str:
    text = name.split(b"\0")[0].decode("utf-8", "replace").strip()
    return "".join(letter for letter in text if letter.isprintable())
