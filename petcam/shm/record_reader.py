"""Reading records by the numbered steps R1-R5 of docs/shm-layout.md, one after the other and none torn."""

import zlib
from abc import abstractmethod
from typing import TypeVar

from petcam.errors import PetcamError
from petcam.shm import futex, layout
from petcam.shm.base_reader import BaseReader, Captured
from petcam.shm.layout import Shape
from petcam.shm.segment import Segment, open_segment

T = TypeVar("T", bound=Captured)
MAX_TRIES = 3  # of a record that seems torn, before it is given up
MAX_WAIT_SECONDS = layout.HEARTBEAT_NS / 1e9  # without a look at whether the segment was replaced


class RecordReader(BaseReader[Segment, T]):
    """Reads the records of a segment in order; where it fell behind it goes on at :meth:`_starting_record`."""

    def __init__(self, name: str, shape: Shape) -> None:
        super().__init__(name)
        self._shape = shape
        self._record = 0  # number of the next record to return; while seeking, the least that it may be
        self._seeking = True  # for a record that it may start at
        self._gap = False  # something is missing before the next record
        self._news = 0  # the futex word ``news`` before the last look

    @abstractmethod
    def _starting_record(self, segment: Segment, least: int) -> int | None:
        """Number of the newest record, ``least`` or above, that a reader may start at; ``None``: there is none yet."""

    @abstractmethod
    def _copy_record(self, segment: Segment, n: int) -> T | None:
        """Record n by R1-R5; ``None`` if it is torn. Raises :class:`PetcamError` if its writer broke the rules."""

    def _open(self) -> Segment | None:
        segment = open_segment(self.name, self._shape)
        if segment is not None:
            end = segment.next_record  # before the look: what is published meanwhile is not to be missed
            found = self._starting_record(segment, 0)
            self._seeking = found is None
            self._record = end if found is None else found
        return segment

    def _next_record(self, segment: Segment) -> T | None:
        self._news = segment.news  # before next_record: whatever is published after that changes the word
        while self._has_start(segment) and self._record < segment.next_record:
            record = self._try_copy(segment, self._record)
            self._record += 1
            if record is not None:
                self._gap = False
                return record
            self.skipped += 1
            self._seeking = self._gap = True
        return None

    def _seek(self) -> None:
        self._seeking = self._gap = True

    def _wait(self, segment: Segment, left: float) -> None:
        futex.wait(segment.news_address, self._news, min(left, MAX_WAIT_SECONDS))

    def close(self) -> None:
        if self._segment is not None:
            self._gap = True  # before what comes from the next segment
        super().close()

    def _has_start(self, segment: Segment) -> bool:
        """Whether ``_record`` can be read next; where it cannot, a start is looked for."""
        if self._seeking:
            found = self._starting_record(segment, self._record)
            if found is None:
                return False
            self.skipped += found - self._record
            self._record, self._seeking = found, False
        return True

    def _try_copy(self, segment: Segment, n: int) -> T | None:
        """Record n; ``None`` where it was overwritten, stays torn, or breaks the rules."""
        try:
            for _ in range(MAX_TRIES):
                if n < segment.first_record:
                    break
                record = self._copy_record(segment, n)
                if record is not None:
                    return record
        except PetcamError as error:
            self._report_fault(f"record refused: {error.message}")
        return None


def copy_slot(segment: Segment, n: int) -> bytes | None:
    """Record n's slot, if it is whole (R1, R2); ``None`` if it is torn or another record's by now."""
    raw = segment.slots[n % segment.shape.slot_count].tobytes()
    complete = int.from_bytes(raw[:8], "little") == 2 * n + 2
    sound = complete and zlib.crc32(raw[:-4]) == int.from_bytes(raw[-4:], "little")
    return raw if sound else None


def is_still(segment: Segment, n: int) -> bool:
    """Whether record n's slot still holds it (R5). Python has no fence to put before; the checksums need none."""
    return int(segment.sequences[n % segment.shape.slot_count]) == 2 * n + 2
