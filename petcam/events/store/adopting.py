"""A database that was just opened: which boot this is in it, and what becomes of events that were open."""

import sqlite3
from collections.abc import Collection
from typing import NamedTuple

from petcam.events.clock import Boot, Reading, corrected, is_same_boot
from petcam.events.store import rows
from petcam.events.store.event import Event

SECOND = 10**9


class Adopted(NamedTuple):
    boot: Boot  # this one
    next_id: int
    resumed: list[Event]  # visits
    going_on: list[Event]  # trouble
    trouble: str  # how the last run ended: empty where in order
    changed_boots: list[Boot]  # with their events, to be written in one commit
    changed_events: list[Event]


def adopt_first(
    database: sqlite3.Connection, boot: Boot, reading: Reading, resume_ns: int, is_new_for_another: bool
) -> Adopted:
    """What a run begins with. ``boot``: as if it were the first. Reads only."""
    boots = rows.all_boots(database)
    last = boots[-1] if boots else None
    next_id = max(rows.last_id(database), last.events_to - 1 if last else 0) + 1
    if is_new_for_another:  # whose ids are not all known
        next_id = max(next_id, reading.wall_ns // SECOND)
    trouble = ""
    if last is not None and is_same_boot(last, boot.boot_id, reading):
        trouble = "" if last.stopped else "service_restarted"
        boot = corrected(last, reading)._replace(stopped=0, alive_ns=max(last.alive_ns, reading.monotonic_ns))
    else:
        trouble = "power_cut" if last is not None and not last.stopped else ""
        boot = boot._replace(number=last.number + 1 if last else 1, events_from=next_id)
    changed = [boot._replace(events_to=next_id)]
    if last is not None and last.number != boot.number:
        boots[-1] = last._replace(alive_ns=max(last.alive_ns, rows.last_end(database, last)))
        changed.append(boots[-1])
    resumed, going_on, ended = [], [], []
    for event in rows.open_events(database):
        age = reading.monotonic_ns - event.end_ns
        if event.boot == boot.number and event.kind == "visit" and 0 <= age <= resume_ns:
            resumed.append(event)
        elif event.boot == boot.number and event.kind == "trouble":
            going_on.append(event)
        else:
            ended.append(_ended(event, boots))
    return Adopted(boot, next_id, resumed, going_on, trouble, changed, ended)


def adopt_again(database: sqlite3.Connection, boot: Boot, next_id: int, ours: Collection[int]) -> Adopted:
    """In the middle of a run: perhaps another database than before. ``ours``: the ids of events that are in memory."""
    boots = rows.all_boots(database)
    next_id = max(next_id, rows.last_id(database) + 1)
    ended = [_ended(event, boots) for event in rows.open_events(database) if event.id not in ours]
    return Adopted(boot, next_id, [], [], "", [boot._replace(events_to=next_id)], ended)


def _ended(event: Event, boots: list[Boot]) -> Event:
    """At its last box; trouble when its boot was last known to run."""
    alive = [boot.alive_ns for boot in boots if boot.number == event.boot]
    end = max(event.end_ns, *alive) if event.kind == "trouble" and alive else event.end_ns
    return event._replace(is_open=False, end_ns=end)
