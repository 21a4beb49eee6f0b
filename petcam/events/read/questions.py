"""What is asked of the database once it is open."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import tzinfo
from typing import NamedTuple

from petcam.events.clock import Boot, Offset, day_of, day_span, resolve
from petcam.events.read.answers import SECOND, Day, DaySpan, DaySummary, Page, Seen, Wanted, cut, length, seen
from petcam.events.store import BOOT_COLUMNS, EVENT_COLUMNS, Event, boot_of, event_of

MAX_DAYS = 4_000
MAX_SPANS = 2_000  # of a day
QUARTER = 900  # seconds; every zone's midnight lies on one
FARTHEST = 9e9  # seconds from 1970: what is asked for beyond is as far as this
LAST_ID = 2**62
IDS_AT_ONCE = 500  # of one query; SQLite takes 999

Parameters = list[int | str]


class Range(NamedTuple):
    """A boot's events: those with ``first <= id < end``."""

    boot: int
    offset: Offset
    first: int
    end: int

    def ns(self, moment: float) -> int:
        """``CLOCK_MONOTONIC`` of this boot at a Unix time."""
        ns = int(min(max(moment, -FARTHEST), FARTHEST) * SECOND) - self.offset.ns
        return min(max(ns, -LAST_ID), LAST_ID)


def page(database: sqlite3.Connection, wanted: Wanted, limit: int, below: int) -> Page:
    found: list[tuple[int, Seen | None]] = []
    for each in _ranges(database):
        where, values = _matching(each, wanted)
        values = [each.first, min(each.end, below), *values, limit + 1 - len(found)]
        query = f"SELECT {EVENT_COLUMNS} FROM events WHERE id >= ? AND id < ? {where} ORDER BY id DESC LIMIT ?"
        found += [(row[0], _seen(row, each)) for row in database.execute(query, values)]
        if len(found) > limit:
            break
    events = [event for _, event in found[:limit] if event is not None]
    return Page(events, found[limit - 1][0] if len(found) > limit else None)


def one(database: sqlite3.Connection, event_id: int) -> Seen | None:
    row = database.execute(f"SELECT {EVENT_COLUMNS} FROM events WHERE id = ?", (event_id,)).fetchone()
    if row is None:
        return None
    return next((_seen(row, each) for each in _ranges(database) if each.boot == row[1]), None)


def known(database: sqlite3.Connection, ids: Sequence[int]) -> set[tuple[int, int, int]]:
    """Boot, begin and id of those events that there are."""
    found = set[tuple[int, int, int]]()
    for at in range(0, len(ids), IDS_AT_ONCE):
        part = ids[at : at + IDS_AT_ONCE]
        query = f"SELECT boot, begin_ns, id FROM events WHERE id IN ({', '.join('?' * len(part))})"
        found |= set(database.execute(query, part))
    return found


def newest_boot(database: sqlite3.Connection) -> tuple[int, str] | None:
    """Its number, and the kernel's id."""
    row = database.execute("SELECT number, boot_id FROM boots ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else (int(row[0]), str(row[1]))


def days(database: sqlite3.Connection, zone: tzinfo | None) -> list[Day]:
    counts: dict[str, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    query = """SELECT kind, class, (begin_ns + ?) / ?, count(*) FROM events
        WHERE id >= ? AND id < ? AND boot = ? GROUP BY 1, 2, 3"""
    name, (begin, end) = "", (0.0, 0.0)
    for each in _ranges(database):
        values = (each.offset.ns, QUARTER * SECOND, each.first, each.end, each.boot)
        for kind, class_name, quarter, count in database.execute(query, values):  # a day's quarters follow each other
            moment = quarter * QUARTER
            if not begin <= moment < end:
                name = day_of(moment, zone)
                begin, end = day_span(name, zone)
            counts[name][kind, class_name] += count
    return [_day(name, counts[name]) for name in sorted(counts, reverse=True)[:MAX_DAYS]]


def _day(name: str, counts: dict[tuple[str, str], int]) -> Day:
    visits = {class_name: count for (kind, class_name), count in sorted(counts.items()) if kind == "visit"}
    sounds, troubles = (
        sum(count for (kind, _), count in counts.items() if kind == which) for which in ("sound", "trouble")
    )
    return Day(name, visits, sounds, troubles)


def day(database: sqlite3.Connection, nothing: DaySummary) -> DaySummary:
    found: list[Seen] = []
    for each in reversed(list(_ranges(database))):
        query = f"""SELECT {EVENT_COLUMNS} FROM events WHERE id >= ? AND id < ? AND begin_ns < ? AND end_ns >= ?
            ORDER BY id LIMIT ?"""
        span = each.ns(nothing.begin), each.ns(nothing.end)
        values = (each.first, each.end, span[1], span[0], MAX_SPANS + 1 - len(found))
        events = (_seen(row, each) for row in database.execute(query, values))
        found += [event for event in events if event is not None]
    return _summary(nothing, found)


def _summary(day: DaySummary, events: list[Seen]) -> DaySummary:
    """``day`` filled with what is told of its events."""
    visits: dict[str, int] = defaultdict(int)
    seconds: dict[str, float] = defaultdict(float)
    asleep: dict[str, float] = defaultdict(float)
    others: dict[str, int] = defaultdict(int)
    spans = []
    for event in events[:MAX_SPANS]:
        has_begun = day.begin <= event.begin < day.end
        if event.kind != "visit":
            others[event.kind] += has_begun
            continue
        if has_begun:
            visits[event.class_name] += 1
        begin, end = max(event.begin, day.begin), min(event.end, day.end)
        sleep = cut(event.asleep, begin, end)
        seconds[event.class_name] += end - begin
        asleep[event.class_name] += length(sleep)
        spans.append(DaySpan(event.id, event.class_name, begin, end, event.is_open, sleep))
    spans.sort(key=lambda span: (span.begin, span.id))
    return day._replace(
        visits=dict(visits),
        seconds=dict(seconds),
        asleep=dict(asleep),
        sounds=others["sound"],
        troubles=others["trouble"],
        spans=spans,
        is_whole=len(events) <= MAX_SPANS,
    )


def _ranges(database: sqlite3.Connection) -> Iterator[Range]:
    """Of all boots, the newest first. A damaged row's events are left out."""
    boots: list[Boot] = []
    ends: dict[int, int] = {}
    end = LAST_ID
    for row in database.execute(f"SELECT {BOOT_COLUMNS} FROM boots ORDER BY number DESC").fetchall():
        with suppress(ValueError):
            boot = boot_of(row)
            boots.append(boot)
            ends[boot.number], end = end, boot.events_from
    offsets = resolve(boots[::-1])
    for boot in boots:
        yield Range(boot.number, offsets[boot.number], boot.events_from, ends[boot.number])


def _matching(each: Range, wanted: Wanted) -> tuple[str, Parameters]:
    """More conditions of a query, and their values."""
    where, values = "AND boot = ?", Parameters([each.boot])
    if wanted.after is not None:
        where, values = where + " AND end_ns >= ?", [*values, each.ns(wanted.after)]
    if wanted.before is not None:
        where, values = where + " AND begin_ns < ?", [*values, each.ns(wanted.before)]
    if wanted.kind:
        where, values = where + " AND kind = ?", [*values, wanted.kind]
    if wanted.class_name:
        where, values = where + " AND class = ?", [*values, wanted.class_name]
    return where, values


def _seen(row: tuple[object, ...], each: Range) -> Seen | None:
    """None where the row is damaged."""
    event: Event
    try:
        event = event_of(row)
    except ValueError:
        return None
    return seen(event, each.offset)
