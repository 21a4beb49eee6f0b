"""Reading records by the numbered steps R1-R5 of docs/shm-layout.md, one after the other and none torn."""

import zlib
from abc import abstractmethod
from typing import TypeVar

from petcam.errors import PetcamError
from petcam.shm import futex, layout
from petcam.shm.base_reader import BaseReader
from petcam.shm.layout import Shape
from petcam.shm.segment import Segment, open_segment

T = TypeVar("T")
TRIES = 3  # of a record that seems torn, before it is given up
_WAIT_SECONDS = layout.HEARTBEAT_NS / 1e9


class RecordReader(BaseReader[Segment, T]):
    """Follows the records of a segment in order; where it fell behind it goes on at :meth:`_newest`."""

    def __init__(self, name: str, shape: Shape) -> None:
        super().__init__(name)
        self._shape = shape
        self._record = 0  # number of the next record to return
        self._seeking = True  # ... or the least number of one that it may resume at
        self._gap = False  # something is missing before the next record
        self._news = 0  # the futex word before the last look

    @abstractmethod
    def _newest(self, segment: Segment, least: int) -> int | None:
        """Number of the newest record, ``least`` or above, that a reader may begin at."""

    @abstractmethod
    def _prove(self, segment: Segment, n: int) -> T | None:
        """Record n by R1-R5; ``None`` if it is torn. Raises :class:`PetcamError` if its writer broke the rules."""

    def _open(self) -> Segment | None:
        segment = open_segment(self.name, self._shape)
        if segment is not None:
            begin = segment.next_record  # before the look: what is published meanwhile is not to be missed
            newest = self._newest(segment, 0)
            self._seeking = newest is None
            self._record = begin if newest is None else newest
        return segment

    def _next(self, segment: Segment) -> T | None:
        self._news = segment.news  # before next_record: whatever comes after that has changed the word
        while self._resume(segment) and self._record < segment.next_record:
            record = self._take(segment, self._record)
            self._record += 1
            if record is not None:
                self._gap = False
                return record
            self.skipped += 1
            self._seeking = self._gap = True
        return None

    def _pause(self, segment: Segment, left: float) -> None:
        futex.wait(segment.news_address, self._news, min(left, _WAIT_SECONDS))

    def close(self) -> None:
        if self._source is not None:
            self._gap = True  # before what comes from the next segment
        super().close()

    def _resume(self, segment: Segment) -> bool:
        if self._seeking:
            newest = self._newest(segment, self._record)
            if newest is None:
                return False
            self.skipped += newest - self._record
            self._record, self._seeking = newest, False
        return True

    def _take(self, segment: Segment, n: int) -> T | None:
        try:
            for _ in range(TRIES):
                if n < segment.first_record:
                    break
                record = self._prove(segment, n)
                if record is not None:
                    return record
        except PetcamError as error:
            self._refuse(f"record refused: {error.message}")
        return None


def copy_slot(segment: Segment, n: int) -> bytes | None:
    """Record n's slot, proved whole (R1, R2); ``None`` if it is torn or another record's by now."""
    raw = segment.slots[n % segment.shape.slot_count].tobytes()
    whole = int.from_bytes(raw[:8], "little") == 2 * n + 2
    proved = whole and zlib.crc32(raw[:-4]) == int.from_bytes(raw[-4:], "little")
    return raw if proved else None


def is_still(segment: Segment, n: int) -> bool:
    """Whether record n's slot still holds it (R5). Python has no fence to put before; the checksums need none."""
    return int(segment.sequences[n % segment.shape.slot_count]) == 2 * n + 2
