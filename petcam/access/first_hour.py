"""The hour in which the first visitor may set the owner's password. Restarts and reboots do not begin it anew.

Counted is the time that the board ran, in ``first_visit.json`` (docs/state.md). What could not be written down before
a power cut is charged to the next boot, so that power cuts cannot hold the hour open either.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from petcam.access.state_file import Document, Kind, StateFile, require_keys, text_of, unsealed, whole_number_of
from petcam.errors import PetcamError
from petcam.system.boot_time import BOOT_ID_PATTERN, boottime_ms

FIRST_HOUR_SECONDS = 3600
MARK_INTERVAL_SECONDS = 300  # written down this often; charged to each further boot
MAX_FILE_BYTES = 1024
MAX_NUMBER = 2**53
KIND = Kind(
    "first_visit.json",
    MAX_FILE_BYTES,
    "no first password can be set by the page",
    "set it with sudo petcam password",
    "trouble.first_visit",
    "sudo petcam password",
)


@dataclass(frozen=True)
class _Mark:
    """``used_s`` seconds of the hour were used up at ``at_ms`` (CLOCK_BOOTTIME) of the boot ``boot``."""

    boot: str
    at_ms: int
    used_s: int


class FirstHour:
    """It is over until :meth:`begin`, and wherever it cannot be written down."""

    def __init__(self, directory: Path, boot: str, clock_ms: Callable[[], int] = boottime_ms) -> None:
        self._file, self._boot, self._clock_ms = StateFile(directory, KIND), boot, clock_ms
        # Both are replaced as a whole, by the one thread that calls begin and then mark.
        self._mark: _Mark | None = None  # as it was written last; None: over
        self.trouble: PetcamError | None = None  # why it is over

    def begin(self) -> None:
        """Begin the hour, or go on with it where one was begun. To be called while no password is set."""
        try:
            found, now = self._file.read(_parse), self._clock_ms()
        except PetcamError as error:
            self.trouble = error
            return
        if found is None:
            found = _Mark(self._boot, now, 0)
        elif found.boot != self._boot or found.at_ms > now:
            found = _Mark(self._boot, now, found.used_s + MARK_INTERVAL_SECONDS)
        self._write(found)

    def is_open(self) -> bool:
        mark = self._mark
        return mark is not None and self._used(mark) < FIRST_HOUR_SECONDS

    def mark(self) -> None:
        """Write down how much of it is used up, where that is due. Where it cannot be written, the hour is over."""
        mark, now = self._mark, self._clock_ms()
        if mark is not None and now - mark.at_ms >= MARK_INTERVAL_SECONDS * 1000:
            self._write(_Mark(self._boot, now, self._used(mark)))

    def _used(self, mark: _Mark) -> int:
        """Seconds, now."""
        return mark.used_s + (self._clock_ms() - mark.at_ms) // 1000

    def _write(self, mark: _Mark) -> None:
        try:
            self._file.write_document(asdict(mark))
        except PetcamError as error:
            self._mark = None
            self.trouble = PetcamError(error.code, error.message, key=KIND.key, command=KIND.command)
        else:
            self._mark = mark if self._used(mark) < FIRST_HOUR_SECONDS else None


def first_hour_trouble(directory: Path) -> PetcamError | None:
    """What is wrong with the file, where there is one."""
    return StateFile(directory, KIND).trouble(_parse)


def _parse(data: bytes) -> _Mark:
    row: Document = require_keys(unsealed(data), "boot", "at_ms", "used_s")
    at_ms, used_s = (whole_number_of(row, name, MAX_NUMBER) for name in ("at_ms", "used_s"))
    return _Mark(text_of(row, "boot", BOOT_ID_PATTERN), at_ms, used_s)
