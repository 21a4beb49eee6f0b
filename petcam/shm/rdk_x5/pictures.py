"""The ring of ready pictures that the capture daemon keeps beside its H.264: NV12 or JPEG, in the same layout."""

from typing import NamedTuple

from petcam.errors import PetcamError
from petcam.shm.mapping import SegmentFile
from petcam.shm.rdk_x5.layout import JPEG, MAX_DATA, MAX_PIXELS, NV12, STREAM_SIZE
from petcam.shm.rdk_x5.polling_reader import PollingReader
from petcam.shm.rdk_x5.ring import parse_head, read_data, read_head
from petcam.shm.rdk_x5.segment import open_sized, refused, settled, timespec_ns, write_count

NAME = "/pet_camera_mjpeg_frame"


class RawPicture(NamedTuple):
    capture_ns: int  # CLOCK_MONOTONIC
    width: int  # pixels
    height: int
    format: int  # JPEG or NV12
    data: bytes


class RdkPictureReader(PollingReader[RawPicture]):
    """Gives the newest picture, each once; what came between two reads is passed over."""

    poll_seconds = 0.01

    def __init__(self, name: str = NAME) -> None:
        super().__init__(name)
        self._written = 0  # the write count that was looked at last

    def _open(self) -> SegmentFile | None:
        self._written = 0
        return _open_ring(self.name)

    def _next_record(self, ring: SegmentFile) -> RawPicture | None:
        written = write_count(ring)
        if written == self._written:
            return None
        picture = _newest(ring, written)
        if picture is not None:
            self._written = written
        return picture


def format_of(name: str) -> int | None:
    """JPEG or NV12: what the segment holds; ``None``: there is none of that name, or nothing in it makes sense."""
    try:
        ring = _open_ring(name)
    except PetcamError:
        return None
    if ring is None:
        return None
    try:
        picture = _newest(ring, write_count(ring))
    finally:
        ring.close()
    return picture.format if picture is not None else None


def _newest(ring: SegmentFile, written: int) -> RawPicture | None:
    return settled(lambda: _copy_picture(ring, written - 1)) if written else None


def _copy_picture(ring: SegmentFile, n: int) -> RawPicture | None:
    """What lies in record n's slot now; ``None`` where it makes no sense."""
    try:
        capture_ns, width, height, form, size = _parse_picture(read_head(ring, n))
    except PetcamError:
        return None
    data = read_data(ring, n, size)
    if form == JPEG and not (data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9"):
        return None
    return RawPicture(capture_ns, width, height, form, data)


def _parse_picture(raw: bytes) -> tuple[int, int, int, int, int]:
    """capture_ns, width, height, format and data_size of a frame's first 48 bytes.

    Raises :class:`PetcamError` (``BAD_SEGMENT``) where they make no sense.
    """
    head = parse_head(raw)
    width, height, size = head.width, head.height, head.data_size
    possible = width >= 2 and height >= 2 and width * height <= MAX_PIXELS
    even = width % 2 == height % 2 == 0
    good = {JPEG: 4 <= size <= MAX_DATA, NV12: even and size == width * height * 3 // 2 <= MAX_DATA}
    if not (possible and good.get(head.format)):
        raise refused(f"no picture: format {head.format}, {width}x{height} pixels, {size} bytes")
    return timespec_ns(head.tv_sec, head.tv_nsec), width, height, head.format, size


def _open_ring(name: str) -> SegmentFile | None:
    return open_sized(name, (STREAM_SIZE,), "a ring of pictures")
