"""A disk whose write cache forgets at a power cut what was not flushed.

It is what a drive with a volatile cache may do, and no more. A block that is written is read back at once. What is
flushed, or written with "force unit access", is on the medium when that is answered. Of all else each block is on the
medium in any of the states that it has had since, as the drive pleases; a block whole, a longer write in any part.
"""

import os
import random
import threading
from collections.abc import Callable
from pathlib import Path

BLOCK_BYTES = 4096
# A drive's cache is small: when it is full, the blocks that have waited longest go to the medium.
CACHE_BLOCKS = 16384


class PowerOff(Exception):
    """The disk has no power and answers no more."""


class ForgetfulDisk:
    """``read``, ``write`` and ``flush`` are called by one thread, :meth:`cut` and :meth:`cut_after` by any."""

    def __init__(self, medium: Path, randomness: random.Random) -> None:
        """``medium`` holds what is durable; its size is a multiple of ``BLOCK_BYTES``."""
        self._file = os.open(medium, os.O_RDWR)
        self.size = os.fstat(self._file).st_size
        self._randomness = randomness
        self._lock = threading.Lock()  # guards all below
        # Every state of each block since it was last on the medium, the newest last.
        self._cache: dict[int, list[bytes]] = {}
        self._commands_left: int | None = None  # until the power is cut
        self._timer: threading.Timer | None = None
        self.power_is_off = threading.Event()
        self.on_cut: Callable[[], None] = lambda: None  # called by the thread that cuts
        self.flushes = 0

    def read(self, offset: int, length: int) -> bytes:
        with self._lock:
            self._check_power()
            blocks = range(offset // BLOCK_BYTES, -(-(offset + length) // BLOCK_BYTES))
            start = offset - blocks.start * BLOCK_BYTES
            return b"".join(self._newest(block) for block in blocks)[start : start + length]

    def write(self, offset: int, data: bytes, durable: bool = False) -> None:
        """``durable``: with force unit access."""
        with self._lock:
            self._count_command()
            while data:
                block, start = divmod(offset, BLOCK_BYTES)
                piece = data[: BLOCK_BYTES - start]
                self._remember(block, start, piece)
                if durable:
                    self._settle(block)
                offset, data = offset + len(piece), data[len(piece) :]
            while len(self._cache) > CACHE_BLOCKS:
                self._settle(next(iter(self._cache)))

    def flush(self) -> None:
        with self._lock:
            self._count_command()
            self._settle_all()
            self.flushes += 1

    def cut_after(self, commands: int) -> None:
        """Cut the power before the write or flush that follows so many more."""
        with self._lock:
            self._commands_left = commands

    def cut_in(self, seconds: float) -> None:
        """The same by the clock."""
        with self._lock:
            self._timer = threading.Timer(seconds, self.cut)
            self._timer.start()

    def cut(self) -> None:
        with self._lock:
            self._cut()

    def restore_power(self) -> int:
        """Forget; returns how many blocks were in the cache. From now on it can be used again.

        Nobody may use it meanwhile.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        with self._lock:
            waiting = len(self._cache)
            inclination = self._randomness.choice((0.0, 0.5, self._randomness.random(), 1.0))
            for block, states in self._cache.items():
                if self._randomness.random() < inclination:
                    self._to_medium(block, self._randomness.choice(states))
            self._cache.clear()
            self._commands_left = None
            self.power_is_off.clear()
            return waiting

    def close(self) -> None:
        """What is in the cache reaches the medium."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._settle_all()
        os.close(self._file)

    def _check_power(self) -> None:
        if self.power_is_off.is_set():
            raise PowerOff

    def _count_command(self) -> None:
        self._check_power()
        if self._commands_left is not None:
            if self._commands_left == 0:
                self._cut()
                raise PowerOff
            self._commands_left -= 1

    def _cut(self) -> None:
        if not self.power_is_off.is_set():
            self.power_is_off.set()
            self.on_cut()

    def _remember(self, block: int, start: int, piece: bytes) -> None:
        if len(piece) < BLOCK_BYTES:
            before = self._newest(block)
            piece = before[:start] + piece + before[start + len(piece) :]
        self._cache.setdefault(block, []).append(piece)

    def _newest(self, block: int) -> bytes:
        if block in self._cache:
            return self._cache[block][-1]
        return os.pread(self._file, BLOCK_BYTES, block * BLOCK_BYTES)

    def _settle(self, block: int) -> None:
        self._to_medium(block, self._cache.pop(block)[-1])

    def _settle_all(self) -> None:
        while self._cache:
            self._settle(next(iter(self._cache)))

    def _to_medium(self, block: int, data: bytes) -> None:
        os.pwrite(self._file, data, block * BLOCK_BYTES)
