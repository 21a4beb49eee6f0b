"""A database that cannot be used goes under another name, and what is whole of it is taken over."""

import os
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from petcam.events.store.event import Row, boot_of, event_of
from petcam.events.store.rows import BOOT_COLUMNS, EVENT_COLUMNS, put_boots, put_events

LOG, INDEX = "-wal", "-shm"  # beside the database; SQLite's names
MAX_KEPT = 3
MAX_KEPT_BYTES = 64 * 2**20
MAX_SALVAGED = 60_000  # rows

T = TypeVar("T")


def beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def set_aside(path: Path) -> Path:
    """The new name. Raises OSError where nothing can be renamed there."""
    aside = _free_name(path)
    for suffix in (LOG, ""):  # the log first: without a database nobody takes it for anything
        with suppress(FileNotFoundError):
            os.rename(beside(path, suffix), beside(aside, suffix))
    index = beside(path, INDEX)
    try:
        index.unlink(missing_ok=True)
    except OSError:  # a folder
        os.rename(index, beside(aside, INDEX))
    with suppress(OSError):
        _forget_old(path)
    return aside


def salvage(aside: Path, into: sqlite3.Connection) -> int:
    """Copy the events that prove themselves; how many. What is wrong with ``aside`` raises nothing."""
    if not aside.exists() or not stat.S_ISREG(os.lstat(aside).st_mode):
        return 0
    boots, events = {}, {}
    with suppress(sqlite3.Error, OverflowError):
        with closing(sqlite3.connect(f"file:{quote(str(aside))}?mode=rw", uri=True, isolation_level=None)) as database:
            database.text_factory = lambda data: data.decode(errors="replace")
            boots = {boot.number: boot for boot in _whole(database, BOOT_COLUMNS, "boots", "number", boot_of)}
            events = {event.id: event for event in _whole(database, EVENT_COLUMNS, "events", "id", event_of)}
    events = {id_: event for id_, event in events.items() if event.boot in boots}
    into.execute("BEGIN IMMEDIATE")
    put_boots(into, boots.values())
    put_events(into, events.values())
    into.execute("COMMIT")
    return len(events)


def _whole(database: sqlite3.Connection, columns: str, table: str, key: str, read: Callable[[Row], T]) -> list[T]:
    """What is whole, from either side up to a damaged page."""
    found = []
    for order in ("ASC", "DESC"):
        with suppress(sqlite3.Error, OverflowError):
            query = f"SELECT {columns} FROM {table} ORDER BY {key} {order} LIMIT {MAX_SALVAGED}"
            for row in database.execute(query):
                with suppress(ValueError):
                    found.append(read(row))
    return found


def _free_name(path: Path) -> Path:
    name = path.with_name(f"{path.name}.aside-{time.strftime('%Y%m%d-%H%M%S')}")
    number = 2
    free = name
    while any(os.path.lexists(beside(free, suffix)) for suffix in ("", LOG, INDEX)):
        free, number = beside(name, f"-{number}"), number + 1
    return free


def _forget_old(path: Path) -> None:
    """All but the newest ``MAX_KEPT``, by when they were renamed, and all that are too large. Folders stay."""
    names = [name for name in os.listdir(path.parent) if name.startswith(f"{path.name}.aside-")]
    kept = [path.with_name(name) for name in names if not name.endswith((LOG, INDEX))]
    kept.sort(key=lambda aside: os.lstat(aside).st_ctime_ns, reverse=True)
    for place, aside in enumerate(kept):
        if place >= MAX_KEPT or os.lstat(aside).st_size > MAX_KEPT_BYTES:
            for suffix in ("", LOG, INDEX):
                _remove(beside(aside, suffix))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        return
    path.unlink(missing_ok=True)
