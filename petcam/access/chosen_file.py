"""A file with what a family has chosen: petcam-web alone changes it, and other services read it."""

import errno
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from petcam.access.place import Place
from petcam.access.state_file import Document, Kind, StateFile, strict_json
from petcam.errors import Code, PetcamError

LOOK_SECONDS = 1.0  # how soon current() knows of a change

T = TypeVar("T")


class ChosenFile(Generic[T]):
    """Safe in any thread. Where the file is damaged it has ``default``, and the log says so once; where it cannot be
    read for a moment it is as it was."""

    def __init__(
        self,
        directory: Path,
        kind: Kind,
        parse: Callable[[bytes], T],
        default: T,
        place: Place | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``place``: whether the directory is the one that was set up. ``parse`` raises ValueError where anything is
        not as it should be."""
        self._file, self._place, self._clock = StateFile(directory, kind), place or Place(directory), clock
        self._parse, self._default = parse, default
        self.path = self._file.path
        self._change_lock = threading.Lock()  # one change after the other; of one process, as only petcam-web writes
        self._look_again, self._last = 0.0, default  # replaced one after the other; the worst is one look too many

    def read(self) -> T:
        """As the file is now."""
        try:
            self._last = self._read()
        except PetcamError as error:
            if not _may_pass(error):
                self._last = self._default
        self._look_again = self._clock() + LOOK_SECONDS
        return self._last

    def current(self) -> T:
        """For who asks often: of at most a second ago."""
        return self.read() if self._clock() >= self._look_again else self._last

    def known(self) -> T | None:
        """As the file is now; None where it is damaged or cannot be read: for who is not to follow the default."""
        try:
            return self._read()
        except PetcamError:
            return None

    def trouble(self) -> PetcamError | None:
        return self._file.trouble(self._checked)

    def _change(self, amend: Callable[[T], T], as_document: Callable[[T], Document]) -> tuple[T, T]:
        """What it was before, and is after. Returns once it is durable; what is damaged is written anew.

        ``amend`` raises ValueError, which says the key and what is right. Raises ``BAD_REQUEST`` for that,
        ``STATE_NOT_WRITTEN``, ``STATE_NOT_SYNCED``, and ``STATE_DAMAGED`` where the directory is not the one that was
        set up, or what is there cannot be read for the moment."""
        with self._change_lock:
            trouble = self._place.trouble_now()
            if trouble is not None:
                raise trouble
            before = self._before()
            try:
                after = amend(before)
            except ValueError as error:
                raise PetcamError(Code.BAD_REQUEST, str(error)) from error
            self._file.write_document(as_document(after))
            self._look_again = 0.0
        return before, after

    def _before(self) -> T:
        try:
            return self._read()
        except PetcamError as error:
            if _may_pass(error):
                raise
            return self._default

    def _read(self) -> T:
        """Raises ``STATE_DAMAGED``."""
        found = self._file.read(self._checked)
        return self._default if found is None else found

    def _checked(self, data: bytes) -> T:
        """Raises ValueError."""
        found = strict_json(data)
        if isinstance(found, dict) and "version" not in found:
            raise ValueError("has no version")  # no petcam has written it so
        return self._parse(data)


def _may_pass(error: PetcamError) -> bool:
    """Whether the file itself may be whole: no descriptor was left, the disk did not answer."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno != errno.ELOOP
