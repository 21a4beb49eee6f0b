"""An event, and the row that it is in the database."""

import json
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from petcam.events.clock import Boot

MS = 10**6
MAX_SPANS = 100  # of sleep
MAX_RECORDINGS = 100
MAX_NAME = 64  # characters of a kind or class
MAX_DETAIL = 300
MAX_FILENAME = 128

Span = tuple[int, int]
Row = tuple[Any, ...]


class Best(NamedTuple):
    """The frame and the box that show a visit best; the box in parts of the picture."""

    ns: int
    class_name: str
    score: float
    x: float
    y: float
    w: float
    h: float


class Event(NamedTuple):
    """Times are ``CLOCK_MONOTONIC`` of its boot, ns. ``id`` is 0 until the database gave it one."""

    id: int
    boot: int
    kind: str
    class_name: str
    begin_ns: int
    end_ns: int
    is_open: bool
    most: int = 0
    top_score: float = 0.0
    is_still: bool = False
    moved_ns: int = 0
    best: Best | None = None
    asleep: tuple[Span, ...] = ()
    recordings: tuple[tuple[str, int], ...] = ()  # file, capture time of its first frame
    detail: str = ""
    places: tuple[str, ...] = ()  # where it is now; told, and not in the row, as is the next
    visited: tuple[str, ...] = ()  # where it was, the first first

    @property
    def is_asleep(self) -> bool:
        """Whether it was at its last box: all that were seen."""
        return bool(self.asleep) and self.asleep[-1][1] > self.end_ns - MS  # the row has ms


_CRC = 5  # its place in a row of events


def event_row(event: Event) -> Row:
    """In the order of ``EVENT_COLUMNS``."""
    head = (event.id, event.boot, event.begin_ns, event.end_ns, int(event.is_open))
    tail = (
        *(event.kind, event.class_name, event.most, event.top_score, int(event.is_still), event.moved_ns),
        *(_json(event.best), _json(_in_ms(event)), _json(event.recordings), event.detail),
    )
    return (*head, _crc(head + tail), *tail)


def prove_event(row: Row) -> Row:
    """Without the checksum. Raises ValueError where the row is not as it was written."""
    values = row[:_CRC] + row[_CRC + 1 :]
    if row[_CRC] != _crc(values):
        raise ValueError("a row of events does not match its checksum")
    return values


def event_of(row: Row) -> Event:
    """Raises ValueError where the row is not as it was written."""
    values = prove_event(row)
    id_, boot, begin, end, is_open, kind, name, most, score, still, moved, best, asleep, recordings, detail = values
    found = json.loads(best)
    return Event(
        *(id_, boot, kind, name, begin, end, bool(is_open), most, score, bool(still), moved),
        Best(*found) if found else None,
        tuple((begin + first * MS, begin + last * MS) for first, last in json.loads(asleep)),
        tuple((name, first) for name, first in json.loads(recordings)),
        detail,
    )


def boot_row(boot: Boot) -> Row:
    return (*boot, _crc(tuple(boot)))


def boot_of(row: Row) -> Boot:
    """Raises ValueError where the row is not as it was written."""
    if row[-1] != _crc(row[:-1]):
        raise ValueError("a row of boots does not match its checksum")
    return Boot(*row[:-1])


def text(value: str, most: int = MAX_NAME) -> str:
    """At most so many characters, all of which the database takes."""
    return value[:most].encode(errors="replace").decode()


def bounded_spans(spans: Sequence[Span]) -> tuple[Span, ...]:
    """At most ``MAX_SPANS``: of more, those with the least between them become one."""
    kept = list(spans)
    while len(kept) > MAX_SPANS:
        at = min(range(len(kept) - 1), key=lambda i: kept[i + 1][0] - kept[i][1])
        kept[at : at + 2] = [(kept[at][0], kept[at + 1][1])]
    return tuple(kept)


def _in_ms(event: Event) -> list[Span]:
    """Its sleep as short as it can be said: a long day's is written once a minute."""
    return [(round((first - event.begin_ns) / MS), round((last - event.begin_ns) / MS)) for first, last in event.asleep]


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _crc(values: Row) -> int:
    return zlib.crc32(repr(values).encode(errors="replace"))
