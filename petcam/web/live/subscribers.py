"""The subscribers of a feed: the feed's own thread sends each what is new, and whoever is behind misses it."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

LONGEST_BACKLOG = 8  # messages, as large as the new one, that a subscriber may not have taken yet
LONGEST_AGE = 0.5  # seconds; older results belong to no picture that anybody still sees
BACKLOG_ERROR = 4096  # bytes by which a backlog may be only a guess


class Connection(Protocol):
    """Of :class:`petcam.web.http.Connection`."""

    def send(self, data: bytes) -> None: ...

    def backlog(self) -> int: ...


class Subscribers:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: dict[object, Connection] = {}  # guarded by _lock
        self._present = threading.Event()
        self._latest = b""  # guarded by _lock
        self.sent_at = -LONGEST_AGE  # when there was last something for all (monotonic); written by the feed's thread

    def join(self, connection: Connection) -> Callable[[], None]:
        """Subscribe; begins with the latest where it is fresh. What is returned ends it: nothing is sent any more."""
        subscription = object()
        with self._lock:
            self._connections[subscription] = connection
            self._present.set()
            if time.monotonic() - self.sent_at < LONGEST_AGE:
                connection.send(self._latest)
        return partial(self._leave, subscription)

    def publish(self, data: bytes) -> None:
        with self._lock:
            self._latest, self.sent_at = data, time.monotonic()
            for connection in self._connections.values():
                if connection.backlog() <= max(BACKLOG_ERROR, LONGEST_BACKLOG * len(data)):
                    connection.send(data)

    def wait(self, timeout: float) -> bool:
        """Whether there is any, at the latest after ``timeout`` seconds."""
        return self._present.wait(timeout)

    def _leave(self, subscription: object) -> None:
        with self._lock:
            self._connections.pop(subscription, None)
            if not self._connections:
                self._present.clear()
