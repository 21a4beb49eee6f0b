"""What readers are told: events in wall time. All times are Unix time, seconds."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from petcam.events.clock import Offset
from petcam.events.store import Event

SECOND = 10**9


class Wanted(NamedTuple):
    """Which events; what is not said does not matter."""

    after: float | None = None  # that end at this moment or later
    before: float | None = None  # that begin before
    kind: str = ""
    class_name: str = ""


class Seen(NamedTuple):
    """An event. ``recordings`` are files with how many seconds into each the event begins; below 0: before its first
    frame."""

    id: int
    kind: str
    class_name: str
    begin: float
    end: float
    trust: str  # of its times: sure, likely, guessed
    is_open: bool
    most: int
    top_score: float
    is_still: bool
    asleep: list[tuple[float, float]]
    best: tuple[float, str, float, float, float, float, float] | None  # time, class, score, box in parts of the picture
    recordings: list[tuple[str, float]]
    detail: str
    boot: int
    begin_ns: int  # CLOCK_MONOTONIC of that boot: with it what is made of an event once can be named
    best_ns: int | None = None  # the same clock: when the best frame was captured


class Page(NamedTuple):
    events: list[Seen]  # newest first
    next: int | None  # where the following page begins; None: there is none


class Day(NamedTuple):
    day: str  # YYYY-MM-DD, local
    visits: dict[str, int]  # by class, of those that began on it
    sounds: int
    troubles: int


class DaySpan(NamedTuple):
    """A visit, or the part of it that lies in the day."""

    id: int
    class_name: str
    begin: float
    end: float
    is_open: bool
    asleep: list[tuple[float, float]]


class DaySummary(NamedTuple):
    day: str
    begin: float
    end: float  # of the day
    visits: dict[str, int]  # by class, of those that began on it
    seconds: dict[str, float]  # by class, within the day, of one after the other and of several at once alike
    asleep: dict[str, float]
    sounds: int
    troubles: int
    spans: list[DaySpan]  # in their order
    is_whole: bool  # False: there were more spans than are told


def seen(event: Event, offset: Offset) -> Seen:
    best = event.best
    return Seen(
        id=event.id,
        kind=event.kind,
        class_name=event.class_name,
        begin=wall(event.begin_ns, offset),
        end=wall(event.end_ns, offset),
        trust=offset.trust.value,
        is_open=event.is_open,
        most=event.most,
        top_score=event.top_score,
        is_still=event.is_still,
        asleep=[(wall(begin, offset), wall(end, offset)) for begin, end in event.asleep],
        best=None if best is None else (wall(best.ns, offset), *best[1:]),
        recordings=[(name, (event.begin_ns - first) / SECOND) for name, first in event.recordings],
        detail=event.detail,
        boot=event.boot,
        begin_ns=event.begin_ns,
        best_ns=None if best is None else best.ns,
    )


def wall(ns: int, offset: Offset) -> float:
    return (ns + offset.ns) / SECOND


def cut(spans: Sequence[tuple[float, float]], begin: float, end: float) -> list[tuple[float, float]]:
    """What of the spans lies between."""
    found = ((max(first, begin), min(last, end)) for first, last in spans)
    return [(first, last) for first, last in found if first < last]


def length(spans: Sequence[tuple[Any, Any]]) -> float:
    return float(sum(last - first for first, last in spans))
