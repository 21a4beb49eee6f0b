"""Slows down the guessing of passwords, per client and for all unknown clients together.

Each client that tries too often has to pause; the pause doubles with each wrong try and ends by itself. A client is
*unknown* where its browser was never let in: it is counted by its address, and shares a token bucket with all others.
A browser that was let in before is counted apart from them, so that a flood of tries, from one address or from
thousands, does not lock the owner's own phone out.

Only the owner's password makes a client's wrong tries forgotten: the viewers' gives no further guesses at the owner's.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MAX_TRIES_WITHOUT_PAUSE = 3
MAX_PAUSE_SECONDS = 30.0
FORGET_SECONDS = 3600.0  # after a client's latest pause, its wrong tries are forgotten
MAX_REMEMBERED_CLIENTS = 1000  # then the one whose latest try is oldest is forgotten
MAX_CONCURRENT_CHECKS = 3  # each check of a password holds a thread of the web server
MAX_UNKNOWN_TRIES = 30  # size of the bucket that all unknown clients share
UNKNOWN_TRIES_PER_SECOND = 1.0  # rate at which it is refilled

_log = logging.getLogger(__name__)


class Throttle:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # guards all below
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()  # count, not before
        self._checking = 0
        self._unknown_tries_left, self._counted_at = float(MAX_UNKNOWN_TRIES), clock()

    def begin(self, client: str, unknown: bool = True) -> float:
        """Returns 0 where the client may try now (then call :meth:`end`), else the seconds to wait.

        A try counts as wrong until :meth:`end` says otherwise, so that trying many at once does not avoid the pause.
        """
        with self._lock:
            now = self._clock()
            refill = (now - self._counted_at) * UNKNOWN_TRIES_PER_SECOND
            self._unknown_tries_left = min(MAX_UNKNOWN_TRIES, self._unknown_tries_left + refill)
            self._counted_at = now
            count, not_before = self._failures.get(client, (0, now))
            if not_before > now:
                return not_before - now
            if now - not_before >= FORGET_SECONDS:
                count = 0
            if self._checking >= MAX_CONCURRENT_CHECKS or (unknown and self._unknown_tries_left < 1):
                return 1.0
            self._unknown_tries_left -= unknown
            self._checking += 1
            self._count(client, count + 1, now)
            return 0.0

    def end(self, client: str, correct: bool, unknown: bool = True, as_owner: bool = True) -> None:
        """``correct`` takes this try back, and ``as_owner`` with it all tries of ``client``."""
        with self._lock:
            self._checking -= 1
            if not correct:
                return
            self._unknown_tries_left += unknown
            count, not_before = self._failures.pop(client, (0, 0.0))
            if not as_owner and count > 1:
                self._failures[client] = (count - 1, not_before)

    def _count(self, client: str, count: int, now: float) -> None:
        """Called with _lock held."""
        excess = count - MAX_TRIES_WITHOUT_PAUSE
        pause = min(MAX_PAUSE_SECONDS, 2.0 ** min(excess, 10)) if excess > 0 else 0.0
        self._failures[client] = (count, now + pause)
        self._failures.move_to_end(client)
        if len(self._failures) > MAX_REMEMBERED_CLIENTS:
            self._failures.popitem(last=False)
        if excess == 1:
            _log.warning("wrong passwords from %s: it is slowed down", client)
