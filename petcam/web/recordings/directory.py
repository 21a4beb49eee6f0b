"""The recordings on disk, in the form that docs/recordings.md specifies.

Names must match a pattern and are opened relative to a descriptor of the directory. Symbolic links in it are never
followed, and only regular files count. A recording that still grows has the suffix ``.part``, its pin ``.pin``.
"""

import errno
import heapq
import logging
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from petcam.errors import Code, PetcamError
from petcam.web.recordings.table import read_table

NAME_PATTERN = re.compile(
    r"petcam_(?P<start>[12]\d{3}(0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])-([01]\d|2[0-3])[0-5]\d[0-5]\d)"
    r"(_[A-Za-z0-9._-]{1,64}?)?(-(?P<number>\d{1,9}))?\.mp4",
    re.ASCII,
)
CURSOR_PATTERN = re.compile(r"(?P<name>[^@]*)(@(?P<ended>\d{1,19}))?", re.ASCII)
MAX_NAME_ERROR_SECONDS = 26 * 3600  # by which a name's time may differ from the file's: another time zone
TIME_FORMAT = "%Y%m%d-%H%M%S"
PART_SUFFIX = ".part"
PIN_SUFFIX = ".pin"
MAX_WRITE_PAUSE_SECONDS = 15.0  # then a .part file no longer grows; the streamer closes one after 11 s without data
MISSING_ERRNOS = {errno.ENOENT, errno.ELOOP, errno.EISDIR, errno.ENOTDIR}
FORBIDDEN_ERRNOS = {errno.EACCES, errno.EPERM, errno.EROFS}
FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT}
OWN_ERRNOS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}  # of this process or machine, and no disk's
LACKING_ERRNOS = {errno.EPERM, errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}  # of what a file system does not have

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recording:
    name: str
    start: datetime  # local time, with its offset
    duration: float  # seconds
    size: int  # bytes
    frames: int | None  # None unless it is complete
    pinned: bool
    state: str  # "complete", "recording", or "unfinished" (a crash left it)


@dataclass(frozen=True)
class Page:
    """Some recordings, newest first, and totals of all recordings."""

    recordings: list[Recording]
    next: str  # what to pass as ``before`` for the next page; empty: there is none
    total: int
    used: int  # bytes of all recordings
    free: int  # bytes that are free on the disk


class RecordingDirectory:
    def __init__(self, path: str) -> None:
        self._path = path

    def page(self, limit: int, before: str = "") -> Page:
        """The newest recordings, at most ``limit``. Where ``before`` is the ``next`` of a page, or the name of a
        recording, even of one that was deleted, only older ones.

        All files are listed, but only those of the page are opened. Empty while there is no directory.
        """
        try:
            with self._open_directory() as fd:
                files, pins = _list(fd)
                newest = heapq.nlargest(limit + 1, _older(files, before))
                disk = os.fstatvfs(fd)
                rows = [_describe(fd, file, pins) for _, _, file in newest[:limit]]
        except FileNotFoundError:
            return Page([], "", 0, 0, 0)
        except PermissionError as error:
            raise PetcamError(Code.FORBIDDEN, "petcam-web may not read recording.directory") from error
        except OSError as error:
            raise _disk_error(error) from error
        following = f"{rows[-1].name}@{newest[limit - 1][0]}" if len(newest) > limit else ""
        used = sum(info.st_size for _, info in files.values())
        return Page(rows, following, len(files), used, disk.f_bavail * disk.f_frsize)

    def open(self, name: str) -> BinaryIO:
        """Open a recording for reading; one that still grows too, as far as it is written."""
        with self._directory_for(name) as fd:
            return _open_finished_or_growing(name, fd)

    def delete(self, name: str) -> None:
        """Raises ``CONFLICT`` for one that still grows, which belongs to the streamer, and for a pinned one."""
        with self._directory_for(name) as fd:
            if not _exists(name, fd):
                os.stat(name + PART_SUFFIX, dir_fd=fd, follow_symlinks=False)
                raise PetcamError(Code.CONFLICT, f"{name} is being recorded; stop it first")
            if _exists(name + PIN_SUFFIX, fd):
                raise PetcamError(Code.CONFLICT, f"{name} is pinned; unpin it first")
            os.unlink(name, dir_fd=fd)
            _sync(fd)

    def pin(self, name: str) -> None:
        """Protect it from being deleted to make room. Does nothing where it is pinned already."""
        with self._directory_for(name) as fd:
            _open_finished_or_growing(name, fd).close()
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with suppress(FileExistsError):
                pin = os.open(name + PIN_SUFFIX, flags, 0o640, dir_fd=fd)
                try:
                    with _wished():
                        os.fchmod(pin, 0o640)  # whatever the umask
                finally:
                    os.close(pin)
            _sync(fd)

    def unpin(self, name: str) -> None:
        """Does nothing where it is not pinned."""
        with self._directory_for(name) as fd:
            _open_finished_or_growing(name, fd).close()
            with suppress(FileNotFoundError):
                os.unlink(name + PIN_SUFFIX, dir_fd=fd)
            _sync(fd)

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


NameKey = tuple[str, int, str]  # start, number among the recordings of that second, name
File = tuple[str, os.stat_result]  # its name, with .part if it has that


def _list(directory: int) -> tuple[dict[NameKey, File], set[str]]:
    """All recordings, and the names of those that are pinned."""
    files: dict[NameKey, File] = {}
    pins: set[str] = set()
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.endswith(PIN_SUFFIX):
                pins.add(entry.name.removesuffix(PIN_SUFFIX))
                continue
            key = _name_key(entry.name.removesuffix(PART_SUFFIX))
            if key is None:
                continue
            with suppress(FileNotFoundError):  # deleted since it was listed
                info = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(info.st_mode) and (key not in files or entry.name == key[2]):
                    files[key] = entry.name, info
    return files, pins


def _name_key(name: str) -> NameKey | None:
    matched = NAME_PATTERN.fullmatch(name)
    if matched is None:
        return None
    if int(matched["day"]) > 28:  # the month may have no such day; checking every date would take most of the time
        try:
            datetime.strptime(matched["start"], TIME_FORMAT)
        except ValueError:
            return None
    return matched["start"], int(matched["number"] or 1), name


def _older(files: dict[NameKey, File], before: str) -> Iterator[tuple[int, NameKey, File]]:
    """Each with its end (Unix time, ns), by which they are ordered: names are local time, which may go back."""
    end = _cursor(files, before)
    ended = ((file[1].st_mtime_ns, key, file) for key, file in files.items())
    return (each for each in ended if end is None or each[:2] < end)


def _cursor(files: dict[NameKey, File], before: str) -> tuple[int, NameKey] | None:
    """Where a page begins; None: at the newest. Of a name alone, whose file was deleted, only the start is known."""
    matched = CURSOR_PATTERN.fullmatch(before)
    key = _name_key(matched["name"]) if matched else None
    if matched is None or key is None:
        return None
    if matched["ended"]:
        return int(matched["ended"]), key
    if key in files:
        return files[key][1].st_mtime_ns, key
    return int(_start_by_name(key[0]) * 1e9), key


def _describe(directory: int, file: File, pins: set[str]) -> Recording:
    stored, info = file
    name = stored.removesuffix(PART_SUFFIX)
    key = _name_key(name)
    assert key is not None  # it is listed
    table = None
    with suppress(OSError), _open_regular(stored, directory) as opened:
        table = read_table(opened.fileno())
    start = _start_by_name(key[0], info.st_mtime)
    if table is not None and abs(table.created - start) < MAX_NAME_ERROR_SECONDS:
        start = float(table.created)
    duration, frames, state = max(0.0, info.st_mtime - start), None, "complete"
    if stored != name:
        state = "recording" if time.time() - info.st_mtime < MAX_WRITE_PAUSE_SECONDS else "unfinished"
    elif table is not None:  # exact to the frame, and a copy of the file may have another mtime
        duration, frames = table.duration, table.frames
    local = datetime.fromtimestamp(start).astimezone()
    return Recording(name, local, duration, info.st_size, frames, name in pins, state)


def _start_by_name(start: str, end: float = float("inf")) -> float:
    """Unix time. The hour in which summer time ends is there twice: the later one that is before the end."""
    local = datetime.strptime(start, TIME_FORMAT)
    earlier, later = local.timestamp(), local.replace(fold=1).timestamp()
    return later if later <= end else earlier


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


def _exists(name: str, directory: int) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _open_finished_or_growing(name: str, directory: int) -> BinaryIO:
    try:
        return _open_regular(name, directory)
    except FileNotFoundError:
        return _open_regular(name + PART_SUFFIX, directory)


def _open_regular(name: str, directory: int) -> BinaryIO:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # so that a FIFO does not block the thread
    file = open(os.open(name, flags, dir_fd=directory), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    return file


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
