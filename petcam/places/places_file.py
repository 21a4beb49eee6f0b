"""``places.json``: read by petcam-web and petcam-events, changed by petcam-web alone."""

import errno
import threading
import time
from collections.abc import Callable
from pathlib import Path

from petcam.access import Kind, Place, StateFile, strict_json
from petcam.errors import Code, PetcamError
from petcam.places.document import as_document, of_document, places_of
from petcam.places.named_place import NamedPlace

MAX_FILE_BYTES = 32 << 10
LOOK_SECONDS = 1.0  # how soon current() knows of a change
NONE: tuple[NamedPlace, ...] = ()
KIND = Kind(
    "places.json",
    MAX_FILE_BYTES,
    "there are no places",
    "draw them anew on the page, below Settings",
    "trouble.places",
    mode=0o640,  # petcam-events reads it as a member of the directory's group
)


class PlacesFile:
    """Safe in any thread. Where the file is damaged there are no places, and the log says so once; where it cannot be
    read for a moment they are as they were."""

    def __init__(
        self, directory: Path, place: Place | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``place``: whether the directory is the one that was set up."""
        self._file, self._place, self._clock = StateFile(directory, KIND), place or Place(directory), clock
        self.path = self._file.path
        self._change_lock = threading.Lock()  # one change after the other; of one process, as only petcam-web writes
        self._look_again, self._last = 0.0, NONE  # replaced one after the other; the worst is one look too many

    def read(self) -> tuple[NamedPlace, ...]:
        """As the file is now."""
        try:
            self._last = self._read()
        except PetcamError as error:
            if not _may_pass(error):
                self._last = NONE
        self._look_again = self._clock() + LOOK_SECONDS
        return self._last

    def current(self) -> tuple[NamedPlace, ...]:
        """For who asks often: of at most a second ago."""
        return self.read() if self._clock() >= self._look_again else self._last

    def replace(self, document: object) -> tuple[tuple[NamedPlace, ...], tuple[NamedPlace, ...]]:
        """All of them, those of ``document`` without an id being new: the places before and after. Returns once they
        are durable; what is damaged is written anew. Raises ``BAD_REQUEST``, which names the key and says what is
        right, ``STATE_NOT_WRITTEN``, ``STATE_NOT_SYNCED``, and ``STATE_DAMAGED`` where the directory is not the one
        that was set up, or what is there cannot be read for the moment."""
        with self._change_lock:
            trouble = self._place.trouble_now()
            if trouble is not None:
                raise trouble
            before = self._before()
            try:
                after = of_document(document, before)
            except ValueError as error:
                raise PetcamError(Code.BAD_REQUEST, str(error)) from error
            self._file.write_document(as_document(after))
            self._look_again = 0.0
        return before, after

    def trouble(self) -> PetcamError | None:
        return self._file.trouble(_parse)

    def _before(self) -> tuple[NamedPlace, ...]:
        try:
            return self._read()
        except PetcamError as error:
            if _may_pass(error):
                raise
            return NONE

    def _read(self) -> tuple[NamedPlace, ...]:
        """Raises ``STATE_DAMAGED``."""
        return self._file.read(_parse) or NONE


def _parse(data: bytes) -> tuple[NamedPlace, ...]:
    """Raises ValueError where anything is not as it should be."""
    found = strict_json(data)
    if isinstance(found, dict) and "version" not in found:
        raise ValueError("has no version")  # no petcam has written it so
    return places_of(data)


def _may_pass(error: PetcamError) -> bool:
    """Whether the file itself may be whole: no descriptor was left, the disk did not answer."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno != errno.ELOOP
