"""The recordings on disk, as docs/recordings.md lays them down.

Names are checked by a pattern and opened under a descriptor of the directory; a link placed in it is never followed,
and only regular files count. A recording that still grows has ``.part`` behind its name; its pin has ``.pin``.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from petcam.errors import Code, PetcamError

NAME = re.compile(r"petcam_(?P<start>\d{8}-\d{6})(_[A-Za-z0-9._-]{1,64})?(-\d{1,9})?\.mp4", re.ASCII)
GROWING = ".part"
PIN = ".pin"


@dataclass(frozen=True)
class Recording:
    name: str
    start: datetime  # local time
    size: int  # bytes
    growing: bool


class RecordingDirectory:
    def __init__(self, path: str) -> None:
        self._path = path

    def all(self) -> list[Recording]:
        """In no order; empty while there is no directory."""
        try:
            with self._rooted() as fd, os.scandir(fd) as entries:
                return [recording for entry in entries if (recording := _recording(entry)) is not None]
        except FileNotFoundError:
            return []

    def open(self, name: str) -> BinaryIO:
        """Also one that still grows, as far as it has come."""
        with self._named(name) as fd:
            try:
                return _open_regular(name, fd)
            except FileNotFoundError:
                return _open_regular(name + GROWING, fd)

    def delete(self, name: str) -> None:
        """With its pin. One that still grows is the streamer's."""
        with self._named(name) as fd:
            try:
                os.unlink(name, dir_fd=fd)
            except FileNotFoundError:
                os.stat(name + GROWING, dir_fd=fd, follow_symlinks=False)
                raise PetcamError(Code.CONFLICT, f"{name} is being recorded; stop it first") from None
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
        except PermissionError as error:
            raise PetcamError(Code.FORBIDDEN, f"petcam-web may not do that with {name}") from error
        except OSError as error:  # gone, a link, a directory
            raise _not_found(name) from error


def _open_regular(name: str, directory: int) -> BinaryIO:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO must not hold the thread
    file = open(os.open(name, flags, dir_fd=directory), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise FileNotFoundError(name)
    return file


def _recording(entry: "os.DirEntry[str]") -> Recording | None:
    name = entry.name.removesuffix(GROWING)
    matched = NAME.fullmatch(name)
    try:
        info = entry.stat(follow_symlinks=False)
        start = datetime.strptime(matched["start"], "%Y%m%d-%H%M%S").astimezone() if matched else None
    except (FileNotFoundError, ValueError):  # deleted since it was listed; no such day
        return None
    if start is None or not stat.S_ISREG(info.st_mode):
        return None
    return Recording(name, start, info.st_size, growing=entry.name != name)


def _not_found(name: str) -> PetcamError:
    return PetcamError(Code.NOT_FOUND, f"there is no recording {name[:60]!r}")
