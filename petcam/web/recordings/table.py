"""Reads the number of frames and the duration from a finished recording's ``moov`` box (docs/recordings.md).

Only box headers and two boxes at known positions are read: some twenty small reads, whatever the file's length.
"""

import os
import struct
from dataclasses import dataclass

from petcam.web.recordings.boxes import find

MVHD = struct.Struct(">I16xIQ")  # mvhd of version 1: version and flags, two times, timescale, duration
STSZ = struct.Struct(">4xII")  # stsz: version and flags, a size common to all, count
SAMPLE_TABLE = ("trak", "mdia", "minf", "stbl")  # of the first track, in moov


@dataclass(frozen=True)
class Table:
    frames: int
    duration: float  # seconds


def read_table(fd: int) -> Table | None:
    """None where the file has no ``moov`` box in the form that petcam writes."""
    moov = find(fd, (0, os.fstat(fd).st_size), "moov")
    stsz = find(fd, moov, *SAMPLE_TABLE, "stsz") if moov else None
    if moov is None or stsz is None:
        return None
    mvhd = find(fd, moov, "mvhd")
    try:
        version, timescale, duration = MVHD.unpack(os.pread(fd, MVHD.size, mvhd[0] if mvhd else 0))
        _, frames = STSZ.unpack(os.pread(fd, STSZ.size, stsz[0]))
    except struct.error:  # the file ends here
        return None
    return Table(frames, duration / timescale) if version >> 24 == 1 and timescale else None
