"""How many bytes pictures may take in petcam-web, in sum: what is decoded, held, encoded and on its way to clients."""

import threading
from collections import deque
from typing import Any

from petcam.errors import Code, PetcamError

# With the 95 MiB of a petcam-web that has loaded PyAV, its connections and the hashes of passwords, this stays below
# 60 % of MemoryMax= in systemd/petcam-web.service.
MAX_PICTURE_BYTES = 80 * 2**20


class Share:
    """Bytes taken from a budget; given back once, by ``release`` or at the end of a ``with``."""

    def __init__(self, budget: "PictureBudget", size: int) -> None:
        self._budget, self._size = budget, size

    def __enter__(self) -> "Share":
        return self

    def __exit__(self, *_: Any) -> None:
        self.release()

    def release(self) -> None:
        """May be called twice, by one thread at a time."""
        size, self._size = self._size, 0
        self._budget.give_back(size)


class PictureBudget:
    """For any thread. Sizes are bytes, estimated where FFmpeg allocates (``petcam.media`` measured them)."""

    def __init__(self, max_bytes: int = MAX_PICTURE_BYTES) -> None:
        self.max_bytes = max_bytes
        self._changed = threading.Condition()
        self._taken = 0  # guarded by _changed, like the one below
        self._waiting: deque[object] = deque()  # those in wait(), who came first is first

    @property
    def taken(self) -> int:
        with self._changed:
            return self._taken

    def take(self, size: int, leave: int = 0) -> Share | None:
        """``None`` where fewer than ``leave`` bytes would be left for others."""
        with self._changed:
            if self._taken + size + leave > self.max_bytes:
                return None
            self._taken += size
            return Share(self, size)

    def wait(self, size: int, seconds: float) -> Share:
        """Like ``take``, but for so long until there is room; in the order of coming. Raises ``BUSY``."""
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                if not self._changed.wait_for(lambda: self._is_next(ticket, size), seconds):
                    raise PetcamError(Code.BUSY, "too many other pictures are being made; try again soon")
                self._taken += size
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
        return Share(self, size)

    def give_back(self, size: int) -> None:
        with self._changed:
            self._taken -= size
            self._changed.notify_all()

    def _is_next(self, ticket: object, size: int) -> bool:
        return self._waiting[0] is ticket and self._taken + size <= self.max_bytes
