"""The boxes of recordings, for the part that is asked for (docs/recordings.md, Boxes)."""

import os
import struct
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

from petcam.errors import Code, PetcamError
from petcam.media.boxes import Span, find
from petcam.web.recordings.box_sample import MAX_SAMPLE_BYTES, RecordedBox, parse_sample
from petcam.web.recordings.box_table import Place, box_track, places_in_table
from petcam.web.recordings.box_walk import BoxWalk

MAX_FRAMES = 20_000  # in one answer, and these bytes of samples
MAX_ANSWER_BYTES = 4 * 2**20
MAX_SECONDS = 2.0  # that one answer may take; one frame comes in any case
MAX_WALKS = 2  # that are remembered, each some 5 MiB at most: one file grows by hand, one by itself
TKHD = struct.Struct(">88xII")  # of version 1, to its end: width and height, 16.16


@dataclass(frozen=True)
class BoxesPart:
    width: int  # pixels of the video's picture, in which the boxes are measured
    height: int
    frames: list[tuple[int, list[RecordedBox]]]  # ticks of 1/90,000 s since the first picture
    more: int | None  # ticks of the frame where the next part begins; None: there is none


class RecordedBoxes:
    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the walks, also while one goes on
        self._walks: OrderedDict[tuple[int, int, bytes], BoxWalk] = OrderedDict()  # oldest use first

    def read(self, fd: int, begin: int, end: int) -> BoxesPart:
        """Those of the frames from ``begin`` to before ``end`` in ticks. A sample that is not in the form that petcam
        writes is left out.

        Raises ``NOT_FOUND`` where the file is no MP4 of petcam's, and ``OSError``.
        """
        deadline = time.monotonic() + MAX_SECONDS
        moov = find(fd, (0, os.fstat(fd).st_size), "moov")
        size = _picture_size(fd, moov) if moov else None
        if moov is None or size is None:
            raise PetcamError(Code.NOT_FOUND, "there is no video in this recording")
        places, is_whole = self._places(fd, moov, (begin, end), deadline)
        frames, more = _read(fd, places, deadline)
        if more is None and not is_whole:
            more = frames[-1][0] + 1 if frames else begin
        return BoxesPart(*size, frames, more)

    def _places(self, fd: int, moov: Span, part: tuple[int, int], deadline: float) -> tuple[list[Place], bool]:
        """Of one frame more than an answer has, and whether all are known that there are."""
        track = box_track(fd, moov)
        if track is None:
            return [], True
        if find(fd, moov, "mvex") is None:
            return places_in_table(fd, track, *part, MAX_FRAMES + 1), True
        with self._lock:
            walk = self._walk_of(fd, moov)
            is_whole = walk.go_on(fd, deadline)
            return walk.places(*part, MAX_FRAMES + 1), is_whole

    def _walk_of(self, fd: int, moov: Span) -> BoxWalk:
        """That which is remembered, or a new one: the file's number may be another file's by now, its head is not."""
        info = os.fstat(fd)
        key = (info.st_dev, info.st_ino, os.pread(fd, 256, moov[0]))  # with its moment of creation
        walk = self._walks.setdefault(key, BoxWalk(moov[1]))
        self._walks.move_to_end(key)
        if len(self._walks) > MAX_WALKS:
            self._walks.popitem(last=False)
        return walk


def _picture_size(fd: int, moov: Span) -> tuple[int, int] | None:
    tkhd = find(fd, moov, "trak", "tkhd")
    raw = os.pread(fd, TKHD.size, tkhd[0]) if tkhd and tkhd[1] - tkhd[0] == TKHD.size else b""
    if len(raw) < TKHD.size:
        return None
    width, height = TKHD.unpack(raw)
    return width >> 16, height >> 16


def _read(fd: int, places: list[Place], deadline: float) -> tuple[list[tuple[int, list[RecordedBox]]], int | None]:
    """The frames at these places, and the time of the first for which there was no room or no time."""
    with suppress(OSError):  # small pieces, far apart: reading ahead would be for nothing
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)
    frames, left = list[tuple[int, list[RecordedBox]]](), MAX_ANSWER_BYTES
    for number, place in enumerate(places):
        left -= place.size
        if number == MAX_FRAMES or number and (left < 0 or time.monotonic() > deadline):
            return frames, place.ticks
        if place.size <= MAX_SAMPLE_BYTES:
            boxes = parse_sample(os.pread(fd, place.size, place.offset))
            if boxes is not None:
                frames.append((place.ticks, boxes))
    return frames, None
