"""Opens the database, whatever lies in its place."""

import logging
import os
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from petcam.events.store import disk, rows, schema
from petcam.events.store.aside import LOG, beside, salvage, set_aside
from petcam.system.ownership import give_to_owner

MODE = 0o640  # SQLite gives the files beside it the same

log = logging.getLogger("petcam.events")


class Opened(NamedTuple):
    database: sqlite3.Connection
    aside: str  # what was set aside, and why, in words; empty where nothing was


def open_database(path: Path, is_suspect: bool = False, condemned: str = "") -> Opened:
    """Whole, of this version, ready to be written.

    ``is_suspect``: errors that might be the disk's are the database's, if the disk takes another one. ``condemned``:
    it can be opened and fails all the same, for this reason. Raises ``sqlite3.Error`` or ``OSError`` where it cannot
    be had for now; nothing was set aside then.
    """
    why = condemned
    if not condemned or not disk.takes_another(path.parent):
        try:
            return Opened(_open(path), "")
        except (sqlite3.Error, ValueError, OverflowError) as error:
            if not disk.is_damage(error):
                if not (is_suspect and disk.is_doubtful(error) and disk.takes_another(path.parent)):
                    raise
            why = str(error)
    aside = set_aside(path)
    words = f"{path.name} cannot be used ({why}) and is now {aside.name}"
    log.error("%s: %s; a new one is begun", path.parent, words)
    return Opened(_begin_anew(path, aside), words)


def _begin_anew(path: Path, aside: Path) -> sqlite3.Connection:
    database = _open(path)
    try:
        if count := salvage(aside, database):
            log.warning("%d events of %s could be read, and are in the new one", count, aside)
    except (sqlite3.Error, OSError) as error:
        log.warning("nothing of %s is taken over: %s", aside, error)
        if database.in_transaction:
            database.execute("ROLLBACK")
    return database


def _open(path: Path) -> sqlite3.Connection:
    """Raises ValueError where what is there is no database of ours."""
    _make_or_check(path)
    database = sqlite3.connect(path, timeout=schema.BUSY_SECONDS, isolation_level=None)
    try:
        schema.prepare(database)
        if schema.is_empty(database):
            schema.create(database)
        version = schema.version_of(database)
        if version != schema.VERSION:
            raise ValueError(f"it is of version {version}, not {schema.VERSION}")
        if not schema.has_our_tables(database):
            raise ValueError("it has other tables")
        rows.prove(database)
    except BaseException:
        with suppress(sqlite3.Error):
            database.close()
        raise
    return database


def _make_or_check(path: Path) -> None:
    """SQLite would follow a link, and wait for a pipe; and it would apply a log without a database to the new one."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        if os.path.lexists(beside(path, LOG)):
            raise ValueError("it has a log and no database") from None
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
        try:
            give_to_owner(fd, os.stat(path.parent))  # SQLite does so with the files beside it
            os.fchmod(fd, MODE)  # whatever the umask
        finally:
            os.close(fd)
        return
    if not stat.S_ISREG(mode):
        raise ValueError("it is no regular file")
