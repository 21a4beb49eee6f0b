"""The pictures of a recording that lead to the one at a time: from the keyframe before it up to itself.

As with a recording's first picture, FFmpeg never sees the file: what is read is what is needed, up to a limit.
"""

import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from petcam.h264 import annexb, avcc
from petcam.media.boxes import Span, find
from petcam.web.recordings.box_table import RUNS_AT_ONCE, Place, array_in, numbers_in, sample_count, sample_offsets
from petcam.web.recordings.configuration import read_parameter_sets
from petcam.web.recordings.picture_walk import PictureWalk
from petcam.web.recordings.table import SAMPLE_TABLE, STSZ

TICKS = 90_000  # a second
MAX_APART = TICKS // 20  # from the time to the picture that is nearest to it
MAX_PICTURES, MAX_BYTES = 900, 32 * 2**20  # of a run: 30 s of 30 a second
MAX_SAMPLES = 1 << 22  # of a file: a day of 48 a second


class KeyframeRun(NamedTuple):
    """``wanted`` is the place of the picture in ``spans``, which ends with the one behind it, where there is one: some
    decoders give a picture with the next one only."""

    sets: list[bytes]  # SPS and PPS
    spans: list[Span]  # of the samples in the file, in order
    wanted: int

    def units(self, fd: int) -> Iterator[bytes]:
        """Each access unit in Annex-B form, the first with its parameter sets; as many as there are in the file."""
        for number, (start, end) in enumerate(self.spans):
            data = os.pread(fd, end - start, start)
            if len(data) < end - start:
                return
            yield annexb.join([*(self.sets if not number else ()), *avcc.nal_units(data, 4)])


def find_run(fd: int, ticks: int, deadline: float) -> KeyframeRun | None:
    """In a recording that is finished or grows; ``ticks`` are since its first picture. None where it has no picture at
    that time, is not in the form that petcam writes, or the way from the keyframe is too long. Of one that grows,
    what is found until the monotonic ``deadline``. Raises ``OSError``."""
    moov = find(fd, (0, os.fstat(fd).st_size), "moov")
    table = find(fd, moov, *SAMPLE_TABLE) if moov else None
    if moov is None or table is None:
        return None
    try:
        sets = read_parameter_sets(fd, table)
        if not _is_growing(fd, table):
            return _run(sets, *_from_table(fd, table, ticks))
    except (
        struct.error,
        IndexError,
        ValueError,
    ):  # a box or the file ends too soon, or says what petcam does not write
        return None
    walk = PictureWalk(moov[1], ticks, MAX_PICTURES)
    walk.go_on(fd, deadline)
    return run_of(walk, ticks, sets)


def begin_walk(fd: int, ticks: int) -> tuple[PictureWalk, list[bytes]] | None:
    """Through a file of which more may still come, and its parameter sets; None while it has no whole head."""
    moov = find(fd, (0, os.fstat(fd).st_size), "moov")
    table = find(fd, moov, *SAMPLE_TABLE) if moov else None
    if moov is None or table is None:
        return None
    try:
        return PictureWalk(moov[1], ticks, MAX_PICTURES), read_parameter_sets(fd, table)
    except IndexError:
        return None


def run_of(walk: PictureWalk, ticks: int, sets: list[bytes]) -> KeyframeRun | None:
    return _run(sets, walk.places, _nearest([place.ticks for place in walk.places], ticks))


def _run(sets: list[bytes], places: list[Place], wanted: int | None) -> KeyframeRun | None:
    if wanted is None or not sets:
        return None
    spans = [(place.offset, place.offset + place.size) for place in places[: wanted + 2]]
    sizes = [end - start for start, end in spans]
    if max(sizes) > annexb.MAX_ACCESS_UNIT_BYTES or sum(sizes) > MAX_BYTES:
        return None
    return KeyframeRun(sets, spans, wanted)


def _nearest(times: list[int], ticks: int) -> int | None:
    """Its place among the times, which rise; None where all are too far."""
    found = min(range(len(times)), key=lambda at: abs(times[at] - ticks), default=None)
    return None if found is None or abs(times[found] - ticks) > MAX_APART else found


def _is_growing(fd: int, table: Span) -> bool:
    stsz = find(fd, table, "stsz")
    if stsz is None:
        raise ValueError("no sizes")
    return not STSZ.unpack(os.pread(fd, STSZ.size, stsz[0]))[1]


def _from_table(fd: int, table: Span, ticks: int) -> tuple[list[Place], int | None]:
    """Of a finished one."""
    count = sample_count(fd, table, MAX_SAMPLES)
    wanted = _sample_at(fd, find(fd, table, "stts"), count, ticks) if count else None
    if wanted is None:
        return [], None
    keyframe = _keyframe_before(fd, find(fd, table, "stss"), wanted)
    length = min(wanted + 2, count) - keyframe
    if length > MAX_PICTURES:
        return [], None
    sizes = numbers_in(fd, find(fd, table, "stsz"), STSZ.size, ">u4", keyframe, length)
    offsets = sample_offsets(fd, table, count, keyframe, length)
    return [Place(0, *each) for each in zip(offsets, sizes, strict=True)], wanted - keyframe


def _sample_at(fd: int, stts: Span | None, count: int, ticks: int) -> int | None:
    """The number, from 0, of the sample that is nearest. Runs of equal durations stay runs, and only a part of them is
    in memory at a time: a day has millions."""
    (runs,) = numbers_in(fd, stts, 4, ">u4", 0, 1)
    before = at = 0
    for part in range(0, runs, RUNS_AT_ONCE):
        numbers = array_in(fd, stts, 8, ">u4", 2 * part, 2 * min(RUNS_AT_ONCE, runs - part)).astype(np.int64)
        lengths, durations = numbers[::2], numbers[1::2]
        numbers_to, ends = before + np.cumsum(lengths), at + np.cumsum(lengths * durations)
        if numbers_to[-1] > count:
            raise ValueError("more durations than samples")
        if ticks < ends[-1] or part + RUNS_AT_ONCE >= runs:
            run = min(int(np.searchsorted(ends, ticks, side="right")), len(ends) - 1)
            length, duration = int(lengths[run]), int(durations[run])
            first, begin = int(numbers_to[run]) - length, int(ends[run]) - length * duration
            number = min(max((2 * (ticks - begin) + duration) // (2 * duration or 1), 0), length, count - 1 - first)
            return first + number if abs(begin + number * duration - ticks) <= MAX_APART else None
        before, at = int(numbers_to[-1]), int(ends[-1])
    return None


def _keyframe_before(fd: int, stss: Span | None, wanted: int) -> int:
    """The number, from 0, of the last keyframe up to the picture with that one. By halves: a long file has many."""
    (count,) = numbers_in(fd, stss, 4, ">u4", 0, 1)
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        (number,) = numbers_in(fd, stss, 8, ">u4", middle, 1)
        low, high = (middle + 1, high) if number <= wanted + 1 else (low, middle)
    if not low:
        raise ValueError("no keyframe before it")
    (number,) = numbers_in(fd, stss, 8, ">u4", low - 1, 1)
    if not 1 <= number <= wanted + 1:
        raise ValueError("keyframes are not in order")
    return number - 1
