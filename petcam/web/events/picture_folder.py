"""The folder of the events' pictures, ``pictures`` in the state directory (docs/state.md, Pictures)."""

import errno
import logging
import os
import re
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from petcam.web.events.picture_name import Key, PictureName, parsed

FOLDER = "pictures"
MAX_BYTES = 64 * 2**20  # of all; and no more than a part of what recordings may take, where that is bounded
PART_OF_RECORDINGS = 20
MAX_PICTURES = 5_000
MAX_PICTURE_BYTES = 2**20
# As recordings do (streamer/internal/record/space.go): what is to stay free at least of a disk, and of half of that
# others may take.
DEFAULT_FREE_PART, DEFAULT_FREE_BYTES, LEAST_FREE_BYTES = 10, 2**30, 8 * 2**20
READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
UNFINISHED = re.compile(r"\.visit_[0-9-]+\.jpg\.[0-9a-f]{16}")

_log = logging.getLogger(__name__)


class PictureFolder:
    """For any thread. What is there is known from the first question on, for nobody else writes there."""

    def __init__(self, state: Path, recordings: str, max_recorded: int = 0, min_free: int = 0) -> None:
        """``recordings`` is where those are; ``max_recorded`` and ``min_free`` the bytes that they may take and are to
        leave, as configured."""
        self._state, self._recordings, self._min_free = state, recordings, min_free
        self._max_bytes = min(MAX_BYTES, max_recorded // PART_OF_RECORDINGS) if max_recorded else MAX_BYTES
        self._lock = threading.Lock()  # guards all that follows
        self._kept: dict[Key, tuple[PictureName, int]] | None = None  # with bytes; None: nobody has looked yet
        self._logged = ""

    def find(self, key: Key) -> PictureName | None:
        with self._lock:
            found = self._known().get(key)
            return found[0] if found else None

    def keys(self) -> list[Key]:
        with self._lock:
            return list(self._known())

    def read(self, name: PictureName) -> bytes | None:
        """None where it is gone, or none, and where it cannot be read for now."""
        with self._lock:
            try:
                data = self._read(name)
                if data is not None:
                    return data
                with self._opened() as folder:
                    self._remove(folder, name.key)
            except OSError as error:
                self._log_once(f"{self._state / FOLDER / str(name)} cannot be read: {error.strerror or error}")
            return None

    def _read(self, name: PictureName) -> bytes | None:
        """None where it is gone, or no JPEG as it was written."""
        with suppress(FileNotFoundError), self._opened() as folder:
            with open(os.open(str(name), READ_FLAGS, dir_fd=folder), "rb") as file:
                data = file.read(MAX_PICTURE_BYTES + 1)
            if len(data) <= MAX_PICTURE_BYTES and data.startswith(b"\xff\xd8") and data.endswith(b"\xff\xd9"):
                return data
        return None

    def write(self, name: PictureName, jpeg: bytes) -> bool:
        """In place of the event's picture before; the oldest events' go where they are too many. False where it cannot
        be kept: the log says why, once."""
        with self._lock:
            try:
                self._known()
                with self._opened(make=True) as folder:
                    self._require_room(folder, len(jpeg))
                    self._write(folder, name, jpeg)
            except OSError as error:
                self._log_once(f"{self._state / FOLDER}: no picture of a visit is kept: {error.strerror or error}")
                return False
            self._logged = ""
            return True

    def delete(self, keys: Iterable[Key]) -> None:
        with self._lock, suppress(OSError), self._opened() as folder:
            for key in keys:
                self._remove(folder, key)

    def _known(self) -> dict[Key, tuple[PictureName, int]]:
        """Lists the folder the first time, and removes what was never finished. The lock must be held."""
        if self._kept is None:
            kept: dict[Key, tuple[PictureName, int]] = {}
            try:
                with self._opened() as folder:
                    for stored in os.listdir(folder):
                        self._look(folder, stored, kept)
            except FileNotFoundError:
                pass  # nothing was ever kept
            except OSError:
                return kept  # for now; the next question looks again
            self._kept = kept
        return self._kept

    def _look(self, folder: int, stored: str, kept: dict[Key, tuple[PictureName, int]]) -> None:
        name = parsed(stored)
        with suppress(OSError):
            if UNFINISHED.fullmatch(stored):
                os.unlink(stored, dir_fd=folder)
            if name is None:
                return
            known = kept.get(name.key)  # two of an event: the service was killed before it removed the first
            older, newer = sorted([name, known[0]]) if known else (None, name)
            if older is not None:
                os.unlink(str(older), dir_fd=folder)
            kept[name.key] = newer, os.stat(str(newer), dir_fd=folder, follow_symlinks=False).st_size

    @contextmanager
    def _opened(self, make: bool = False) -> Iterator[int]:
        path = self._state / FOLDER
        if make:
            path.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if make:
                os.fchmod(fd, 0o750)  # whatever the umask: the streamer counts what is there
            yield fd
        finally:
            os.close(fd)

    def _require_room(self, folder: int, size: int) -> None:
        """Raises ``OSError`` where as little is free as ends a recording, were it to go on so."""
        disk = os.fstatvfs(folder)
        least = self._min_free or max(disk.f_blocks * disk.f_frsize // DEFAULT_FREE_PART, DEFAULT_FREE_BYTES)
        if not self._is_beside_recordings(folder):
            least = 0
        if disk.f_blocks and disk.f_bavail * disk.f_frsize - size < max(least, LEAST_FREE_BYTES) // 2:
            raise OSError(errno.ENOSPC, "less is free than half of recording.min_free_bytes")

    def _is_beside_recordings(self, folder: int) -> bool:
        """On the same disk."""
        try:
            return os.fstat(folder).st_dev == os.stat(self._recordings).st_dev
        except OSError:
            return False

    def _write(self, folder: int, name: PictureName, jpeg: bytes) -> None:
        temporary = f".{name}.{secrets.token_hex(8)}"
        try:
            with open(os.open(temporary, WRITE_FLAGS, 0o640, dir_fd=folder), "wb") as file:
                file.write(jpeg)
                file.flush()
                os.fchmod(file.fileno(), 0o640)
                os.fsync(file.fileno())  # else a power cut may leave the name with nothing behind it
            os.rename(temporary, str(name), src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
            raise
        before = self._known().get(name.key)
        if before is not None and before[0] != name:
            self._remove(folder, name.key)
        self._known()[name.key] = name, len(jpeg)
        self._keep_bounds(folder, name.key)

    def _keep_bounds(self, folder: int, newest: Key) -> None:
        """Ids rise, whatever the clock says."""
        kept = self._known()
        total = sum(size for _, size in kept.values())
        for key in sorted(kept, key=lambda each: each[2]):
            if total <= self._max_bytes and len(kept) <= MAX_PICTURES:
                return
            if key != newest:
                total -= kept[key][1]
                self._remove(folder, key)

    def _remove(self, folder: int, key: Key) -> None:
        """The lock must be held. Raises ``OSError`` where it stays."""
        found = self._known().get(key)
        if found is not None:
            with suppress(FileNotFoundError):
                os.unlink(str(found[0]), dir_fd=folder)
            del self._known()[key]

    def _log_once(self, message: str) -> None:
        if message != self._logged:
            self._logged = message
            _log.warning("%s", message)
