"""What other threads have for the client's: the newest happenings and the latest snapshot."""

import os
import threading
from collections import deque
from contextlib import suppress
from typing import NamedTuple

from petcam.home_assistant.snapshot import Snapshot
from petcam.telling.happening import Happening, bounded

MAX_HAPPENINGS = 64


class Mail(NamedTuple):
    snapshot: Snapshot | None  # None: as before
    happenings: list[tuple[float, Happening]]  # with when they came
    picture: bytes | None  # None: as before


class Mailbox:
    """Nobody who puts something into it ever waits. ``fileno`` is readable once there is something; ``ends`` too."""

    def __init__(self) -> None:
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._lock = threading.Lock()
        # Guarded by _lock:
        self._snapshot: Snapshot | None = None
        self._is_new = False
        self._picture: bytes | None = None
        self._happenings: deque[tuple[float, Happening]] = deque(maxlen=MAX_HAPPENINGS)
        self._ends = self._is_closed = False

    def fileno(self) -> int:
        return self._wake

    @property
    def ends(self) -> bool:
        with self._lock:
            return self._ends

    def put(self, happening: Happening, now: float) -> None:
        with self._lock:
            self._happenings.append((now, bounded(happening)))
            self._ring()

    def show(self, snapshot: Snapshot) -> None:
        with self._lock:
            if snapshot == self._snapshot:
                return
            self._snapshot, self._is_new = snapshot, True
            self._ring()

    def show_picture(self, picture: bytes) -> None:
        with self._lock:
            self._picture = picture
            self._ring()

    def end(self) -> None:
        with self._lock:
            self._ends = True
            self._ring()

    def take(self) -> Mail:
        with suppress(BlockingIOError):
            os.eventfd_read(self._wake)
        with self._lock:
            mail = Mail(self._snapshot if self._is_new else None, list(self._happenings), self._picture)
            self._is_new, self._picture = False, None
            self._happenings.clear()
        return mail

    def close(self) -> None:
        """Once nobody takes from it any more. May be called twice."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                os.close(self._wake)

    def _ring(self) -> None:
        """To be called with the lock."""
        if self._is_closed:
            return
        with suppress(BlockingIOError):  # it rings already
            os.eventfd_write(self._wake, 1)
