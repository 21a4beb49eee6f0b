"""Opens the files of recordings by a descriptor of their folder: no link is followed, only regular files count."""

import errno
import os
import stat
from typing import BinaryIO

from petcam.web.recordings.names import PART_SUFFIX, start_by_name
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
    try:
        return open_regular(name, folder)
    except FileNotFoundError:
        return open_regular(name + PART_SUFFIX, folder)


def start_of(table: Table | None, start: int, end: float) -> float:
    """Unix time of its beginning: by the file, which has it in UTC; by the name, ``start``, where the file does not say
    or says what cannot be."""
    by_name = start_by_name(start, end)
    is_said = table is not None and abs(table.created - by_name) < MAX_NAME_ERROR_SECONDS
    return float(table.created) if table is not None and is_said else by_name
