"""Where the pictures of a recording that grows are, up to the one at a time, by its pairs of moof and mdat
(docs/recordings.md, A file that grows)."""

import os
import struct
import time

from petcam.web.recordings.box_table import Place
from petcam.web.recordings.box_walk import MDAT_HEADER, MOOF_SIZE, PAIRS_AT_ONCE, TRACKS, VIDEO

# moof's size and type, its sequence number; track, time; the sample's size and flags; mdat's size and type.
PAIR = struct.Struct(">I4s12xI20xI12xQ24xIII4s")
KEYFRAME = 0x2000000  # of the flags: depends on no other


class PictureWalk:
    """Goes up to the first picture behind a time, and keeps those since the last keyframe before it. Goes on where it
    was, as more is written. For one thread."""

    def __init__(self, start: int, ticks: int, most: int) -> None:
        """``start`` is where the first pair begins, ``most`` how many pictures are kept: none is, of a longer way."""
        self.places: list[Place] = []  # from the keyframe on, in order, with the first one behind the time
        self.is_past = False  # the first one behind the time was reached
        self._at, self._sequence = start, 1  # of the next pair
        self._ticks, self._most = ticks, most

    def go_on(self, fd: int, deadline: float) -> None:
        """Up to that picture, the last whole pair, or the monotonic time. Raises ``OSError``."""
        end = os.fstat(fd).st_size
        while time.monotonic() < deadline:
            for _ in range(PAIRS_AT_ONCE):
                if self.is_past or not self._step(fd, end):
                    return

    def _step(self, fd: int, end: int) -> bool:
        header = os.pread(fd, PAIR.size, self._at)
        if len(header) < PAIR.size:
            return False
        moof_size, moof, sequence, track, ticks, size, flags, mdat_size, mdat = PAIR.unpack(header)
        place = Place(ticks, self._at + PAIR.size, size)
        is_pair = (moof_size, moof, mdat) == (MOOF_SIZE, b"moof", b"mdat") and mdat_size == MDAT_HEADER + size
        if not is_pair or sequence != self._sequence or track not in TRACKS or place.offset + size > end:
            return False
        if track == VIDEO:
            self._add(place, flags == KEYFRAME)
        self._at, self._sequence = place.offset + size, sequence + 1
        return True

    def _add(self, place: Place, is_keyframe: bool) -> None:
        self.is_past = place.ticks > self._ticks
        if is_keyframe and (not self.is_past or not self.places):
            self.places = [place]
        elif self.places and len(self.places) < self._most:
            self.places.append(place)
        else:  # too long a way, or no keyframe yet
            self.places = []
