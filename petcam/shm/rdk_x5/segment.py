"""The daemons' segments as files: opened by their size, how often they were written, and looked at twice."""

import time
from collections.abc import Callable
from typing import TypeVar

from petcam.errors import Code, PetcamError
from petcam.shm import mapping
from petcam.shm.mapping import SegmentFile
from petcam.shm.rdk_x5.layout import GENERATIONS, STREAM, STREAM_SIZE, offset

SETTLE_SECONDS = 0.002  # between two looks at the newest record; a daemon copies a picture in less

_COUNT_OFFSETS = {size: offset(dtype, "version") for size, dtype in GENERATIONS.items()}
_COUNT_OFFSETS[STREAM_SIZE] = offset(STREAM, "write_index")

R = TypeVar("R")


def open_sized(name: str, sizes: tuple[int, ...], what: str) -> SegmentFile | None:
    """Open the segment ``name``; ``None``: no data yet.

    Raises :class:`PetcamError` (``BAD_SEGMENT``) where it does not have one of ``sizes``, as ``what`` has.
    """
    found = mapping.open_segment_file(name)
    if found is not None and found.size not in sizes:
        size, wanted = found.size, " or ".join(map(str, sizes))
        found.close()
        raise refused(f"{name}: has {size} bytes, {what} has {wanted}: correct camera.layout or the segment's name")
    return found


def write_count(segment: SegmentFile) -> int:
    """How often the segment was written so far, mod 2**32."""
    return int.from_bytes(segment.read(_COUNT_OFFSETS[segment.size], 4), "little")


def settled(read: Callable[[], R | None]) -> R | None:
    """What ``read`` gives, if it gives the same again a moment later; ``None``: it is still being written.

    Some daemons raise the write count before they copy, so the newest record is believed only in this way.
    """
    first = read()
    if first is None:
        return None
    time.sleep(SETTLE_SECONDS)
    return first if read() == first else None


def timespec_ns(seconds: int, nanoseconds: int) -> int:
    """A struct timespec in nanoseconds. Raises :class:`PetcamError` (``BAD_SEGMENT``) where it makes no sense."""
    if not (0 <= seconds < 2**33 and 0 <= nanoseconds < 10**9):
        raise refused(f"the time {seconds} s {nanoseconds} ns is not possible")
    return seconds * 10**9 + nanoseconds


def refused(text: str) -> PetcamError:
    return PetcamError(Code.BAD_SEGMENT, text)
