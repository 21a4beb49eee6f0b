"""Rows in and out of the database."""

import sqlite3
from collections.abc import Iterable

from petcam.events.clock import Boot
from petcam.events.store.event import Event, boot_of, boot_row, event_of, event_row

EVENT_COLUMNS = (
    "id, boot, begin_ns, end_ns, is_open, crc, kind, class, most, top_score, is_still, moved_ns, "
    "best, asleep, recordings, detail"
)
BOOT_COLUMNS = "number, boot_id, slept_ns, offset_ns, known, began_ns, alive_ns, stopped, events_from, events_to, crc"
PUT_EVENT = f"INSERT OR REPLACE INTO events ({EVENT_COLUMNS}) VALUES ({', '.join('?' * 16)})"
PUT_BOOT = f"INSERT OR REPLACE INTO boots ({BOOT_COLUMNS}) VALUES ({', '.join('?' * 11)})"


def put_events(database: sqlite3.Connection, events: Iterable[Event]) -> None:
    database.executemany(PUT_EVENT, map(event_row, events))


def put_boots(database: sqlite3.Connection, boots: Iterable[Boot]) -> None:
    database.executemany(PUT_BOOT, map(boot_row, boots))


def all_boots(database: sqlite3.Connection) -> list[Boot]:
    """In their order. Raises ValueError where one is damaged."""
    return [boot_of(row) for row in database.execute(f"SELECT {BOOT_COLUMNS} FROM boots ORDER BY number")]


def open_events(database: sqlite3.Connection) -> list[Event]:
    """Those that go on, or did when their boot ended. Raises ValueError where one is damaged."""
    found = database.execute(f"SELECT {EVENT_COLUMNS} FROM events WHERE is_open ORDER BY id")
    return [event_of(row) for row in found]


def last_end(database: sqlite3.Connection, boot: Boot) -> int:
    """When the last event of the boot ended; 0 where it has none."""
    (end,) = database.execute(
        "SELECT max(end_ns) FROM events WHERE id >= ? AND boot = ?", (boot.events_from, boot.number)
    ).fetchone()
    return end or 0


def last_id(database: sqlite3.Connection) -> int:
    return database.execute("SELECT max(id) FROM events").fetchone()[0] or 0


def prove_all(database: sqlite3.Connection) -> None:
    """Raises ValueError or ``sqlite3.Error`` where anything is not as it was written."""
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise ValueError(found.splitlines()[-1])
    all_boots(database)
    for row in database.execute(f"SELECT {EVENT_COLUMNS} FROM events"):
        event_of(row)
