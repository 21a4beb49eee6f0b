"""Whether the camera's sound is on: ``sound.json`` in the state directory (docs/state.md, "The switch of sound").

petcam-web writes it for the owner; petcam-feed and petcam-streamer (``streamer/internal/switches``) read it.
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from petcam.access.place import Place
from petcam.access.state_file import Kind, StateFile, require_keys, strict_json, text_of
from petcam.errors import PetcamError

FILE_NAME = "sound.json"
FILE_VERSION = 1
MAX_FILE_BYTES = 1024
LOOK_SECONDS = 0.25  # how soon is_on() knows of a change
SINCE_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
BY_PATTERN = r"[a-z]{1,16}"

_log = logging.getLogger(__name__)

KIND = Kind(
    FILE_NAME,
    MAX_FILE_BYTES,
    "the microphone is off",
    "turn it on anew on the page, or: sudo rm {path}",
    "trouble.sound_switch",
    mode=0o640,  # petcam-feed and the streamer read it as members of the directory's group
)


@dataclass(frozen=True)
class SwitchState:
    on: bool
    since: str | None = None  # UTC as YYYY-MM-DDTHH:MM:SSZ, by the board's clock; None: nobody has turned it yet
    by: str | None = None


ON = SwitchState(True)
OFF = SwitchState(False)


class SoundSwitch:
    """On until somebody turns it; off where the file is damaged or cannot be read. Safe in any thread.

    ``place`` tells whether the directory is the one that was set up: where it is not, that there is no file says
    nothing of what the owner wants, and it is off.
    """

    def __init__(
        self, directory: Path, clock: Callable[[], float] = time.monotonic, place: Place | None = None
    ) -> None:
        self._file = StateFile(directory, KIND)
        self.path = self._file.path
        self._clock = clock
        self._place = place or Place(directory)
        self._said = ""  # what of the place is in the log already
        self._look_again, self._was_on = 0.0, False  # replaced one after the other; the worst is one look too many

    def state(self) -> SwitchState:
        """As the file is now. What is wrong with it is in the log, once."""
        try:
            return self._look()
        except PetcamError:
            return OFF

    def fault(self) -> PetcamError | None:
        """Why it is off where nobody has turned it off."""
        try:
            self._look()
        except PetcamError as error:
            return error
        return None

    def _look(self) -> SwitchState:
        """Raises ``STATE_DAMAGED``."""
        self._require_place()
        found = self._file.read(_parse)
        if found is None:
            self._require_place()  # its disk may have gone meanwhile
        return found or ON

    def _require_place(self) -> None:
        trouble = self._place.trouble_now()
        said = f"{KIND.effect}: {trouble.message}" if trouble else ""
        if said and said != self._said:
            _log.error("%s", said)
        self._said = said
        if trouble is not None:
            raise trouble

    def is_on(self) -> bool:
        """For who asks often: of at most 0.25 s ago."""
        now = self._clock()
        if now >= self._look_again:
            self._was_on = self.state().on
            self._look_again = now + LOOK_SECONDS
        return self._was_on

    def turn(self, on: bool, by: str) -> SwitchState:
        """Returns once it is durable. Raises ``STATE_NOT_WRITTEN``, ``STATE_NOT_SYNCED``, and ``STATE_DAMAGED`` where
        the directory is not the one that was set up: it is off then."""
        self._require_place()
        since = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._file.write(json.dumps({"version": FILE_VERSION, "on": on, "since": since, "by": by}).encode())
        self._look_again = 0.0
        return SwitchState(on, since, by)

    def trouble(self) -> PetcamError | None:
        return self._file.trouble(_parse)


def _parse(data: bytes) -> SwitchState:
    """Raises ValueError where anything in the file is not as it should be."""
    row = require_keys(strict_json(data), "version", "on", "since", "by")
    if type(row["version"]) is not int or row["version"] != FILE_VERSION:
        raise ValueError(f"is not of version {FILE_VERSION}")
    if type(row["on"]) is not bool:
        raise ValueError("has a bad on")
    return SwitchState(row["on"], text_of(row, "since", SINCE_PATTERN), text_of(row, "by", BY_PATTERN))
