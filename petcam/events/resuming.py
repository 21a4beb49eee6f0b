"""Visits that were open when the service stopped, as the rules go on with them."""

from petcam.events.rules import Box, Visit
from petcam.events.store import Event

SECOND = 1e9


def visit_of(event: Event, number: int) -> Visit:
    """What was kept of it. What it was called most is taken for certain: how often is not kept."""
    visit = Visit(number, event.class_name, event.begin_ns / SECOND)
    visit.end, visit.moved = event.end_ns / SECOND, event.moved_ns / SECOND
    visit.most, visit.top_score, visit.is_still = event.most, event.top_score, event.is_still
    visit.asleep = [(begin / SECOND, end / SECOND) for begin, end in event.asleep]
    if event.best is not None:
        visit.best = (event.best.ns / SECOND, Box(*event.best[1:]))
    return visit
