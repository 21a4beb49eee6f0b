"""What a finished recording says of itself: frames and duration, out of its table (docs/recordings.md).

Only box headers and two boxes of fixed place are read, some twenty small reads whatever the file's length.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

SIZE_AND_TYPE = struct.Struct(">I4s")
LARGE_SIZE = struct.Struct(">Q")
MOVIE = struct.Struct(">I16xIQ")  # mvhd of version 1: version and flags, two times, timescale, duration
SAMPLES = struct.Struct(">4xII")  # stsz: version and flags, a size common to all, count
MOST_BOXES = 64  # of one level; our own files have five at most
TO_SAMPLES = ("trak", "mdia", "minf", "stbl", "stsz")


@dataclass(frozen=True)
class Table:
    frames: int
    duration: float  # seconds


def read_table(fd: int) -> Table | None:
    """None where the file has no table in the form that petcam writes."""
    moov = _find(fd, 0, os.fstat(fd).st_size, "moov")
    if moov is None:
        return None
    mvhd, stsz = _find(fd, *moov, "mvhd"), moov
    for kind in TO_SAMPLES:
        found = _find(fd, *stsz, kind)
        if found is None:
            return None
        stsz = found
    try:
        version, timescale, duration = MOVIE.unpack(os.pread(fd, MOVIE.size, mvhd[0] if mvhd else 0))
        _, frames = SAMPLES.unpack(os.pread(fd, SAMPLES.size, stsz[0]))
    except struct.error:  # the file ends here
        return None
    return Table(frames, duration / timescale) if version >> 24 == 1 and timescale else None


def _find(fd: int, start: int, end: int, wanted: str) -> tuple[int, int] | None:
    """Where the content of the first box of that type begins and ends."""
    for kind, content, stop in _boxes(fd, start, end):
        if kind == wanted.encode():
            return content, stop
    return None


def _boxes(fd: int, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(MOST_BOXES):
        header = os.pread(fd, 16, start)
        if start >= end or len(header) < SIZE_AND_TYPE.size:
            return
        size, kind = SIZE_AND_TYPE.unpack_from(header)
        content = start + SIZE_AND_TYPE.size
        if size == 1 and len(header) == 16:
            (size,) = LARGE_SIZE.unpack_from(header, 8)
            content += LARGE_SIZE.size
        if size < content - start or start + size > end:
            return
        yield kind, content, start + size
        start += size
