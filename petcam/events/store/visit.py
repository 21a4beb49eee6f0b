"""What the rules know of a visit, as an event."""

from collections.abc import Sequence
from typing import Protocol

from petcam.events.store.event import Best, Event, Span, bounded_spans, text

SECOND = 10**9


class Box(Protocol):
    @property
    def class_name(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...
    @property
    def w(self) -> float: ...
    @property
    def h(self) -> float: ...


class Visit(Protocol):
    """The rules' own, alive: what it says changes. Times are seconds of ``CLOCK_MONOTONIC``."""

    @property
    def number(self) -> int: ...
    @property
    def class_name(self) -> str: ...
    @property
    def begin(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def most(self) -> int: ...
    @property
    def asleep(self) -> Sequence[tuple[float, float]]: ...
    @property
    def best(self) -> tuple[float, Box] | None: ...
    @property
    def top_score(self) -> float: ...
    @property
    def is_still(self) -> bool: ...
    @property
    def moved(self) -> float: ...
    @property
    def places(self) -> tuple[str, ...]: ...
    @property
    def visited(self) -> tuple[str, ...]: ...


def with_visit(event: Event, visit: Visit) -> Event:
    """The event with all that is known of the visit by now."""
    return event._replace(
        class_name=text(visit.class_name),
        begin_ns=ns(visit.begin),
        end_ns=ns(visit.end),
        most=visit.most,
        top_score=round(float(visit.top_score), 3),
        is_still=visit.is_still,
        moved_ns=ns(visit.moved),
        best=_best(visit.best),
        asleep=bounded_spans([_span(begin, end) for begin, end in visit.asleep]),
        places=visit.places,
        visited=visit.visited,
    )


def matters(before: Event, now: Event) -> bool:
    """Whether somebody would like to see the difference sooner than in a minute."""
    was, is_ = (before.most, before.is_still, len(before.asleep)), (now.most, now.is_still, len(now.asleep))
    return was != is_


def ns(seconds: float) -> int:
    return round(seconds * SECOND)


def _span(begin: float, end: float) -> Span:
    return ns(begin), ns(end)


def _best(best: tuple[float, Box] | None) -> Best | None:
    if best is None:
        return None
    time, box = best
    x, y, w, h = (round(float(part), 4) for part in (box.x, box.y, box.w, box.h))
    return Best(ns(time), text(box.class_name), round(float(box.score), 3), x, y, w, h)
