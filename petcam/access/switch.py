"""What the owner turns off for all: the camera, and its sound. Each has a file in the state directory (docs/state.md,
"The switches").

Who serves the page writes them, the camera's also the command; all services read them (in Go, reader and writer:
``streamer/internal/switches``).
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from petcam.access.place import Place
from petcam.access.state_file import Document, Kind, StateFile, require_keys, strict_json, text_of
from petcam.errors import PetcamError

FILE_VERSION = 1
MAX_FILE_BYTES = 1024
LOOK_SECONDS = 0.25  # how soon is_on() knows of a change
TIME_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
BY_PATTERN = r"[a-z]{1,16}"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SwitchState:
    """Times are UTC as YYYY-MM-DDTHH:MM:SSZ, by the board's clock."""

    on: bool
    since: str | None = None  # None: nobody has turned it yet
    by: str | None = None
    until: str | None = None  # of a camera that is off: when it is to be turned on again; None: somebody has to
    at_ns: int = 0  # CLOCK_MONOTONIC of the boot in which it was turned; what was captured before it is not shown


ON = SwitchState(True)
OFF = SwitchState(False)


class Switch:
    """On until somebody turns it; off where the file is damaged or cannot be read. Safe in any thread.

    ``place`` tells whether the directory is the one that was set up: where it is not, that there is no file says
    nothing of what the owner wants, and it is off.
    """

    def __init__(
        self,
        directory: Path,
        kind: Kind,
        parse: Callable[[bytes], SwitchState],
        clock: Callable[[], float] = time.monotonic,
        place: Place | None = None,
    ) -> None:
        self._file, self._kind, self._parse = StateFile(directory, kind), kind, parse
        self.path = self._file.path
        self._clock = clock
        self._place = place or Place(directory)
        self._said = ""  # what of the place is in the log already
        self._look_again, self._last = 0.0, OFF  # replaced one after the other; the worst is one look too many

    def state(self) -> SwitchState:
        """As the file is now. What is wrong with it is in the log, once."""
        try:
            found = self.read()
        except PetcamError as error:
            self._say(error)
            return OFF
        self._said = ""
        return found

    def fault(self) -> PetcamError | None:
        """Why it is off where nobody has turned it off."""
        try:
            self.read()
        except PetcamError as error:
            return error
        return None

    def is_on(self) -> bool:
        """For who asks often: of at most 0.25 s ago."""
        return self.gate()[0]

    def gate(self) -> tuple[bool, int]:
        """The same, and when it was turned: CLOCK_MONOTONIC, ns, of the boot of then."""
        now = self._clock()
        if now >= self._look_again:
            self._last = self.state()
            self._look_again = now + LOOK_SECONDS
        return self._last.on, self._last.at_ns

    def trouble(self) -> PetcamError | None:
        return self._file.trouble(self._parse)

    def _write(self, document: Document) -> None:
        """Returns once it is durable. Raises ``STATE_NOT_WRITTEN``, ``STATE_NOT_SYNCED``, and ``STATE_DAMAGED`` where
        the directory is not the one that was set up: it is off then."""
        self._require_place()
        self._file.write(json.dumps({"version": FILE_VERSION, **document}).encode())
        self._look_again = 0.0

    def read(self) -> SwitchState:
        """As :meth:`state`. Raises ``STATE_DAMAGED`` where it is off because nobody knows how it was turned."""
        self._require_place()
        found = self._file.read(self._parse)
        if found is None:
            self._require_place()  # its disk may have gone meanwhile
        return found or ON

    def _require_place(self) -> None:
        trouble = self._place.trouble_now()
        if trouble is not None:
            raise trouble

    def _say(self, error: PetcamError) -> None:
        """In the log, once; of a damaged file its reader has said it."""
        said = "" if error.key == self._kind.key else f"{self._kind.effect}: {error.message}"
        if said and said != self._said:
            _log.error("%s", said)
        self._said = said


def row_of(data: bytes, *more: str) -> Document:
    """The fields of such a file. Raises ValueError where anything in it is not as it should be."""
    row = require_keys(strict_json(data), "version", "on", "since", "by", *more)
    if type(row["version"]) is not int or row["version"] != FILE_VERSION:
        raise ValueError(f"is not of version {FILE_VERSION}")
    if type(row["on"]) is not bool:
        raise ValueError("has a bad on")
    text_of(row, "since", TIME_PATTERN)
    text_of(row, "by", BY_PATTERN)
    return row


def now_text() -> str:
    return datetime.now(timezone.utc).strftime(TIME_FORMAT)
