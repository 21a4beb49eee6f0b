"""Wrong passwords slow an address down: the pause doubles with each, and ends by itself."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

FREE_TRIES = 3
LONGEST_PAUSE = 30.0  # seconds
ADDRESSES = 1000  # remembered at most; the one that has been quiet for longest is forgotten first


class Throttle:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()  # count, not before; guarded by _lock

    def pause(self, address: str) -> float:
        """Seconds until ``address`` may try again; 0: now."""
        with self._lock:
            _, not_before = self._failures.get(address, (0, 0.0))
        return max(0.0, not_before - self._clock())

    def failed(self, address: str) -> None:
        with self._lock:
            count = self._failures.pop(address, (0, 0.0))[0] + 1
            pause = min(LONGEST_PAUSE, 2.0 ** min(count - FREE_TRIES, 10)) if count > FREE_TRIES else 0.0
            self._failures[address] = (count, self._clock() + pause)
            if len(self._failures) > ADDRESSES:
                self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        with self._lock:
            self._failures.pop(address, None)
