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


def _nothing() -> None:
    pass


class Subscribers:
    """``is_lossy``: each message takes the place of the one before, so a new subscriber is sent the latest, and one
    that is behind misses some. Else a new one is sent nothing of before, and one that is behind is let go."""

    def __init__(self, is_lossy: bool = True) -> None:
        self._is_lossy = is_lossy
        self._lock = threading.Lock()
        self._subscriptions: dict[object, tuple[Connection, Callable[[], object]]] = {}  # guarded by _lock
        self._any_subscribed = threading.Event()
        self._latest = b""  # guarded by _lock
        self.sent_at = -MAX_AGE_SECONDS  # of the latest data (time.monotonic()); written by the feed's thread

    def join(self, connection: Connection, let_go: Callable[[], object] = _nothing) -> Callable[[], None]:
        """Subscribe. The latest data is sent at once where it is fresh. The function that is returned unsubscribes;
        ``let_go`` is called where that was done for it, since it was behind."""
        subscription = object()
        with self._lock:
            self._subscriptions[subscription] = connection, let_go
            self._any_subscribed.set()
            if self._is_lossy and time.monotonic() - self.sent_at < MAX_AGE_SECONDS:
                connection.send(self._latest)
        return partial(self._unsubscribe, subscription)

    def publish(self, data: bytes) -> None:
        with self._lock:
            self._latest, self.sent_at = data, time.monotonic()
            for subscription, (connection, let_go) in list(self._subscriptions.items()):
                if connection.backlog() <= max(BACKLOG_ERROR_BYTES, MAX_BACKLOG_MESSAGES * len(data)):
                    connection.send(data)
                elif not self._is_lossy:
                    del self._subscriptions[subscription]
                    let_go()

    def tell(self, data: bytes) -> None:
        """Send what is only of use now, beside what :meth:`publish` sends; who is behind misses it."""
        with self._lock:
            for connection, _ in self._subscriptions.values():
                if connection.backlog() <= BACKLOG_ERROR_BYTES:
                    connection.send(data)

    def are_there(self) -> bool:
        return self._any_subscribed.is_set()

    def wait(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds for a subscriber; whether there is one."""
        return self._any_subscribed.wait(timeout)

    def _unsubscribe(self, subscription: object) -> None:
        with self._lock:
            self._subscriptions.pop(subscription, None)
            if not self._subscriptions:
                self._any_subscribed.clear()
