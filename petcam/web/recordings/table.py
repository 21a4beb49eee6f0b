"""Reads what a recording's ``moov`` box says of the whole: when it began, the shape of its pictures and, once it is
finished, its frames and its duration (docs/recordings.md).

Only box headers and three boxes at known positions are read: some thirty small reads, whatever the file's length.
"""

import os
import struct
from dataclasses import dataclass

from petcam.media.boxes import Span, find
from petcam.web.recordings.configuration import read_parameter_sets, shape_by

MVHD = struct.Struct(">IQ8xIQ")  # mvhd of version 1: version and flags, creation, another time, timescale, duration
SECONDS_TO_1970 = 2_082_844_800  # from 1904, where the times of an MP4 begin
STSZ = struct.Struct(">4xII")  # stsz: version and flags, a size common to all, count
SAMPLE_TABLE = ("trak", "mdia", "minf", "stbl")  # of the first track, in moov


@dataclass(frozen=True)
class Table:
    created: int  # Unix time of its beginning; below 0 where the file does not say
    frames: int  # 0 while it grows, like the duration
    duration: float  # seconds
    shape: tuple[int, int] | None  # width and height of its pictures with square pixels; None where it does not say


def read_table(fd: int) -> Table | None:
    """None where the file has no ``moov`` box in the form that petcam writes."""
    moov = find(fd, (0, os.fstat(fd).st_size), "moov")
    samples = find(fd, moov, *SAMPLE_TABLE) if moov else None
    stsz = find(fd, samples, "stsz") if samples else None
    if moov is None or samples is None or stsz is None:
        return None
    mvhd = find(fd, moov, "mvhd")
    try:
        version, created, timescale, duration = MVHD.unpack(os.pread(fd, MVHD.size, mvhd[0] if mvhd else 0))
        _, frames = STSZ.unpack(os.pread(fd, STSZ.size, stsz[0]))
    except struct.error:  # the file ends here
        return None
    if version >> 24 != 1 or not timescale:
        return None
    return Table(created - SECONDS_TO_1970, frames, duration / timescale, _shape(fd, samples))


def _shape(fd: int, samples: Span) -> tuple[int, int] | None:
    try:
        sets = read_parameter_sets(fd, samples)
    except IndexError:  # the file ends here
        return None
    return shape_by(sets[0]) if sets else None
