"""Finding a segment, noticing that it was replaced, and waiting: what every reader does, whatever the layout."""

import logging
import time
from abc import ABC, abstractmethod
from typing import Generic, Protocol, TypeVar

from petcam.errors import PetcamError

log = logging.getLogger(__name__)

SEARCH_SECONDS = 0.25  # how often to look for a segment that is not there
TELL_SECONDS = 60.0  # how often a writer's mistakes are logged at most: it may make one with each frame


class Source(Protocol):
    """A mapped segment."""

    @property
    def gone(self) -> bool: ...

    def close(self) -> None: ...


S = TypeVar("S", bound=Source)
T = TypeVar("T")
Self = TypeVar("Self", bound="BaseReader")  # type: ignore[type-arg]


class BaseReader(ABC, Generic[S, T]):
    """Reads records of type T from whatever segment has the name, now and later. One thread at a time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.skipped = 0  # records that were published while this reader followed, and that it did not return
        self.mistake = ""  # why the last of them that was refused was
        self._told = -TELL_SECONDS  # when a mistake was last logged
        self._source: S | None = None
        self._refusal: PetcamError | None = None

    def read(self, timeout: float) -> T | None:
        """The next record; ``None`` where none came within ``timeout`` seconds.

        Raises :class:`PetcamError` (``BAD_SEGMENT``) where waiting would not help: at once when it finds that out, and
        then at the end of each time-out until the segment was put right. It may be called again at any time.
        """
        deadline = time.monotonic() + timeout
        while True:
            record = self._look()
            if record is not None:
                return record
            left = deadline - time.monotonic()
            if left <= 0:
                break
            if self._source is None:
                time.sleep(min(left, SEARCH_SECONDS))
            else:
                self._pause(self._source, left)
        if self._refusal is not None:
            raise self._refusal
        return None

    def close(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _look(self) -> T | None:
        if self._source is None:
            self._attach()
        if self._source is None:
            return None
        record = self._next(self._source)
        if record is None and self._source.gone:
            self.close()
            return self._look()
        return record

    def _refuse(self, text: str) -> None:
        """Tell of a record that its writer got wrong."""
        self.mistake = text
        if time.monotonic() - self._told >= TELL_SECONDS:
            self._told = time.monotonic()
            log.warning("%s: %s; correct its writer (petcam shm check %s)", self.name, text, self.name)

    def _attach(self) -> None:
        known, self._refusal = self._refusal, None
        try:
            self._source = self._open()
        except PetcamError as error:
            self._refusal = error
            if known is None or known.message != error.message:
                raise

    @abstractmethod
    def _open(self) -> S | None:
        """Map the segment and begin anew; ``None``: no data yet. Raises :class:`PetcamError` as ``read`` does."""

    @abstractmethod
    def _next(self, source: S) -> T | None:
        """The next record if it is there, proved; never waits for one."""

    @abstractmethod
    def _pause(self, source: S, left: float) -> None:
        """Sleep until there may be news, ``left`` seconds at most."""
