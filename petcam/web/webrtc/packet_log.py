"""A log of the latest pictures as packets; each viewer has a position in it. For the loop's thread only."""

import asyncio
import time
from collections import deque

from petcam.shm.keyframe_search import MAX_KEYFRAME_AGE_SECONDS
from petcam.web.webrtc.packets import Packets

MAX_PICTURES_BEFORE_KEYFRAME = 60  # kept before the latest keyframe, for viewers that are a little behind
MAX_LOG_BYTES = 8 << 20  # of a larger group of pictures the beginning is dropped; new viewers wait for the next


class PacketLog:
    def __init__(self) -> None:
        self._kept: deque[Packets] = deque()
        self._first = 0  # number of the oldest picture that is kept
        self._bytes = 0
        self.keyframe_number: int | None = None  # of the latest keyframe; None where it is not kept
        self._keyframe_at = 0.0  # when it came
        self._changed = asyncio.Event()

    def append(self, packets: Packets) -> None:
        if packets.keyframe:
            self.keyframe_number, self._keyframe_at = self._next, time.monotonic()
        self._kept.append(packets)
        self._bytes += packets.size
        while (
            self.keyframe_number is not None
            and self._first < self.keyframe_number
            and len(self._kept) > MAX_PICTURES_BEFORE_KEYFRAME
        ):
            self._drop()
        while self._bytes > MAX_LOG_BYTES:
            self._drop()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def after(self, position: int | None) -> tuple[int, Packets]:
        """Number and packets of the picture after number ``position``; of the latest keyframe where that is None.

        A viewer that fell behind what is kept goes on at the latest keyframe, if that is not too old to begin at.
        """
        while True:
            number = self._start() if position is None or position + 1 < self._first else position + 1
            if number is not None and self._first <= number < self._next:
                return number, self._kept[number - self._first]
            await self._changed.wait()

    def _start(self) -> int | None:
        """Pictures of before would be shown at once, one after the other."""
        is_fresh = time.monotonic() - self._keyframe_at <= MAX_KEYFRAME_AGE_SECONDS
        return self.keyframe_number if is_fresh else None

    @property
    def _next(self) -> int:
        return self._first + len(self._kept)

    def _drop(self) -> None:
        if self._first == self.keyframe_number:
            self.keyframe_number = None
        self._bytes -= self._kept.popleft().size
        self._first += 1
