"""Why the database cannot be written: the disk, somebody else, or the database itself."""

import fcntl
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

PROBE_NAME = ".events.db.probe"
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


def trouble(directory: Path) -> OSError | None:
    """Why a file of 64 KiB cannot be kept in the directory."""
    path = directory / PROBE_NAME
    try:
        with suppress(FileNotFoundError):  # of one that was killed
            path.unlink()
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(fd, "wb") as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(fd)
        path.unlink()
    except OSError as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        return error
    return None


def sync(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class Lock:
    """That there is one writer: a lock on the directory, until ``close``. The kernel takes it from who is killed."""

    def __init__(self, directory: Path) -> None:
        """Raises BlockingIOError where another has it."""
        self._fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._fd)
            raise

    def close(self) -> None:
        os.close(self._fd)
