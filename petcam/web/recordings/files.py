"""Opens the files of recordings by a descriptor of their folder: no link is followed, only regular files count."""

import errno
import os
import stat
from contextlib import suppress
from typing import BinaryIO

from petcam.web.recordings.names import PART_SUFFIX, start_by_name, twin
from petcam.web.recordings.table import Table

MAX_NAME_ERROR_SECONDS = 26 * 3600  # by which a name's time may differ from the file's: another time zone


def open_regular(stored: str, folder: int) -> BinaryIO:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # so that a FIFO does not block the thread
    file = open(os.open(stored, flags, dir_fd=folder), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), stored)
    return file


def open_finished_or_growing(name: str, folder: int) -> BinaryIO:
    """Also by the name of its twin, under which it may have been known. Raises ``FileNotFoundError``."""
    names = [each for each in (name, twin(name)) if each]
    stored = [each + suffix for each in names for suffix in ("", PART_SUFFIX)]
    for each in [*stored, *stored[:-1]]:  # again, for it may be renamed while one looks
        with suppress(FileNotFoundError):
            return open_regular(each, folder)
    return open_regular(stored[-1], folder)


def name_now(name: str, folder: int) -> str:
    """Of a recording that is known by this name or by that of its twin; the name itself where there is neither."""
    is_twins = not _is_there(name, folder) and _is_there(twin(name), folder)
    return twin(name) if is_twins else name


def _is_there(name: str, folder: int) -> bool:
    return bool(name) and (exists(name, folder) or exists(name + PART_SUFFIX, folder))


def exists(stored: str, folder: int) -> bool:
    try:
        os.stat(stored, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def start_of(table: Table | None, start: int, end: float) -> float:
    """Unix time of its beginning: by the file, which has it in UTC; by the name, ``start``, where the file does not say
    or says what cannot be."""
    by_name = start_by_name(start, end)
    is_said = table is not None and abs(table.created - by_name) < MAX_NAME_ERROR_SECONDS
    return float(table.created) if table is not None and is_said else by_name
