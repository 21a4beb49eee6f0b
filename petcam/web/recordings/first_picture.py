"""Reads a recording's first picture (docs/recordings.md), finished or growing, without FFmpeg.

FFmpeg makes tables as large as a file claims that its own are; here nothing is read but what is needed, up to a limit.
"""

import os
import struct

from petcam.h264 import annexb, avcc
from petcam.media.boxes import Span, find
from petcam.web.recordings.configuration import read_parameter_sets
from petcam.web.recordings.table import SAMPLE_TABLE, STSZ

UINT32, UINT64 = struct.Struct(">I"), struct.Struct(">Q")


def read_first_picture(fd: int) -> bytes | None:
    """The first access unit in Annex-B form, with SPS and PPS; None where there is none in the form that petcam writes,
    or a larger one than petcam records."""
    file = (0, os.fstat(fd).st_size)
    moov = find(fd, file, "moov")
    table = find(fd, moov, *SAMPLE_TABLE) if moov else None
    if moov is None or table is None:
        return None
    try:
        sets = read_parameter_sets(fd, table)
        start, end = _finished(fd, table) or find(fd, (moov[1], file[1]), "mdat") or (0, 0)
    except (struct.error, IndexError):  # the file ends here
        return None
    if not sets or end > file[1] or not 0 < end - start <= annexb.MAX_ACCESS_UNIT_BYTES:
        return None
    return annexb.join([*sets, *avcc.nal_units(os.pread(fd, end - start, start), 4)])


def _finished(fd: int, table: Span) -> Span | None:
    """Where a finished file's first sample is; None in one that grows, whose table is empty."""
    stsz = find(fd, table, "stsz")
    offsets, width = find(fd, table, "stco"), UINT32
    if offsets is None:
        offsets, width = find(fd, table, "co64"), UINT64
    if stsz is None or offsets is None:
        return None
    size, count = STSZ.unpack(os.pread(fd, STSZ.size, stsz[0]))
    if not count:
        return None
    if not size:
        (size,) = UINT32.unpack(os.pread(fd, UINT32.size, stsz[0] + STSZ.size))
    (start,) = width.unpack(os.pread(fd, width.size, offsets[0] + 8))
    return start, start + size
