"""The ring of ready pictures that an RDK X5's daemon keeps beside its H.264: NV12 or JPEG, in the same layout."""

import time
from typing import NamedTuple

import numpy as np

from petcam.errors import Code, PetcamError
from petcam.shm import mapping
from petcam.shm.base_reader import BaseReader
from petcam.shm.mapping import Copies
from petcam.shm.rdk_x5.stream import FRAME, MAX_DATA, SETTLE_SECONDS, SLOTS, STREAM, count_of

NAME = "/pet_camera_mjpeg_frame"
JPEG, NV12 = 0, 1
POLL_SECONDS = 0.01

_FIELDS = np.dtype([(name, FRAME[name]) for name in (FRAME.names or ())[:-1]])
_FRAMES = STREAM.fields["frames"][1]  # type: ignore[index]


class RawPicture(NamedTuple):
    capture_ns: int  # CLOCK_MONOTONIC
    width: int
    height: int
    format: int  # JPEG or NV12
    data: bytes


class RdkPictureReader(BaseReader[Copies, RawPicture]):
    """Gives the newest picture, each once; what came between two reads is passed over."""

    def __init__(self, name: str = NAME) -> None:
        super().__init__(name)
        self._written = 0  # write_index that was looked at last

    def _open(self) -> Copies | None:
        self._written = 0
        return _open(self.name)

    def _next_record(self, ring: Copies) -> RawPicture | None:
        written = count_of(ring)
        if written == self._written:
            return None
        picture = newest(ring, written)
        if picture is not None:
            self._written = written
        return picture

    def _wait(self, ring: Copies, left: float) -> None:
        time.sleep(min(left, POLL_SECONDS))


def format_of(name: str) -> int | None:
    """What the segment holds; None where there is no such segment, or nothing in it that makes sense."""
    try:
        ring = _open(name)
    except PetcamError:
        return None
    if ring is None:
        return None
    try:
        picture = newest(ring, count_of(ring))
    finally:
        ring.close()
    return picture.format if picture is not None else None


def newest(ring: Copies, written: int) -> RawPicture | None:
    """Twice the same, as in rdk_x5: older daemons raise write_index before they copy."""
    if written == 0:
        return None
    picture = copy_picture(ring, written - 1)
    if picture is None:
        return None
    time.sleep(SETTLE_SECONDS)
    return picture if copy_picture(ring, written - 1) == picture else None


def copy_picture(ring: Copies, n: int) -> RawPicture | None:
    """What lies in record n's slot now; None where it makes no sense."""
    start = _FRAMES + n % SLOTS * FRAME.itemsize
    fields = parse(ring.read(start, _FIELDS.itemsize))
    if fields is None:
        return None
    capture_ns, width, height, form, size = fields
    data = ring.read(start + _FIELDS.itemsize, size)
    if form == JPEG and not (data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9"):
        return None
    return RawPicture(capture_ns, width, height, form, data)


def parse(raw: bytes) -> tuple[int, int, int, int, int] | None:
    """capture_ns, width, height, format and size of a frame's first 48 bytes; None where they make no sense."""
    _, seconds, nanoseconds, _, width, height, form, size = np.frombuffer(raw, _FIELDS, 1)[0].item()
    if not (0 <= seconds < 2**33 and 0 <= nanoseconds < 10**9 and 2 <= width <= 8192 and 2 <= height <= 8192):
        return None
    even = width % 2 == height % 2 == 0
    good = {JPEG: 4 <= size <= MAX_DATA, NV12: even and size == width * height * 3 // 2 <= MAX_DATA}
    return (seconds * 10**9 + nanoseconds, width, height, form, size) if good.get(form) else None


def _open(name: str) -> Copies | None:
    ring = mapping.open_for_copies(name)
    if ring is not None and ring.size != STREAM.itemsize:
        size = ring.size
        ring.close()
        raise PetcamError(Code.BAD_SEGMENT, f"{name}: has {size} bytes, a ring of pictures has {STREAM.itemsize}")
    return ring
