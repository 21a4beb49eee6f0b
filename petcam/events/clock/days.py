"""Days by the board's local time: from midnight to midnight, with 23 or 25 hours where summer time begins or ends."""

from datetime import date, datetime, timedelta, tzinfo

FIRST_YEAR = 1900  # in the west, a clock that was never set begins in 1969, and boots before that lie earlier


def day_of(moment: float, zone: tzinfo | None = None) -> str:
    """``YYYY-MM-DD`` of a Unix time, in ``zone`` or by the board's own."""
    return datetime.fromtimestamp(moment, zone).date().isoformat()


def day_span(day: str, zone: tzinfo | None = None) -> tuple[float, float]:
    """When the day begins and ends, in Unix time. Raises ValueError where there is no such day."""
    begin = date.fromisoformat(day)
    if not FIRST_YEAR <= begin.year < 9999 or begin.isoformat() != day:
        raise ValueError(f"{day} is no day as 2026-11-23")
    return _midnight(begin, zone), _midnight(begin + timedelta(days=1), zone)


def _midnight(day: date, zone: tzinfo | None) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
