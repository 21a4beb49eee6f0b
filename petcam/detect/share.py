"""A share of one core, kept on average by waiting."""

import time
from collections.abc import Callable

SAVED_SECONDS = 1.0  # what was not used of so long may be used at once


class Share:
    """Counts the CPU time of the whole process. For one thread."""

    def __init__(
        self,
        share: float,
        used: Callable[[], float] = time.process_time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.share = share  # of a core: 0.5 is half of one
        self._used, self._clock = used, clock
        self._at, self._used_at = clock(), used()
        self._left = 0.0  # CPU seconds

    def wait_seconds(self) -> float:
        """How long to wait until there is some left."""
        now, used = self._clock(), self._used()
        self._left += self.share * (now - self._at) - (used - self._used_at)
        self._left = min(self._left, self.share * SAVED_SECONDS)
        self._at, self._used_at = now, used
        return max(0.0, -self._left / self.share)
