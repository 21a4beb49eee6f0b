"""The recordings on disk, in the form that docs/recordings.md specifies.

Names must match a pattern and are opened relative to a descriptor of the directory. Symbolic links in it are never
followed, and only regular files count. A recording that still grows has the suffix ``.part``, its pin ``.pin``.
"""

import errno
import logging
import os
import re
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from petcam.errors import Code, PetcamError
from petcam.web.recordings.files import exists, name_now, open_finished_or_growing, start_of
from petcam.web.recordings.index import Entry, Listing, RecordingIndex
from petcam.web.recordings.names import NAME_PATTERN, PART_SUFFIX, PIN_SUFFIX, kind_of, name_key, start_by_name
from petcam.web.recordings.table import read_table

CURSOR_PATTERN = re.compile(r"(?P<name>[^@]*)(@(?P<ended>\d{1,19}))?", re.ASCII)
MAX_WRITE_PAUSE_SECONDS = 15.0  # then a .part file no longer grows; the streamer closes one after 11 s without data
MISSING_ERRNOS = {errno.ENOENT, errno.ELOOP, errno.EISDIR, errno.ENOTDIR}
FORBIDDEN_ERRNOS = {errno.EACCES, errno.EPERM, errno.EROFS}
FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT}
OWN_ERRNOS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}  # of this process or machine, and no disk's
LACKING_ERRNOS = {errno.EPERM, errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}  # of what a file system does not have

Failures = dict[str, PetcamError]  # by the names of recordings

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recording:
    name: str
    day: str  # YYYY-MM-DD, under which it is counted and found
    start: datetime  # local time, with its offset
    duration: float  # seconds
    size: int  # bytes
    frames: int | None  # None unless it is complete
    shape: tuple[int, int] | None  # width and height of its pictures with square pixels; None where it does not say
    pinned: bool
    kind: str  # one of names.KINDS
    state: str  # "complete", "recording", or "unfinished" (a crash left it)


@dataclass(frozen=True)
class Wanted:
    """Which recordings. Days are YYYY-MM-DD, both included; an empty one is no bound."""

    first_day: str = ""
    last_day: str = ""
    pinned: bool | None = None  # None: both
    kind: str = ""  # one of names.KINDS; empty: all

    def are_by_day(self) -> bool:
        return bool(self.first_day or self.last_day)

    def has(self, entry: Entry, pins: Set[str]) -> bool:
        if self.pinned is not None and (entry.name in pins) is not self.pinned:
            return False
        if self.kind and kind_of(entry.name) != self.kind:
            return False
        return entry.day >= self.first_day and (not self.last_day or entry.day <= self.last_day)


@dataclass(frozen=True)
class Totals:
    """Of all recordings, whichever are wanted."""

    count: int
    used: int  # bytes
    free: int  # bytes that are free on the disk


NOTHING = Totals(0, 0, 0)


@dataclass(frozen=True)
class Page:
    """Some recordings, newest first."""

    recordings: list[Recording]
    next: str  # what to pass as ``before`` for the next page; empty: there is none
    totals: Totals


@dataclass(frozen=True)
class Day:
    day: str  # YYYY-MM-DD
    count: int
    pinned: int  # of these


class RecordingDirectory:
    def __init__(self, path: str) -> None:
        self._path = path
        self._index = RecordingIndex()

    def page(self, limit: int, before: str = "", wanted: Wanted | None = None) -> Page:
        """The newest recordings, at most ``limit``. Where ``before`` is the ``next`` of a page, or the name of a
        recording, even of one that was deleted, only older ones.

        Only the files of the page are opened. Empty while there is no directory.
        """
        try:
            with _listing_errors(), self._open_directory() as fd:
                listing, totals = self._look(fd, bool(wanted and wanted.are_by_day()))
                newest = list(islice(_older(listing, before, wanted or Wanted()), limit + 1))
                rows = [_describe(fd, entry, listing.pinned) for entry in newest[:limit]]
        except FileNotFoundError:
            return Page([], "", NOTHING)
        following = f"{newest[limit - 1].name}@{newest[limit - 1].end}" if len(newest) > limit else ""
        return Page([row for row in rows if row is not None], following, totals)

    def days(self, wanted: Wanted | None = None) -> tuple[list[Day], Totals]:
        """The days that have recordings, newest first. No file is opened for them."""
        try:
            with _listing_errors(), self._open_directory() as fd:
                listing, totals = self._look(fd, with_days=True)
        except FileNotFoundError:
            return [], NOTHING
        chosen = [entry for entry in listing.entries if (wanted or Wanted()).has(entry, listing.pinned)]
        counts = Counter(entry.day for entry in chosen)
        pinned = Counter(entry.day for entry in chosen if entry.name in listing.pinned)
        return [Day(day, counts[day], pinned[day]) for day in sorted(counts, reverse=True)], totals

    def names_now(self, names: Iterable[str]) -> dict[str, str]:
        """What each of these is called by now; without those that are not there (any more)."""
        try:
            with _listing_errors(), self._open_directory() as fd:
                return self._index.names_now(fd, names)
        except FileNotFoundError:
            return {}

    def _look(self, fd: int, with_days: bool) -> tuple[Listing, Totals]:
        listing, disk = self._index.look(fd, with_days), os.fstatvfs(fd)
        used = sum(entry.size for entry in listing.entries)
        return listing, Totals(len(listing.entries), used, disk.f_bavail * disk.f_frsize)

    def open(self, name: str) -> BinaryIO:
        """Open a recording for reading; one that still grows too, as far as it is written."""
        with self._directory_for(name) as fd:
            return open_finished_or_growing(name, fd)

    @contextmanager
    def reading(self, name: str) -> Iterator[BinaryIO]:
        """The same while the context lasts; that it cannot be read any more becomes the same errors."""
        with self._directory_for(name) as fd, open_finished_or_growing(name, fd) as file:
            yield file

    def delete(self, name: str) -> None:
        """Raises ``CONFLICT`` for one that still grows, which belongs to the streamer, and for a pinned one."""
        self._change(name, _delete)

    def pin(self, name: str) -> None:
        """Protect it from being deleted to make room. Does nothing where it is pinned already."""
        self._change(name, _pin)

    def unpin(self, name: str) -> None:
        """Does nothing where it is not pinned."""
        self._change(name, _unpin)

    def delete_all(self, names: Iterable[str]) -> Failures:
        """As if one after another; why each of those that failed did."""
        return self._change_all(names, _delete)

    def pin_all(self, names: Iterable[str]) -> Failures:
        return self._change_all(names, _pin)

    def unpin_all(self, names: Iterable[str]) -> Failures:
        return self._change_all(names, _unpin)

    def _change(self, name: str, change: Callable[[str, int], None]) -> None:
        for error in self._change_all([name], change).values():
            raise error

    def _change_all(self, names: Iterable[str], change: Callable[[str, int], None]) -> Failures:
        failures: Failures = {}
        changed = ""
        for name in names:
            try:
                with self._directory_for(name) as fd:
                    change(name_now(name, fd), fd)
                changed = name
            except PetcamError as error:
                failures[name] = error
        if changed:
            self._index.expire()
            with self._directory_for(changed) as fd:
                _sync(fd)  # once for all
        return failures

    @contextmanager
    def _open_directory(self) -> Iterator[int]:
        fd = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def _directory_for(self, name: str) -> Iterator[int]:
        """The directory's descriptor. OSErrors in the context become ``NOT_FOUND``, ``FORBIDDEN`` or ``DISK_FAULT``."""
        if NAME_PATTERN.fullmatch(name) is None:
            raise _not_found(name)
        try:
            with self._open_directory() as fd:
                yield fd
        except OSError as error:
            if error.errno in MISSING_ERRNOS:  # gone, a link, a directory
                raise _not_found(name) from error
            if error.errno in FORBIDDEN_ERRNOS:
                message = f"petcam-web may not do that with {name}; is its folder read-only, or another user's?"
                raise PetcamError(Code.FORBIDDEN, message) from error
            raise _disk_error(error) from error


@contextmanager
def _listing_errors() -> Iterator[None]:
    """OSErrors but ``FileNotFoundError`` become ``FORBIDDEN`` or ``DISK_FAULT``."""
    try:
        yield
    except FileNotFoundError:
        raise
    except PermissionError as error:
        raise PetcamError(Code.FORBIDDEN, "petcam-web may not read recording.directory") from error
    except OSError as error:
        raise _disk_error(error) from error


def _older(listing: Listing, before: str, wanted: Wanted) -> Iterator[Entry]:
    """Those that are wanted, by their ends: names are local time, which may go back."""
    cursor = _cursor(listing, before)
    end = len(listing.entries) if cursor is None else bisect_left(listing.entries, cursor)
    return (entry for at in range(end - 1, -1, -1) if wanted.has(entry := listing.entries[at], listing.pinned))


def _cursor(listing: Listing, before: str) -> tuple[int, int, int, str] | None:
    """Where a page begins, as the first fields of an entry; None: at the newest. Of a name alone, whose file was
    deleted, only the start is known."""
    matched = CURSOR_PATTERN.fullmatch(before)
    key = name_key(matched["name"]) if matched else None
    if matched is None or key is None:
        return None
    if matched["ended"]:
        return int(matched["ended"]), *key
    there = next((entry for entry in listing.entries if entry.name == key[2]), None)
    return (there.end if there else int(start_by_name(key[0]) * 1e9)), *key


def _describe(directory: int, entry: Entry, pins: Set[str]) -> Recording | None:
    """None: it was deleted since it was listed."""
    table, end, size, growing = None, entry.end / 1e9, entry.size, entry.growing
    try:
        with open_finished_or_growing(entry.name, directory) as opened:
            table, info = read_table(opened.fileno()), os.fstat(opened.fileno())
            end, size = info.st_mtime, info.st_size
        growing = growing and not exists(entry.name, directory)  # it may have been finished since it was listed
    except FileNotFoundError:
        return None
    except OSError:
        pass  # it cannot be read; what is known of it is shown
    start = start_of(table, entry.start, end)
    duration, frames, state = max(0.0, end - start), None, "complete"
    if growing:
        state = "recording" if time.time() - end < MAX_WRITE_PAUSE_SECONDS else "unfinished"
    elif table is not None:  # exact to the frame, and a copy of the file may have another mtime
        duration, frames = table.duration, table.frames
    local, shape = datetime.fromtimestamp(start).astimezone(), table.shape if table else None
    pinned, kind = entry.name in pins, kind_of(entry.name)
    return Recording(entry.name, entry.day, local, duration, size, frames, shape, pinned, kind, state)


def _delete(name: str, directory: int) -> None:
    if not exists(name, directory):
        os.stat(name + PART_SUFFIX, dir_fd=directory, follow_symlinks=False)
        raise PetcamError(Code.CONFLICT, f"{name} is being recorded; stop it first")
    if exists(name + PIN_SUFFIX, directory):
        raise PetcamError(Code.CONFLICT, f"{name} is pinned; unpin it first")
    os.unlink(name, dir_fd=directory)


def _pin(name: str, directory: int) -> None:
    open_finished_or_growing(name, directory).close()
    _make_pin(name, directory)
    renamed = name_now(name, directory)
    if renamed != name:  # just now, and its pin with it, unless this came too late for that
        _make_pin(renamed, directory)
        with suppress(FileNotFoundError):
            os.unlink(name + PIN_SUFFIX, dir_fd=directory)


def _make_pin(name: str, directory: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(FileExistsError):
        pin = os.open(name + PIN_SUFFIX, flags, 0o640, dir_fd=directory)
        try:
            with _wished():
                os.fchmod(pin, 0o640)  # whatever the umask
        finally:
            os.close(pin)


def _unpin(name: str, directory: int) -> None:
    open_finished_or_growing(name, directory).close()
    with suppress(FileNotFoundError):
        os.unlink(name + PIN_SUFFIX, dir_fd=directory)


@contextmanager
def _wished() -> Iterator[None]:
    """For what is only a wish where the file system lacks it altogether, as exFAT, NTFS and FAT lack modes."""
    try:
        yield
    except OSError as error:
        if error.errno not in LACKING_ERRNOS:
            raise


def _sync(directory: int) -> None:
    """So that what the answer says outlives a power cut, as far as the file system can do that for a directory."""
    with _wished():
        os.fsync(directory)


def _disk_error(error: OSError) -> Exception:
    """What becomes of any other error of the disk."""
    if error.errno in OWN_ERRNOS:
        return error
    if error.errno in FULL_ERRNOS:
        return PetcamError(Code.DISK_FULL, "the disk of recording.directory is full; delete recordings")
    _log.error("the disk of recording.directory has a fault: %s", error)
    message = "the disk of recording.directory has a fault or is gone; see petcam-web's log, and mount it again"
    return PetcamError(Code.DISK_FAULT, message)


def _not_found(name: str) -> PetcamError:
    return PetcamError(Code.NOT_FOUND, f"there is no recording {name[:60]!r}")
