"""A ring of frames in its slots: the capture daemon keeps one of H.264, and one of ready pictures."""

from typing import NamedTuple

import numpy as np

from petcam.shm.mapping import SegmentFile
from petcam.shm.rdk_x5.layout import FRAME, SLOTS, STREAM, offset

_HEAD = np.dtype([(name, FRAME[name]) for name in (FRAME.names or ())[:-1]])
_FRAMES_OFFSET = offset(STREAM, "frames")


class FrameHead(NamedTuple):
    """What stands before a frame's data, as it was found: nothing of it has been checked."""

    frame_number: int
    tv_sec: int
    tv_nsec: int
    camera_id: int
    width: int
    height: int
    format: int
    data_size: int


def parse_head(raw: bytes) -> FrameHead:
    """The first 48 bytes of a frame."""
    return FrameHead(*np.frombuffer(raw, _HEAD, 1)[0].item())


def read_head(ring: SegmentFile, n: int) -> bytes:
    """The head of record n, or of whatever lies in its slot now."""
    return ring.read(_slot_start(n), _HEAD.itemsize)


def read_data(ring: SegmentFile, n: int, size: int) -> bytes:
    """The first ``size`` bytes of the data in record n's slot."""
    return ring.read(_slot_start(n) + _HEAD.itemsize, size)


def _slot_start(n: int) -> int:
    """Record n lies in slot n mod 30, where n is the daemon's own count, of 32 bits."""
    return _FRAMES_OFFSET + n % 2**32 % SLOTS * FRAME.itemsize
