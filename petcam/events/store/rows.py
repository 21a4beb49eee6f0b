"""Rows in and out of the database."""

import sqlite3
from collections.abc import Iterable

from petcam.events.clock import Boot
from petcam.events.store.event import Event, boot_of, boot_row, event_of, event_row, prove_event

EVENT_COLUMNS = (
    "id, boot, begin_ns, end_ns, is_open, crc, kind, class, most, top_score, is_still, moved_ns, "
    "best, asleep, recordings, detail"
)
BOOT_COLUMNS = "number, boot_id, slept_ns, offset_ns, known, began_ns, alive_ns, stopped, events_from, events_to, crc"
PROVED_AT_ONCE = 1_000  # so that the service goes on between
LAST_ID = 2**62
PUT_EVENT = f"INSERT INTO events ({EVENT_COLUMNS}) VALUES ({', '.join('?' * 16)})"
_CHANGING = EVENT_COLUMNS.removeprefix("id, ")
CHANGE_EVENT = f"UPDATE events SET ({_CHANGING}) = ({', '.join('?' * 15)}) WHERE id = ?"
PUT_BOOT = f"INSERT OR REPLACE INTO boots ({BOOT_COLUMNS}) VALUES ({', '.join('?' * 11)})"


def put_events(database: sqlite3.Connection, events: Iterable[Event]) -> None:
    """A row that is there is changed and not replaced: SQLite then writes only those of its pages that differ."""
    for event in events:
        row = event_row(event)
        if not database.execute(CHANGE_EVENT, (*row[1:], event.id)).rowcount:
            database.execute(PUT_EVENT, row)


def put_boots(database: sqlite3.Connection, boots: Iterable[Boot]) -> None:
    database.executemany(PUT_BOOT, map(boot_row, boots))


def all_boots(database: sqlite3.Connection) -> list[Boot]:
    """In their order. Raises ValueError where one is damaged."""
    return [boot_of(row) for row in database.execute(f"SELECT {BOOT_COLUMNS} FROM boots ORDER BY number")]


def open_events(database: sqlite3.Connection) -> list[Event]:
    """Those that go on, or did when their boot ended. Raises ValueError where one is damaged."""
    found = database.execute(f"SELECT {EVENT_COLUMNS} FROM events WHERE is_open ORDER BY id")
    return [event_of(row) for row in found]


def begun_since(database: sqlite3.Connection, event_id: int, boot: int, most: int) -> list[Event]:
    """The newest of those with a higher id, of that boot, the oldest first. Raises ValueError where one is damaged."""
    query = f"SELECT {EVENT_COLUMNS} FROM events WHERE id > ? AND boot = ? ORDER BY id DESC LIMIT ?"
    return [event_of(row) for row in database.execute(query, (event_id, boot, most))][::-1]


def last_visits(database: sqlite3.Connection, most: int) -> list[Event]:
    """The newest, the newest first. Raises ValueError where one is damaged."""
    query = f"SELECT {EVENT_COLUMNS} FROM events WHERE kind = 'visit' ORDER BY id DESC LIMIT ?"
    return [event_of(row) for row in database.execute(query, (most,))]


def last_end(database: sqlite3.Connection, boot: Boot) -> int:
    """When the last event of the boot ended; 0 where it has none."""
    (end,) = database.execute(
        "SELECT max(end_ns) FROM events WHERE id >= ? AND boot = ?", (boot.events_from, boot.number)
    ).fetchone()
    return end or 0


def last_id(database: sqlite3.Connection) -> int:
    return database.execute("SELECT max(id) FROM events").fetchone()[0] or 0


def prove(database: sqlite3.Connection) -> None:
    """Raises ValueError or ``sqlite3.Error`` where the database is damaged, or one of the newest rows."""
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise ValueError(found.splitlines()[-1])
    all_boots(database)
    prove_events(database, LAST_ID)


def prove_events(database: sqlite3.Connection, below: int) -> int:
    """Prove some of the rows with a lower id. Returns down to which id; 0: all. Raises ValueError."""
    query = f"SELECT {EVENT_COLUMNS} FROM events WHERE id < ? ORDER BY id DESC LIMIT {PROVED_AT_ONCE}"
    found = database.execute(query, (below,)).fetchall()
    for row in found:
        prove_event(row)
    return found[-1][0] if len(found) == PROVED_AT_ONCE else 0
