"""Those who listen to a feed: each is sent what is new by the feed's own thread, and whoever is behind misses it."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

BEHIND = 8  # pieces, as large as the new one, that a listener may not have taken yet
FRESH = 0.5  # seconds; older results belong to no picture that anybody still sees
UNSURE = 4096  # bytes by which a backlog may be only a guess


class Listener(Protocol):
    """Of :class:`petcam.web.http.channel.Connection`."""

    def send(self, data: bytes) -> None: ...

    def backlog(self) -> int: ...


class Audience:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[object, Listener] = {}  # guarded by _lock
        self._present = threading.Event()
        self._newest = b""  # guarded by _lock
        self.told_at = -FRESH  # when there was last something for all (monotonic); written by the feed's thread

    def join(self, listener: Listener) -> Callable[[], None]:
        """Begin to listen, with the newest where it is fresh. What is returned ends it: nothing is sent any more."""
        place = object()
        with self._lock:
            self._listeners[place] = listener
            self._present.set()
            if time.monotonic() - self.told_at < FRESH:
                listener.send(self._newest)
        return partial(self._leave, place)

    def tell(self, data: bytes) -> None:
        with self._lock:
            self._newest, self.told_at = data, time.monotonic()
            for listener in self._listeners.values():
                if listener.backlog() <= max(UNSURE, BEHIND * len(data)):
                    listener.send(data)

    def wait(self, timeout: float) -> bool:
        """Whether anybody listens, at the latest after ``timeout`` seconds."""
        return self._present.wait(timeout)

    def _leave(self, place: object) -> None:
        with self._lock:
            self._listeners.pop(place, None)
            if not self._listeners:
                self._present.clear()
