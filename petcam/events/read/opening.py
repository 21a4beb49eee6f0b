"""Opens events.db for one question, and proves that nobody changed it meanwhile where nothing else guards that."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import quote

from petcam.errors import Code, PetcamError
from petcam.events.store import VERSION

TRIES, PAUSE_SECONDS = 5, 0.02
BUSY_SECONDS = 1.0
INDEX_HEAD = 48  # bytes of -shm: www.sqlite.org/walformat.html, The WAL-Index Header

T = TypeVar("T")


class FileState(NamedTuple):
    inode: int
    size: int
    changed_ns: int


State = tuple[FileState | None, FileState | None]


class Look(NamedTuple):
    """At the database, without opening it: another one after each commit."""

    database: FileState | None  # None: there is none
    log: FileState | None
    commit: bytes


def ask(path: Path, question: Callable[[sqlite3.Connection], T], nothing: T) -> T:
    """What ``question`` makes of the database, in one transaction; ``nothing`` where there is none yet.

    Raises ``EVENTS_UNREADABLE``.
    """
    why = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(attempt * PAUSE_SECONDS)
        before = state_of(path)
        if before[0] is None:
            return nothing
        has_log = before[1] is not None and before[1].size > 0
        try:
            answer = _ask_once(path, has_log, question, nothing)
        except (sqlite3.Error, OverflowError) as error:
            why = str(error)
            continue
        # Whoever changed it the last time runs by now, so that SQLite's locks hold, where there is a log.
        if state_of(path) == before or (attempt and has_log):
            return answer
        why = "its writer comes and goes"
    raise PetcamError(Code.EVENTS_UNREADABLE, f"what petcam has noticed cannot be read now: {why}")


def state_of(path: Path) -> State:
    """Another one after each change of the files."""
    return _state(path), _state(path.with_name(path.name + "-wal"))


def commit_of(path: Path) -> bytes:
    """Another one after each commit while the writer runs, by the head of SQLite's index; empty where there is none.

    Sizes and times of the files are another before that: the log grows, is synced, and only then can be read.
    """
    try:
        with open(path.with_name(path.name + "-shm"), "rb", buffering=0) as index:
            return index.read(INDEX_HEAD)
    except OSError:
        return b""


def _state(path: Path) -> FileState | None:
    try:
        info = os.stat(path)
    except OSError:
        return None
    return FileState(info.st_ino, info.st_size, info.st_mtime_ns)


def _ask_once(path: Path, has_log: bool, question: Callable[[sqlite3.Connection], T], nothing: T) -> T:
    how = "readonly_shm=1" if has_log else "immutable=1"
    uri = f"file:{quote(str(path))}?mode=ro&{how}"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as database:
        for pragma in ("query_only=ON", "trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0"):
            database.execute(f"PRAGMA {pragma}").fetchall()
        database.execute("BEGIN")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if not version:  # it is being made
            return nothing
        if version != VERSION:
            message = f"what petcam has noticed cannot be read: version {version}, not {VERSION}"
            raise PetcamError(Code.EVENTS_UNREADABLE, message)
        return question(database)
