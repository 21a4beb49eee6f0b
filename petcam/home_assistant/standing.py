"""How it goes with a broker, for people: ``doctor``, the status of petcam-events, the log."""

import logging
import threading
import time

log = logging.getLogger("petcam.events")


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
    def status(self) -> str:
        with self._lock:
            if not self._where:
                return ""
            if self._is_connected:
                return f"{self._where}: connected since {_clock(self._since)}"
            return f"{self._where}: not connected"

    @property
    def trouble(self) -> str:
        with self._lock:
            return self._why and f"{self._where}: since {_clock(self._since)} nothing is sent: {self._why}"

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


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
