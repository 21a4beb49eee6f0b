"""The newest pictures as packets; each viewer is a position in them. For the loop's thread only."""

import asyncio
from collections import deque

from petcam.web.webrtc.packets import Packets

QUEUE = 60  # pictures before the newest keyframe, for viewers that are a little behind
GROUP_BYTES = 8 << 20  # a larger group is not kept for newcomers


class PacketLog:
    def __init__(self) -> None:
        self._kept: deque[Packets] = deque()
        self._first = 0  # number of the oldest that is kept
        self._bytes = 0
        self.group: int | None = None  # number of the newest keyframe; None where there is none to begin at
        self._changed = asyncio.Event()

    def append(self, packets: Packets) -> None:
        if packets.keyframe:
            self.group = self._next
        self._kept.append(packets)
        self._bytes += packets.size
        while self.group is not None and self._first < self.group and len(self._kept) > QUEUE:
            self._drop()
        while self._bytes > GROUP_BYTES:
            self._drop()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def after(self, position: int | None) -> tuple[int, Packets]:
        """What follows number ``position`` (None: the newest keyframe), and its number.

        One that fell behind what is kept goes on at the newest keyframe.
        """
        while True:
            number = self.group if position is None or position + 1 < self._first else position + 1
            if number is not None and self._first <= number < self._next:
                return number, self._kept[number - self._first]
            await self._changed.wait()

    @property
    def _next(self) -> int:
        return self._first + len(self._kept)

    def _drop(self) -> None:
        if self._first == self.group:
            self.group = None
        self._bytes -= self._kept.popleft().size
        self._first += 1
