"""Reads what a recording's table says of how its pictures are decoded (docs/recordings.md)."""

import os
from functools import lru_cache

from petcam.errors import PetcamError
from petcam.h264 import avcc, sps
from petcam.media.boxes import Span, find

MAX_CONFIGURATION_BYTES = 4096  # of avcC: SPS and PPS
SAMPLE_ENTRY_BYTES = 78  # of avc1, before its boxes


def read_parameter_sets(fd: int, table: Span) -> list[bytes]:
    """SPS, then PPS, of the track with this sample table; none where it is not H.264 with lengths of four bytes."""
    stsd = find(fd, table, "stsd")
    avc1 = find(fd, (stsd[0] + 8, stsd[1]), "avc1") if stsd else None
    found = find(fd, (avc1[0] + SAMPLE_ENTRY_BYTES, avc1[1]), "avcC") if avc1 else None
    if found is None or found[1] - found[0] > MAX_CONFIGURATION_BYTES:
        return []
    configuration = os.pread(fd, found[1] - found[0], found[0])
    return avcc.parameter_sets(configuration) if avcc.length_size(configuration) == 4 else []


@lru_cache(maxsize=32)  # a camera's recordings have the same
def shape_by(parameter_set: bytes) -> tuple[int, int] | None:
    """Width and height of its pictures with square pixels, as they are shown; None: it does not say."""
    try:
        known = sps.parse(parameter_set)
    except PetcamError:
        return None
    across, down = known.aspect
    return max(1, round(known.width * across / down)), known.height
