"""Slots for open streams: each stream holds a thread of the web server, so their number is limited."""

import threading
from collections.abc import Callable
from functools import partial

from petcam.errors import Code, PetcamError

THREADS_FOR_PAGES = 8  # which open streams never take


class StreamSlots:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._taken: set[object] = set()  # guarded by _lock

    @classmethod
    def for_threads(cls, threads: int) -> "StreamSlots":
        return cls(max(1, threads - THREADS_FOR_PAGES))

    def take(self) -> Callable[[], None]:
        """Take a slot; the function that is returned gives it back and may be called twice. Raises ``BUSY``."""
        slot = object()
        with self._lock:
            if len(self._taken) >= self.limit:
                raise PetcamError(Code.BUSY, f"all {self.limit} places for open streams are taken; try again soon")
            self._taken.add(slot)
        return partial(self._give_back, slot)

    def taken(self) -> int:
        with self._lock:
            return len(self._taken)

    def _give_back(self, slot: object) -> None:
        with self._lock:
            self._taken.discard(slot)
