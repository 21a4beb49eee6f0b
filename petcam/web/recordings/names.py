"""The names of recordings, as docs/recordings.md specifies them: ``petcam_YYYYMMDD-HHMMSS[_LABEL][~KIND][-N].mp4``.

The time is the board's local time: for people, and no key, for the hour in which summer time ends comes twice.
"""

import re
from datetime import datetime

NAME_PATTERN = re.compile(
    r"petcam_(?P<start>[12]\d{3}(0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])-([01]\d|2[0-3])[0-5]\d[0-5]\d)"
    r"(_[A-Za-z0-9._-]{1,64}?)?(~(visit|always))?(-(?P<number>\d{1,9}))?\.mp4",
    re.ASCII,
)
PART_SUFFIX = ".part"  # of one that grows, or that a crash left
PIN_SUFFIX = ".pin"  # of the empty file that pins it

KINDS = ("hand", "visit", "always")  # who wanted it: somebody, a visit, or nobody, as all is recorded
VISIT_MARK, ALWAYS_MARK = "~visit", "~always"

NameKey = tuple[int, int, str]  # start as YYYYMMDDHHMMSS, number among the recordings of that second, name


def name_key(name: str) -> NameKey | None:
    """None: it is no recording's name."""
    matched = NAME_PATTERN.fullmatch(name)
    if matched is None:
        return None
    start = int(matched["start"].replace("-", ""))
    if int(matched["day"]) > 28:  # the month may have no such day; checking every date would take most of the time
        try:
            _as_datetime(start)
        except ValueError:
            return None
    return start, int(matched["number"] or 1), name


def kind_of(name: str) -> str:
    """One of ``KINDS``, by the name of a recording."""
    if "~" not in name:
        return "hand"
    return "visit" if VISIT_MARK in name else "always"


def twin(name: str) -> str:
    """The name that the recording had before its kind changed, or would have afterwards; empty: it has none."""
    return {
        "hand": "",
        "visit": name.replace(VISIT_MARK, ALWAYS_MARK),
        "always": name.replace(ALWAYS_MARK, VISIT_MARK),
    }[kind_of(name)]


def start_by_name(start: int, end: float = float("inf")) -> float:
    """Unix time. The hour in which summer time ends is there twice: the later one that is before the end."""
    local = _as_datetime(start)
    earlier, later = local.timestamp(), local.replace(fold=1).timestamp()
    return later if later <= end else earlier


def _as_datetime(start: int) -> datetime:
    date, time = divmod(start, 1_000_000)
    return datetime(date // 10_000, date // 100 % 100, date % 100, time // 10_000, time // 100 % 100, time % 100)
