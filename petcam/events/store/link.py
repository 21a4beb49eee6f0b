"""The open database, or why there is none for now and when it is tried again."""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from petcam.events.store import disk, rows, schema
from petcam.events.store.opening import open_database

SECOND = 10**9
FIRST_PAUSE_NS, LAST_PAUSE_NS = 5 * SECOND, 60 * SECOND
SUSPECT = 3  # so many failures in a row, while the disk took another database, are the database's
CONDEMNED = 6  # and so many are, although it can be opened
FAILURES = (sqlite3.Error, OSError, ValueError, OverflowError)

log = logging.getLogger("petcam.events")


class Link:
    """For one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.database: sqlite3.Connection | None = None
        self.trouble = ""  # why nothing can be written
        self.aside = ""  # what was set aside since the start
        self._lock: disk.Lock | None = None
        self._file = (0, 0)  # device and inode
        self._damage = ""  # what was found while it was open: opening it again might not find it
        self._failures, self._pause_ns, self._retry_ns = 0, FIRST_PAUSE_NS, 0

    def may_try(self, now_ns: int) -> bool:
        return now_ns >= self._retry_ns

    def is_up(self) -> bool:
        """False also where another file has its name by now, or none: what is written there would be lost."""
        try:
            info = os.stat(self._path)
        except OSError:
            return False
        return self.database is not None and self._file == (info.st_dev, info.st_ino)

    def open(self) -> tuple[sqlite3.Connection, bool]:
        """The database, and whether it is a new one for one that was set aside. Raises what ``attempt`` takes."""
        self.close()
        self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._lock = disk.Lock(self._path.parent)
        condemned = self._damage or (self.trouble if self._failures >= CONDEMNED else "")
        opened = open_database(self._path, self._failures >= SUSPECT, condemned)
        self.database, self.aside, self._damage = opened.database, opened.aside or self.aside, ""
        info = os.stat(self._path)
        self._file = (info.st_dev, info.st_ino)
        return opened.database, bool(opened.aside)

    def prove(self) -> None:
        """Raises ``sqlite3.Error`` or ValueError where the file is not whole. The open database may not notice, for it
        has pages in memory."""
        with closing(sqlite3.connect(self._path, timeout=schema.BUSY_SECONDS, isolation_level=None)) as database:
            rows.prove(database)

    def close(self) -> None:
        if self.database is not None:
            with suppress(sqlite3.Error):
                self.database.close()
            self.database = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Durable once the context has ended without an error."""
        assert self.database is not None
        self.database.execute("BEGIN IMMEDIATE")
        yield self.database  # what fails in here, fails() rolls back
        self.database.execute("COMMIT")

    def attempt(self, now_ns: int, do: Callable[[int], None]) -> bool:
        """Whether it was done. What fails is said once, and tried again later."""
        try:
            do(now_ns)
        except FAILURES as error:
            self.fails(error, now_ns)
            return False
        if self.trouble:
            log.info("%s can be written again", self._path)
        self.trouble, self._failures, self._pause_ns = "", 0, FIRST_PAUSE_NS
        return True

    def fails(self, error: Exception, now_ns: int) -> None:
        if isinstance(error, BlockingIOError):
            trouble = f"another petcam-events writes {self._path.parent}"
        else:
            trouble = f"{self._path}: {error}"
        if trouble != self.trouble:
            log.error("%s; what happens is kept in memory until it can be written", trouble)
        self.trouble = trouble
        self._retry_ns, self._pause_ns = now_ns + self._pause_ns, min(2 * self._pause_ns, LAST_PAUSE_NS)
        if disk.is_damage(error):
            self._damage = str(error)
            self.close()
        elif disk.is_doubtful(error):
            self.close()
            self._failures = self._failures + 1 if disk.takes_another(self._path.parent) else 0
        elif self.database is not None and self.database.in_transaction:
            with suppress(sqlite3.Error):
                self.database.execute("ROLLBACK")
