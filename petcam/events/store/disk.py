"""Why the database cannot be written: the disk, somebody else, or the database itself."""

import fcntl
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from petcam.events.store import schema
from petcam.system.ownership import give_to_owner

LOCK_NAME, PROBE_NAME = ".events.db.lock", ".events.db.probe"
PROBE_BYTES = 64 * 1024
# As SQLite says them; Python 3.10 gives no codes. Each may be the disk's fault or the file's.
DOUBTFUL = ("disk i/o error", "unable to open database file", "attempt to write a readonly database")
OTHERS = ("database or disk is full", "database is locked", "database table is locked", "locking protocol")


def is_damage(error: Exception) -> bool:
    """The content is at fault, for certain."""
    return isinstance(error, (sqlite3.Error, ValueError, OverflowError)) and not (
        is_doubtful(error) or _is_others(error)
    )


def is_doubtful(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and str(error).lower().startswith(DOUBTFUL)


def is_full(error: Exception) -> bool:
    return str(error).startswith(OTHERS[0])


def _is_others(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and str(error).lower().startswith(OTHERS)


def takes_another(directory: Path) -> bool:
    """Whether another database can be made there, and 64 KiB kept in it. Leaves nothing."""
    path = directory / PROBE_NAME
    try:
        _remove(path)  # what one left that was killed
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            schema.prepare(database)
            database.execute("CREATE TABLE probe (content BLOB)")
            database.execute("INSERT INTO probe VALUES (zeroblob(?))", (PROBE_BYTES,))
        _remove(path)
    except (sqlite3.Error, OSError):
        with suppress(OSError):
            _remove(path)
        return False
    return True


def _remove(path: Path) -> None:
    for suffix in ("-wal", "-shm", "-journal", ""):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


class Lock:
    """That there is one writer, until ``close``. The kernel takes it from who is killed."""

    def __init__(self, directory: Path) -> None:
        """Raises BlockingIOError where another has it."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        self._fd = os.open(directory / LOCK_NAME, flags, 0o600)
        try:
            give_to_owner(self._fd, os.stat(directory))
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._fd)
            raise

    def close(self) -> None:
        os.close(self._fd)
