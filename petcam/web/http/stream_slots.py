"""Open streams: each holds a thread of the web server, so there is only a limited number of slots."""

import threading
from collections.abc import Callable
from functools import partial

from petcam.errors import Code, PetcamError

THREADS_FOR_PAGES = 8  # that streams never take


class StreamSlots:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._taken: set[object] = set()  # guarded by _lock

    @classmethod
    def of_threads(cls, threads: int) -> "StreamSlots":
        return cls(max(1, threads - THREADS_FOR_PAGES))

    def take(self) -> Callable[[], None]:
        """A slot, given back by calling what is returned (more than once does no harm). Raises ``BUSY``."""
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
