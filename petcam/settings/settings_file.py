"""``settings.json``: read by each service, changed by petcam-web alone."""

import errno
import threading
import time
from collections.abc import Callable
from pathlib import Path

from petcam.access import Kind, Place, StateFile, strict_json, unsealed
from petcam.errors import Code, PetcamError
from petcam.settings.document import as_document, changed, of_document
from petcam.settings.settings import DEFAULTS, Settings

MAX_FILE_BYTES = 64 << 10
LOOK_SECONDS = 1.0  # how soon current() knows of a change
KIND = Kind(
    "settings.json",
    MAX_FILE_BYTES,
    "all settings are as petcam brings them",
    "set them anew on the page, below Settings",
    "trouble.settings",
    mode=0o640,  # petcam-events and the streamer read it as members of the directory's group
)


class SettingsFile:
    """Safe in any thread. Where the file is damaged the settings are ``DEFAULTS``, and the log says so once; where it
    cannot be read for a moment they are as they were."""

    def __init__(
        self, directory: Path, place: Place | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._file, self._place, self._clock = StateFile(directory, KIND), place or Place(directory), clock
        self.path = self._file.path
        self._change_lock = threading.Lock()  # one change after the other; of one process, as only petcam-web writes
        self._look_again, self._last = 0.0, DEFAULTS  # replaced one after the other; the worst is one look too many

    def read(self) -> Settings:
        """As the file is now."""
        try:
            self._last = self._read()
        except PetcamError as error:
            if not _may_pass(error):
                self._last = DEFAULTS
        self._look_again = self._clock() + LOOK_SECONDS
        return self._last

    def current(self) -> Settings:
        """For who asks often: of at most a second ago."""
        return self.read() if self._clock() >= self._look_again else self._last

    def known(self) -> Settings | None:
        """As the file is now; None where it is damaged or cannot be read: for who is not to follow the defaults."""
        try:
            return self._read()
        except PetcamError:
            return None

    def change(self, patch: object) -> Settings:
        """Returns once it is durable; what is damaged is written anew. Raises ``BAD_REQUEST``, which names the key and
        says what is right, ``STATE_NOT_WRITTEN``, ``STATE_NOT_SYNCED``, and ``STATE_DAMAGED`` where the directory is
        not the one that was set up, or what is set cannot be read for the moment."""
        with self._change_lock:
            self._require_place()
            try:
                before = self._read()
            except PetcamError as error:
                if _may_pass(error):
                    raise
                before = DEFAULTS
            try:
                after = changed(before, patch)
            except ValueError as error:
                raise PetcamError(Code.BAD_REQUEST, str(error)) from error
            self._file.write_document(as_document(after))
            self._look_again = 0.0
        return after

    def trouble(self) -> PetcamError | None:
        return self._file.trouble(_parse)

    def _read(self) -> Settings:
        """Raises ``STATE_DAMAGED``."""
        return self._file.read(_parse) or DEFAULTS

    def _require_place(self) -> None:
        trouble = self._place.trouble_now()
        if trouble is not None:
            raise trouble


def _parse(data: bytes) -> Settings:
    """Raises ValueError where anything is not as it should be."""
    found = strict_json(data)
    if isinstance(found, dict) and "version" not in found:
        raise ValueError("has no version")  # no petcam has written it so
    return of_document(unsealed(data))


def _may_pass(error: PetcamError) -> bool:
    """Whether the file itself may be whole: no descriptor was left, the disk did not answer."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno != errno.ELOOP
