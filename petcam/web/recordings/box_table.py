"""Where the boxes of a finished recording are, by the table of their track (docs/recordings.md, A finished file)."""

import os
import struct
from typing import NamedTuple

import numpy as np

from petcam.media.boxes import Span, each, find
from petcam.web.recordings.table import STSZ

FORMAT = b"application/vnd.petcam.boxes+json"
# The content of stsd: version, count, and of the entry: size, type, data reference, no content encoding, format.
SAMPLE_DESCRIPTION = struct.pack(">III4s6xHB", 0, 1, 16 + 1 + len(FORMAT) + 1, b"mett", 1, 0) + FORMAT + b"\0"
ELST = struct.Struct(">IIQqI")  # version and flags, count; of the first entry duration, media time, rate
UINT32 = struct.Struct(">I")
MAX_SAMPLES = 1 << 20  # of a file
MAX_DELAY = 1 << 50  # ticks
MAX_OFFSET = (1 << 63) - 1  # no file is longer, and os.pread takes no more
RUNS_AT_ONCE = 8192  # of stts: 64 KiB


class Place(NamedTuple):
    """Of a sample."""

    ticks: int  # 1/90,000 s since the file's first picture
    offset: int  # bytes
    size: int


def box_track(fd: int, moov: Span) -> Span | None:
    """The track of the boxes; None where there is none in the form that petcam writes."""
    for track in each(fd, moov, "trak"):
        stsd = find(fd, track, "mdia", "minf", "stbl", "stsd")
        if stsd is not None and stsd[1] - stsd[0] == len(SAMPLE_DESCRIPTION):
            if os.pread(fd, len(SAMPLE_DESCRIPTION), stsd[0]) == SAMPLE_DESCRIPTION:
                return track
    return None


def places_in_table(fd: int, track: Span, begin: int, end: int, most: int) -> list[Place]:
    """Of the samples from ``begin`` to before ``end`` in ticks, in order, at most so many. Empty where the table is not
    in the form that petcam writes. Raises ``OSError``."""
    table = find(fd, track, "mdia", "minf", "stbl")
    try:
        count, delay = (sample_count(fd, table, MAX_SAMPLES), _delay(fd, track)) if table else (0, 0)
        if table is None or not count:
            return []
        first, times = _times(fd, find(fd, table, "stts"), count, delay, (begin, end, most))
        sizes = numbers_in(fd, find(fd, table, "stsz"), STSZ.size, ">u4", first, len(times))
        offsets = sample_offsets(fd, table, count, first, len(times))
    except (struct.error, ValueError):  # a box or the file ends too soon, or says what petcam does not write
        return []
    return [Place(*place) for place in zip(times, offsets, sizes, strict=True)]


def sample_count(fd: int, table: Span, most: int) -> int:
    """Of the samples, each of which is a chunk; 0 where they are more than ``most``, or it is another table."""
    stsc, stsz = find(fd, table, "stsc"), find(fd, table, "stsz")
    if stsc is None or stsz is None:
        return 0
    common, count = STSZ.unpack(os.pread(fd, STSZ.size, stsz[0]))
    chunks = os.pread(fd, 20, stsc[0])
    one_in_each = chunks == struct.pack(">IIIII", 0, 1, 1, 1, 1)
    return count if one_in_each and not common and count <= most else 0


def _delay(fd: int, track: Span) -> int:
    """How long after the first picture the first sample is, ticks."""
    elst = find(fd, track, "edts", "elst")
    if elst is None:
        return 0
    version, count, delay, media_time, _ = ELST.unpack(os.pread(fd, ELST.size, elst[0]))
    if (version >> 24, count, media_time) != (1, 2, -1) or delay > MAX_DELAY:
        raise ValueError("another edit list")
    return int(delay)


def _times(fd: int, stts: Span | None, count: int, at: int, wanted: tuple[int, int, int]) -> tuple[int, list[int]]:
    """The number of the first sample that is wanted, and the times of those that are. Only a part of stts is in memory
    at a time."""
    begin, end, most = wanted
    (runs,) = numbers_in(fd, stts, 4, ">u4", 0, 1)
    before, first, found = 0, 0, list[int]()
    for part in range(0, runs, RUNS_AT_ONCE):
        numbers = array_in(fd, stts, 8, ">u4", 2 * part, 2 * min(RUNS_AT_ONCE, runs - part)).astype(np.int64)
        lengths, durations = numbers[::2], numbers[1::2]
        if before + int(lengths.sum()) > count:
            raise ValueError("more durations than samples")
        durations = np.repeat(durations, lengths)
        times = at + np.cumsum(durations) - durations
        low, high = (int(place) for place in np.searchsorted(times, (begin, end)))
        if not found:
            first = before + low
        found += times[low : min(high, low + most - len(found))].tolist()
        if high < len(times) or len(found) == most:
            break
        before, at = before + len(times), at + int(durations.sum())
    return first, found


def sample_offsets(fd: int, table: Span, count: int, first: int, length: int) -> list[int]:
    kind, width = ("stco", ">u4")
    if find(fd, table, kind) is None:
        kind, width = ("co64", ">u8")
    box = find(fd, table, kind)
    if numbers_in(fd, box, 4, ">u4", 0, 1) != [count]:
        raise ValueError("not an offset for each sample")
    offsets = numbers_in(fd, box, 8, width, first, length)
    if any(offset > MAX_OFFSET for offset in offsets):
        raise ValueError("a sample behind the end of any file")
    return offsets


def numbers_in(fd: int, box: Span | None, start: int, kind: str, first: int, length: int) -> list[int]:
    """Of an array in a box that begins at ``start``, so many from the first on. Raises ``ValueError`` where it ends
    before."""
    return [int(number) for number in array_in(fd, box, start, kind, first, length)]


def array_in(fd: int, box: Span | None, start: int, kind: str, first: int, length: int) -> "np.ndarray":
    width = np.dtype(kind).itemsize
    if box is None or box[0] + start + (first + length) * width > box[1]:
        raise ValueError("the box is too short")
    raw = os.pread(fd, length * width, box[0] + start + first * width)
    if len(raw) != length * width:
        raise ValueError("the file ends here")
    return np.frombuffer(raw, kind)
