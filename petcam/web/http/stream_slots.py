"""Open streams: each holds a thread of the web server, so there are only so many places."""

import threading
from collections.abc import Callable
from functools import partial

from petcam.errors import Code, PetcamError

KEPT_FOR_PAGES = 8  # threads that streams never take


class Places:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._taken: set[object] = set()  # guarded by _lock

    @classmethod
    def of_threads(cls, threads: int) -> "Places":
        return cls(max(1, threads - KEPT_FOR_PAGES))

    def take(self) -> Callable[[], None]:
        """A place, given back by calling what is returned (more than once does no harm)."""
        place = object()
        with self._lock:
            if len(self._taken) >= self.limit:
                raise PetcamError(Code.BUSY, f"all {self.limit} places for open streams are taken; try again soon")
            self._taken.add(place)
        return partial(self._leave, place)

    def taken(self) -> int:
        with self._lock:
            return len(self._taken)

    def _leave(self, place: object) -> None:
        with self._lock:
            self._taken.discard(place)
