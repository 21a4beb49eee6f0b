"""What is too old or too much goes, a part at a time."""

import sqlite3
from typing import NamedTuple

from petcam.events.clock import resolve
from petcam.events.store import rows, schema

MAX_STEP = 500  # events in one commit
DAY_NS = 86_400 * 10**9
FULL_PAGES = schema.MAX_PAGES * 9 // 10
MIN_BOOTS = 50


class Bounds(NamedTuple):
    keep_days: int = 0  # 0: none goes for its age
    visits: int = 50_000  # and as many sounds
    troubles: int = 5_000


def step(database: sqlite3.Connection, bounds: Bounds, wall_ns: int) -> int:
    """Delete some, in the transaction that is open; how many. Below ``MAX_STEP``: nothing is left to do.

    ``wall_ns``: Unix time, 0 where the clock is not to be trusted: then none is too old.
    """
    for find in (_too_many, _too_old, _too_large):
        if ids := find(database, bounds, wall_ns):
            database.executemany("DELETE FROM events WHERE id = ?", [(id_,) for id_ in ids])
            return len(ids)
    database.execute(
        "DELETE FROM boots WHERE number NOT IN (SELECT DISTINCT boot FROM events) "
        "AND number NOT IN (SELECT number FROM boots ORDER BY number DESC LIMIT ?)",
        (MIN_BOOTS,),
    )
    return 0


def _too_many(database: sqlite3.Connection, bounds: Bounds, _wall_ns: int) -> list[int]:
    for kind, count in database.execute("SELECT kind, count(*) FROM events GROUP BY kind").fetchall():
        excess = count - (bounds.troubles if kind == "trouble" else bounds.visits)
        if excess > 0:
            return _oldest(database, "kind = ?", (kind,), excess)
    return []


def _too_old(database: sqlite3.Connection, bounds: Bounds, wall_ns: int) -> list[int]:
    if not bounds.keep_days or not wall_ns:
        return []
    limit = wall_ns - bounds.keep_days * DAY_NS
    found: list[int] = []
    for number, offset in resolve(rows.all_boots(database)).items():
        where = "boot = ? AND end_ns < ?"
        found += _oldest(database, where, (number, limit - offset.ns), MAX_STEP - len(found))
    return found


def _too_large(database: sqlite3.Connection, _bounds: Bounds, _wall_ns: int) -> list[int]:
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    (free,) = database.execute("PRAGMA freelist_count").fetchone()
    if pages - free <= FULL_PAGES:
        return []
    (count,) = database.execute("SELECT count(*) FROM events").fetchone()
    return _oldest(database, "1", (), max(count // 20, 1))


def _oldest(database: sqlite3.Connection, where: str, values: tuple[object, ...], count: int) -> list[int]:
    query = f"SELECT id FROM events WHERE {where} AND NOT is_open ORDER BY id LIMIT ?"
    return [id_ for (id_,) in database.execute(query, (*values, min(count, MAX_STEP)))]
