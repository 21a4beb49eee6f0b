"""Where the boxes of a recording that grows are, by its pairs of moof and mdat (docs/recordings.md, A file that
grows)."""

import os
import struct
import time
from array import array
from bisect import bisect_left

from petcam.web.recordings.box_sample import MAX_SAMPLE_BYTES
from petcam.web.recordings.box_table import Place

# moof's size and type, its sequence number; track, time; the sample's size; mdat's size and type.
PAIR = struct.Struct(">I4s12xI20xI12xQ24xI4xI4s")
MOOF_SIZE, MDAT_HEADER = 100, 8
VIDEO, BOXES, SOUND = 1, 2, 3  # tracks
TRACKS = (VIDEO, BOXES, SOUND)
MAX_SAMPLES = 1 << 18  # some 5 MiB; 7 hours of 10 a second
PAIRS_AT_ONCE = 256  # between two looks at the clock


class BoxWalk:
    """Remembers how far it has come, as there is no index: a long file is walked once. For one thread at a time."""

    def __init__(self, start: int) -> None:
        self._at, self._sequence = start, 1  # of the next pair
        self._ticks, self._offsets, self._sizes = array("Q"), array("Q"), array("I")

    def go_on(self, fd: int, deadline: float) -> bool:
        """Up to the last whole pair that petcam has written so far; False where the monotonic time was over before.
        Raises ``OSError``."""
        end = os.fstat(fd).st_size
        while time.monotonic() < deadline:
            for _ in range(PAIRS_AT_ONCE):
                if not self._step(fd, end):
                    return True
        return False

    def _step(self, fd: int, end: int) -> bool:
        header = os.pread(fd, PAIR.size, self._at)
        if len(header) < PAIR.size:
            return False
        moof_size, moof, sequence, track, ticks, size, mdat_size, mdat = PAIR.unpack(header)
        offset = self._at + PAIR.size
        is_pair = (moof_size, moof, mdat) == (MOOF_SIZE, b"moof", b"mdat") and mdat_size == MDAT_HEADER + size
        if not is_pair or sequence != self._sequence or track not in TRACKS or offset + size > end:
            return False
        if track == BOXES and not self._add(Place(ticks, offset, size)):
            return False
        self._at, self._sequence = offset + size, sequence + 1
        return True

    def _add(self, place: Place) -> bool:
        """False where its time does not rise."""
        if place.size > MAX_SAMPLE_BYTES or (self._ticks and place.ticks <= self._ticks[-1]):
            return False
        if len(self._ticks) < MAX_SAMPLES:
            self._ticks.append(place.ticks)
            self._offsets.append(place.offset)
            self._sizes.append(place.size)
        return True

    def places(self, begin: int, end: int, most: int) -> list[Place]:
        """Of the samples from ``begin`` to before ``end`` in ticks, in order, at most so many."""
        first = bisect_left(self._ticks, begin)
        last = min(bisect_left(self._ticks, end), first + most)
        return [Place(self._ticks[i], self._offsets[i], self._sizes[i]) for i in range(first, last)]
