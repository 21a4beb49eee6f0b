"""Reads the number of frames and the duration from a finished recording's ``moov`` box (docs/recordings.md).

Only box headers and two boxes at known positions are read: some twenty small reads, whatever the file's length.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

BOX_HEADER = struct.Struct(">I4s")
BOX_LARGE_SIZE = struct.Struct(">Q")
MVHD = struct.Struct(">I16xIQ")  # mvhd of version 1: version and flags, two times, timescale, duration
STSZ = struct.Struct(">4xII")  # stsz: version and flags, a size common to all, count
MAX_BOXES = 64  # on one level; petcam's own files have five at most
STSZ_PATH = ("trak", "mdia", "minf", "stbl", "stsz")


@dataclass(frozen=True)
class Table:
    frames: int
    duration: float  # seconds


def read_table(fd: int) -> Table | None:
    """None where the file has no ``moov`` box in the form that petcam writes."""
    moov = _find(fd, 0, os.fstat(fd).st_size, "moov")
    if moov is None:
        return None
    mvhd, stsz = _find(fd, *moov, "mvhd"), moov
    for kind in STSZ_PATH:
        found = _find(fd, *stsz, kind)
        if found is None:
            return None
        stsz = found
    try:
        version, timescale, duration = MVHD.unpack(os.pread(fd, MVHD.size, mvhd[0] if mvhd else 0))
        _, frames = STSZ.unpack(os.pread(fd, STSZ.size, stsz[0]))
    except struct.error:  # the file ends here
        return None
    return Table(frames, duration / timescale) if version >> 24 == 1 and timescale else None


def _find(fd: int, start: int, end: int, wanted: str) -> tuple[int, int] | None:
    """Start and end of the content of the first box of the type ``wanted``."""
    for kind, content, stop in _boxes(fd, start, end):
        if kind == wanted.encode():
            return content, stop
    return None


def _boxes(fd: int, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(MAX_BOXES):
        header = os.pread(fd, 16, start)
        if start >= end or len(header) < BOX_HEADER.size:
            return
        size, kind = BOX_HEADER.unpack_from(header)
        content = start + BOX_HEADER.size
        if size == 1 and len(header) == 16:
            (size,) = BOX_LARGE_SIZE.unpack_from(header, 8)
            content += BOX_LARGE_SIZE.size
        if size < content - start or start + size > end:
            return
        yield kind, content, start + size
        start += size
