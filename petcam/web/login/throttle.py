"""Wrong passwords slow down: each address by a pause that doubles and ends by itself, and all addresses together.

A browser that was let in before is counted by itself, not by its address and not with all the others: whoever floods
the login, from one address or from thousands, does not lock the owner's own phone out.
"""

import ipaddress
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

FREE_TRIES = 3
LONGEST_PAUSE = 30.0  # seconds
ADDRESSES = 1000  # remembered at most; the one that has been quiet for longest is forgotten first
AT_ONCE = 3  # passwords being checked; each holds a thread of the web server
ALL_TRIES = 30  # of all strangers together at once, and then
ALL_PER_SECOND = 1.0

_log = logging.getLogger(__name__)


class Throttle:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # guards all below
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()  # count, not before
        self._checking = 0
        self._left, self._counted_at = float(ALL_TRIES), clock()

    def begin(self, who: str, stranger: bool = True) -> float:
        """0: try now, and :meth:`end` afterwards; else seconds to wait. It counts as wrong until it was right, so
        that many tries at once are no way around."""
        with self._lock:
            now = self._clock()
            self._left = min(ALL_TRIES, self._left + (now - self._counted_at) * ALL_PER_SECOND)
            self._counted_at = now
            count, not_before = self._failures.get(who, (0, 0.0))
            if not_before > now:
                return not_before - now
            if self._checking >= AT_ONCE or (stranger and self._left < 1):
                return 1.0
            self._left -= stranger
            self._checking += 1
            self._count(who, count + 1, now)
            return 0.0

    def end(self, who: str, right: bool, stranger: bool = True) -> None:
        with self._lock:
            self._checking -= 1
            if right:
                self._failures.pop(who, None)
                self._left += stranger

    def _count(self, who: str, count: int, now: float) -> None:
        """Called with _lock held."""
        pause = min(LONGEST_PAUSE, 2.0 ** min(count - FREE_TRIES, 10)) if count > FREE_TRIES else 0.0
        self._failures[who] = (count, now + pause)
        self._failures.move_to_end(who)
        if len(self._failures) > ADDRESSES:
            self._failures.popitem(last=False)
        if count == FREE_TRIES + 1:
            _log.warning("wrong passwords from %s: it is slowed down", who)


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 the /64, of which every device has all."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))
