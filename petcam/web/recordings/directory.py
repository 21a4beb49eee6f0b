"""The recordings on disk, as docs/recordings.md lays them down.

Names are checked by a pattern and opened under a descriptor of the directory; a link placed in it is never followed,
and only regular files count. A recording that still grows has ``.part`` behind its name; its pin has ``.pin``.
"""

import errno
import heapq
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

NAME = re.compile(
    r"petcam_(?P<start>[12]\d{3}(0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])-([01]\d|2[0-3])[0-5]\d[0-5]\d)"
    r"(_[A-Za-z0-9._-]{1,64}?)?(-(?P<number>\d{1,9}))?\.mp4",
    re.ASCII,
)
STAMP = "%Y%m%d-%H%M%S"
GROWING = ".part"
PIN = ".pin"
QUIET = 10.0  # seconds without a write after which a file no longer grows: the streamer closes one after 3
MISSING = {errno.ENOENT, errno.ELOOP, errno.EISDIR, errno.ENOTDIR}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@dataclass(frozen=True)
class Recording:
    name: str
    start: datetime  # local time
    duration: float  # seconds
    size: int  # bytes
    frames: int | None  # of finished ones
    pinned: bool
    state: str  # "complete", "recording", or "unfinished": what a crash left


@dataclass(frozen=True)
class Page:
    """Some recordings, newest first, and all of them in numbers."""

    recordings: list[Recording]
    next: str  # the name to ask for the page behind; empty: there is none
    total: int
    used: int  # bytes of all recordings
    free: int  # bytes of the disk


class RecordingDirectory:
    def __init__(self, path: str) -> None:
        self._path = path

    def page(self, limit: int, before: str = "") -> Page:
        """The newest ones; only those older than ``before``, where that names a recording, even one that is gone.

        All files are listed, and only those of the page are opened. Empty while there is no directory.
        """
        try:
            with self._rooted() as fd:
                files, pins = _list(fd)
                newest = heapq.nlargest(limit + 1, _older(files, before))
                disk = os.fstatvfs(fd)
                rows = [_row(fd, file, pins) for _, file in newest[:limit]]
        except FileNotFoundError:
            return Page([], "", 0, 0, 0)
        except PermissionError as error:
            raise PetcamError(Code.FORBIDDEN, "petcam-web may not read recording.directory") from error
        following = rows[-1].name if len(newest) > limit else ""
        used = sum(info.st_size for _, info in files.values())
        return Page(rows, following, len(files), used, disk.f_bavail * disk.f_frsize)

    def open(self, name: str) -> BinaryIO:
        """Also one that still grows, as far as it has come."""
        with self._named(name) as fd:
            return _open_either(name, fd)

    def delete(self, name: str) -> None:
        """One that still grows is the streamer's, and a pinned one is to be unpinned first."""
        with self._named(name) as fd:
            if not _exists(name, fd):
                os.stat(name + GROWING, dir_fd=fd, follow_symlinks=False)
                raise PetcamError(Code.CONFLICT, f"{name} is being recorded; stop it first")
            if _exists(name + PIN, fd):
                raise PetcamError(Code.CONFLICT, f"{name} is pinned; unpin it first")
            os.unlink(name, dir_fd=fd)

    def pin(self, name: str) -> None:
        """It is no longer deleted to make room. Twice does no harm."""
        with self._named(name) as fd:
            _open_either(name, fd).close()
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with suppress(FileExistsError):
                pin = os.open(name + PIN, flags, 0o640, dir_fd=fd)
                os.fchmod(pin, 0o640)  # whatever the umask is
                os.close(pin)
                os.fsync(fd)

    def unpin(self, name: str) -> None:
        """Twice does no harm."""
        with self._named(name) as fd:
            _open_either(name, fd).close()
            with suppress(FileNotFoundError):
                os.unlink(name + PIN, dir_fd=fd)

    @contextmanager
    def _rooted(self) -> Iterator[int]:
        fd = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def _named(self, name: str) -> Iterator[int]:
        """The directory's descriptor; what fails under it is said of ``name``."""
        if NAME.fullmatch(name) is None:
            raise _not_found(name)
        try:
            with self._rooted() as fd:
                yield fd
        except OSError as error:
            if error.errno in MISSING:  # gone, a link, a directory
                raise _not_found(name) from error
            if error.errno in FORBIDDEN:
                message = f"petcam-web may not do that with {name}; is its folder read-only, or another user's?"
                raise PetcamError(Code.FORBIDDEN, message) from error
            raise


Key = tuple[str, int, str]  # sorts by time, then by the number that tells those of one second apart
File = tuple[str, os.stat_result]  # its name, with .part where it has that


def _list(directory: int) -> tuple[dict[Key, File], set[str]]:
    """All recordings, and the names of those that are pinned."""
    files: dict[Key, File] = {}
    pins: set[str] = set()
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.endswith(PIN):
                pins.add(entry.name.removesuffix(PIN))
                continue
            key = _key(entry.name.removesuffix(GROWING))
            if key is None:
                continue
            with suppress(FileNotFoundError):  # deleted since it was listed
                info = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(info.st_mode) and (key not in files or entry.name == key[2]):
                    files[key] = entry.name, info
    return files, pins


def _key(name: str) -> Key | None:
    matched = NAME.fullmatch(name)
    if matched is None:
        return None
    if int(matched["day"]) > 28:  # there may be no such day; to ask for each takes longer than all the rest
        try:
            datetime.strptime(matched["start"], STAMP)
        except ValueError:
            return None
    return matched["start"], int(matched["number"] or 1), name


def _older(files: dict[Key, File], before: str) -> Iterator[tuple[Key, File]]:
    end = _key(before)
    return ((key, file) for key, file in files.items() if end is None or key < end)


def _row(directory: int, file: File, pins: set[str]) -> Recording:
    stored, info = file
    name = stored.removesuffix(GROWING)
    matched = NAME.fullmatch(name)
    assert matched is not None  # it is listed
    start = datetime.strptime(matched["start"], STAMP).astimezone()
    duration, frames, state = max(0.0, info.st_mtime - start.timestamp()), None, "complete"
    if stored != name:
        state = "recording" if time.time() - info.st_mtime < QUIET else "unfinished"
    else:
        with suppress(OSError), _open_regular(name, directory) as opened:
            table = read_table(opened.fileno())
            if table is not None:  # to the frame; the name knows only seconds, and a copy may have another time
                duration, frames = table.duration, table.frames
    return Recording(name, start, duration, info.st_size, frames, name in pins, state)


def _exists(name: str, directory: int) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _open_either(name: str, directory: int) -> BinaryIO:
    try:
        return _open_regular(name, directory)
    except FileNotFoundError:
        return _open_regular(name + GROWING, directory)


def _open_regular(name: str, directory: int) -> BinaryIO:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO must not hold the thread
    file = open(os.open(name, flags, dir_fd=directory), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    return file


def _not_found(name: str) -> PetcamError:
    return PetcamError(Code.NOT_FOUND, f"there is no recording {name[:60]!r}")
