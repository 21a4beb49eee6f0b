"""The subscribers of a feed. The feed's thread sends new data to each; a subscriber that is behind misses it."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

MAX_BACKLOG_MESSAGES = 8  # messages of the new one's size that a subscriber may have left unread
MAX_AGE_SECONDS = 0.5  # older results belong to pictures that are no longer shown
BACKLOG_ERROR_BYTES = 4096  # by which the estimate of a backlog may be off


class Connection(Protocol):
    """What is used of :class:`petcam.web.http.Connection`."""

    def send(self, data: bytes) -> None: ...

    def backlog(self) -> int: ...


class Subscribers:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: dict[object, Connection] = {}  # guarded by _lock
        self._any_subscribed = threading.Event()
        self._latest = b""  # guarded by _lock
        self.sent_at = -MAX_AGE_SECONDS  # of the latest data (time.monotonic()); written by the feed's thread

    def join(self, connection: Connection) -> Callable[[], None]:
        """Subscribe. The latest data is sent at once where it is fresh. The function that is returned unsubscribes."""
        subscription = object()
        with self._lock:
            self._connections[subscription] = connection
            self._any_subscribed.set()
            if time.monotonic() - self.sent_at < MAX_AGE_SECONDS:
                connection.send(self._latest)
        return partial(self._unsubscribe, subscription)

    def publish(self, data: bytes) -> None:
        with self._lock:
            self._latest, self.sent_at = data, time.monotonic()
            for connection in self._connections.values():
                if connection.backlog() <= max(BACKLOG_ERROR_BYTES, MAX_BACKLOG_MESSAGES * len(data)):
                    connection.send(data)

    def wait(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds for a subscriber; whether there is one."""
        return self._any_subscribed.wait(timeout)

    def _unsubscribe(self, subscription: object) -> None:
        with self._lock:
            self._connections.pop(subscription, None)
            if not self._connections:
                self._any_subscribed.clear()
