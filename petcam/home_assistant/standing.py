"""How it goes with a broker, for people: ``doctor``, the status of petcam-events, the log."""

import logging
import threading
import time
from typing import NamedTuple

log = logging.getLogger("petcam.events")


class Way(NamedTuple):
    name: str  # for people: scheme and host alone
    failing_since: float | None  # Unix seconds; None: it works, or was not tried yet
    error: str  # what is wrong, with the remedy
    is_connected: bool


class Standing:
    """Safe in any thread. What is wrong is logged once, and so is that it is right again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Guarded by _lock:
        self._where = ""
        self._is_connected = False
        self._since = 0.0  # Unix seconds: when it began to be as it is
        self._why = ""  # what is wrong

    @property
    def way(self) -> "Way | None":
        """None: there is nobody to be told."""
        with self._lock:
            if not self._where:
                return None
            is_failing = bool(self._why)
            return Way(self._where, self._since if is_failing else None, self._why, self._is_connected)

    def tries(self, where: str) -> None:
        with self._lock:
            self._where = where

    def connected(self) -> None:
        with self._lock:
            self._is_connected, self._since, self._why = True, time.time(), ""
            where = self._where
        log.info("%s: connected", where)

    def fails(self, why: str) -> None:
        with self._lock:
            is_news = why != self._why
            if self._is_connected or not self._why:
                self._since = time.time()
            self._is_connected, self._why = False, why
            where = self._where
        if is_news:
            log.warning("%s: nothing is sent: %s", where, why)

    def rests(self) -> None:
        """There is nothing to be done there any more."""
        with self._lock:
            self._where, self._is_connected, self._why = "", False, ""
