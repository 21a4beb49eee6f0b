"""Visits against the truth of simulated days: missed, made up, cut in two, joined, and how late they begin and end.

Needs nothing but Python; some ten minutes on two cores. ``tests/unit/events/rules`` runs a few of these days.
"""

import statistics
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor

from bench.figure import Figure
from bench.pet_day import Presence, Result, pet_day, results
from bench.visits_score import Score, score
from petcam.events.rules import Rules, Visits

DAYS = 200
MADE_UP_PER_DAY = 0.1


def figures() -> Iterator[Figure]:
    total = Score()
    with ProcessPoolExecutor() as processes:
        for day in processes.map(day_score, range(DAYS), chunksize=4):
            total.add(day)
    yield Figure(f"visits of {DAYS} simulated days", total.visits)
    yield Figure("missed", total.missed, "", 0)
    yield Figure("cut in two", total.cut, "", 0)
    yield Figure("made up", total.made_up, "", round(MADE_UP_PER_DAY * DAYS))
    yield Figure("of another class", total.renamed)
    yield Figure("joined", total.joined)
    for name, values, aim in (("begin", total.begins, 1), ("end", total.ends, 2)):
        off = sorted(abs(value) for value in values)
        yield Figure(f"{name} off, median", statistics.median(off), "s", aim)
        yield Figure(f"{name} off, of nine in ten at most", off[len(off) * 9 // 10], "s")


def day_score(seed: int, hours: float = 24.0) -> Score:
    """One day, at the default settings."""
    rules = Rules()
    day = pet_day(seed, hours)
    return score(day, told(Visits(rules), results(day, hours)), rules.gap_seconds)


def told(visits: Visits, day: Iterable[Result]) -> list[Presence]:
    """The visits of these results as they were when they ended."""
    found = []
    for time, boxes in day:
        found += [change.visit for change in visits.result(time, boxes) if change.kind == "end"]
    return [Presence(visit.class_name, visit.begin, visit.end) for visit in [*found, *visits.open]]
