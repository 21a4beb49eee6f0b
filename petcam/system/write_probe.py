"""What may be done in a folder, by trying it; prints one line of JSON. usage: python3 -I write_probe.py FOLDER PATTERN

It runs as the user of a service and where that runs (``service.py``), so it imports nothing that may not be there.

``errno``, ``at``: why no file can be made in FOLDER, and which path it is about; 0 where one can.
``device``, ``inode``: which folder it is. Missing where it cannot be found.
``unreadable``: names of files that match PATTERN (a regular expression) and cannot be read.
"""

import json
import os
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

PROBE_NAME = ".petcam-probe"
PROBE_BYTES = 256 << 10  # the largest file of the state
FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def probe(folder: str, pattern: str) -> dict[str, Any]:
    found: dict[str, Any] = {"errno": 0, "at": folder, "unreadable": []}
    try:
        found["at"] = _closed_parent(folder) or folder
        info = os.stat(folder)
        found |= {"device": info.st_dev, "inode": info.st_ino}
        write(folder)
        found["unreadable"] = unreadable(folder, pattern)
    except OSError as error:
        found["errno"] = error.errno
    return found


def write(folder: str) -> None:
    """Makes a file, writes to it and syncs it. It has a name for a moment only; were the process killed just then, the
    next one, or a purge, removes it."""
    path = os.path.join(folder, PROBE_NAME)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    try:
        with suppress(FileNotFoundError):
            os.unlink(path)
        with open(os.open(path, FLAGS, 0o600), "wb", buffering=PROBE_BYTES) as file:
            os.unlink(path)
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def unreadable(folder: str, pattern: str) -> list[str]:
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if re.fullmatch(pattern, entry.name) and _is_regular(entry)]
    return sorted(name for name in names if not os.access(os.path.join(folder, name), os.R_OK))


def _is_regular(entry: "os.DirEntry[str]") -> bool:
    with suppress(OSError):
        return entry.is_file(follow_symlinks=False)
    return False


def _closed_parent(folder: str) -> str:
    """The first folder on the way that may not be entered; empty: none."""
    parents = map(str, reversed(Path(folder).parents))
    return next((path for path in parents if os.path.isdir(path) and not os.access(path, os.X_OK)), "")


if __name__ == "__main__":
    print(json.dumps(probe(*sys.argv[1:3])))
