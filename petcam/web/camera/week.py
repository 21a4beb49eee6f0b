"""The camera's week: in which of its off-times a moment is, by the local time that the schedule is written in.

On the night on which the clock is put back, an off-time has both of the hours that it shows twice; a time that it
leaves out is the moment at which it is put forward.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo

from petcam.settings import OffTime

MINUTE = 60


def off_since(schedule: Iterable[OffTime], now: float, zone: tzinfo | None = None) -> float | None:
    """When the off-time began in which ``now`` is, the latest of several; None outside of all. Both are Unix time;
    ``zone`` is None for the board's own."""
    today = datetime.fromtimestamp(now, zone).date()
    begun = [
        begin
        for off in schedule
        for day in (today - timedelta(days=1), today)
        if day.weekday() in off.days
        for begin, end in [_span(off, day, zone)]
        if begin <= now < end
    ]
    return max(begun, default=None)


def _span(off: OffTime, day: date, zone: tzinfo | None) -> tuple[float, float]:
    last_day = day + timedelta(days=off.end <= off.begin)
    return _instant(day, off.begin, zone, 0), _instant(last_day, off.end, zone, 1)


def _instant(day: date, clock: str, zone: tzinfo | None, fold: int) -> float:
    """When that clock shows it: the first time by ``fold`` 0, the last by 1."""
    shown = datetime(day.year, day.month, day.day, int(clock[:2]), int(clock[3:]), tzinfo=zone)
    first, second = (shown.replace(fold=each).timestamp() for each in (0, 1))
    if first <= second:  # the same, but where the clock shows it twice
        return second if fold else first
    moment = second  # before the clock is put forward over it, as first is after that
    while datetime.fromtimestamp(moment, zone).replace(tzinfo=None, fold=0) < shown.replace(tzinfo=None):
        moment += MINUTE
    return moment
