"""What every reader does, whatever the layout: find the segment, notice that it was replaced, wait for a record."""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from petcam.errors import PetcamError
from petcam.shm.layout import STALE_NS

log = logging.getLogger(__name__)

SEARCH_INTERVAL_SECONDS = 0.25  # from look to look for a segment that is not there
FAULT_LOG_INTERVAL_SECONDS = 60.0  # between two lines about wrong records: a writer may make one with each frame


class OpenSegment(Protocol):
    """A segment that is mapped, or open as a file."""

    @property
    def gone(self) -> bool:
        """Whether its name stands for another segment by now, or for none."""

    def close(self) -> None: ...


class Captured(Protocol):
    @property
    def capture_ns(self) -> int: ...


# Whether a segment may be read now, and from when on what was captured may be (CLOCK_MONOTONIC, ns).
Gate = Callable[[], tuple[bool, int]]

S = TypeVar("S", bound=OpenSegment)
T = TypeVar("T", bound=Captured)
Self = TypeVar("Self", bound="BaseReader")  # type: ignore[type-arg]


class BaseReader(ABC, Generic[S, T]):
    """Reads records of type T from whatever segment has the name, now and later. For one thread at a time.

    A layout's reader says how to open a segment (``_open``), how to take the next record (``_next_record``) and how to
    wait for one (``_wait``).

    ``gate``, where there is one, is looked at before each record: while it is shut no segment is open.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.gate: Gate | None = None
        self._opened_ns: int | None = None  # when the gate was opened, as it says; None: not looked at yet
        self._since_ns = 0  # what was captured before is not returned
        self.skipped = 0  # records that were published while this reader looked on, and that it did not return
        self.last_fault = ""  # what was wrong with the last record that was refused; empty: none was
        self._fault_logged_at = -FAULT_LOG_INTERVAL_SECONDS
        self._segment: S | None = None
        self._refusal: PetcamError | None = None  # why the segment cannot be read, as raised last

    def read(self, timeout: float) -> T | None:
        """The next record; ``None`` where none came within ``timeout`` seconds.

        Raises :class:`PetcamError` (``BAD_SEGMENT``) where waiting would not help: at once when it finds that out, and
        then at the end of each time-out until the segment was put right. It may be called again at any time.
        """
        deadline = time.monotonic() + timeout
        while True:
            record = self._try_read()
            if record is not None:
                return record
            left = deadline - time.monotonic()
            if left <= 0:
                break
            if self._segment is None:
                time.sleep(min(left, SEARCH_INTERVAL_SECONDS))
            else:
                self._wait(self._segment, left)
        if self._refusal is not None:
            raise self._refusal
        return None

    def seconds_without_keyframe(self) -> float:
        """For how long pictures have come without a keyframe to begin at; 0 where that is not so."""
        return 0.0  # most records stand for themselves

    def silent_after_ns(self) -> int:
        """After how long without a record this stream is silent, as it comes now."""
        return STALE_NS

    def close(self) -> None:
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _try_read(self) -> T | None:
        """The next record if it is there already, and may be read."""
        if not self._passes():
            return None
        if self._segment is None:
            self._attach()
        if self._segment is None:
            return None
        record = self._next_record(self._segment)
        while record is not None and record.capture_ns < self._since_ns:
            self._seek()
            record = self._next_record(self._segment)
        if record is None and self._segment.gone:
            self.close()
            return self._try_read()
        return record

    def _passes(self) -> bool:
        """Whether the gate is open. Since when is settled whenever that is another: who did not look while it was shut
        learns by that that it was. A time of another boot says nothing, and would come to mean something only later."""
        if self.gate is None:
            return True
        is_open, since_ns = self.gate()
        if is_open and since_ns != self._opened_ns:
            self._opened_ns = since_ns
            self._since_ns = since_ns if since_ns <= time.monotonic_ns() else 0
        if not is_open:
            self.close()
        return is_open

    def _seek(self) -> None:
        """Go on at a record at which one can begin: those before it were left out."""

    def _report_fault(self, text: str) -> None:
        """Say that the writer got a record wrong, which was refused therefore."""
        self.last_fault = text
        if time.monotonic() - self._fault_logged_at >= FAULT_LOG_INTERVAL_SECONDS:
            self._fault_logged_at = time.monotonic()
            log.warning("%s: %s; correct its writer (sudo petcam shm check %s)", self.name, text, self.name)

    def _attach(self) -> None:
        known, self._refusal = self._refusal, None
        try:
            self._segment = self._open()
        except PetcamError as error:
            self._refusal = error
            if known is None or known.message != error.message:
                raise

    @abstractmethod
    def _open(self) -> S | None:
        """Open the segment and begin anew; ``None``: no data yet. Raises :class:`PetcamError` as ``read`` does."""

    @abstractmethod
    def _next_record(self, segment: S) -> T | None:
        """The next record if it is there, whole and checked; never waits for one."""

    @abstractmethod
    def _wait(self, segment: S, left: float) -> None:
        """Sleep until there may be another record, ``left`` seconds at most."""
