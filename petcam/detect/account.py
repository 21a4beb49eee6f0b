"""How much the detector looks and what it saw, in words for ``systemctl status`` and ``petcam doctor``."""

import time
from collections import deque
from collections.abc import Callable, Sequence

from petcam.shm.detections import Box

SPAN_SECONDS = 60.0  # that looks and CPU time are averaged over
MOST_NAMED = 4  # of the boxes


class Account:
    """For one thread."""

    def __init__(
        self,
        used: Callable[[], float] = time.process_time,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._used, self._clock, self._wall = used, clock, wall
        self._looks = 0
        self._marks: deque[tuple[float, float, int]] = deque([(clock(), used(), 0)])  # time, CPU seconds, looks
        self._now: Sequence[Box] = ()
        self._last: Sequence[Box] = ()  # the latest that were not nothing
        self._last_at = 0.0  # Unix time of them

    def looked(self) -> None:
        self._looks += 1

    def saw(self, boxes: Sequence[Box]) -> None:
        self._now = boxes
        if boxes:
            self._last, self._last_at = boxes, self._wall()

    def words(self) -> str:
        """Since a minute ago: "2.1 looks a second with 31 % of a core; sees cat 93 %"."""
        now = (self._clock(), self._used(), self._looks)
        self._marks.append(now)
        while len(self._marks) > 2 and now[0] - self._marks[1][0] >= SPAN_SECONDS:
            self._marks.popleft()
        then = self._marks[0]
        span = max(now[0] - then[0], 1e-3)
        rate, share = (now[2] - then[2]) / span, (now[1] - then[1]) / span
        return f"{rate:.1f} looks a second with {100 * share:.0f} % of a core; {self._seen()}"

    def _seen(self) -> str:
        if self._now:
            return f"sees {_named(self._now)}"
        if not self._last:
            return "has seen nothing so far"
        at = time.localtime(self._last_at)
        is_today = time.strftime("%F", time.localtime(self._wall())) == time.strftime("%F", at)
        return f"saw {_named(self._last)} last, {time.strftime('at %H:%M' if is_today else 'on %F at %H:%M', at)}"


def _named(boxes: Sequence[Box]) -> str:
    names = [f"{box.class_name} {100 * box.confidence:.0f} %" for box in boxes[:MOST_NAMED]]
    more = f" and {len(boxes) - MOST_NAMED} more" if len(boxes) > MOST_NAMED else ""
    return ", ".join(names) + more
