"""Until when alerts are muted."""

import time
from datetime import datetime, timezone

from petcam.settings.document import TIME_FORMAT

MAX_MINUTES = 7 * 24 * 60
MORNING = 7  # o'clock, by the board's local time
LEAST_HOURS = 3  # up to it; later at night "tomorrow" is the morning after the next


def in_minutes(minutes: int, now: float | None = None) -> str:
    """``now`` is Unix time."""
    return _text((time.time() if now is None else now) + 60 * minutes)


def until_tomorrow(now: float | None = None) -> str:
    """The next morning; after midnight that of the day that has begun."""
    moment = time.time() if now is None else now
    day = time.localtime(moment)
    for later in (0, 1, 2):
        morning = time.mktime((day.tm_year, day.tm_mon, day.tm_mday + later, MORNING, 0, 0, 0, 0, -1))
        if morning - moment >= 3600 * LEAST_HOURS:
            break
    return _text(morning)


def later_of(first: str | None, second: str) -> str:
    return max(first or "", second)  # both are of one form


def _text(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime(TIME_FORMAT)
