"""The data area of the kinds whose records have data of any size: a ring of bytes beside the ring of slots."""

import zlib

from petcam.shm.layout import Shape
from petcam.shm.record_reader import is_still
from petcam.shm.segment import Segment
from petcam.shm.writer import Writer, require


class DataWriter(Writer):
    """A writer that places each record's data in the segment's data area, and whose records' times rise."""

    def __init__(self, name: str, shape: Shape, writer_name: str) -> None:
        super().__init__(name, shape, writer_name)
        self._end = 0  # data_position after the last record's data
        self._capture_ns = -1  # of the last record

    def _require_rise(self, capture_ns: int) -> None:
        """W1 for the time of a record."""
        rises = f"{self.name}: capture_ns {capture_ns} does not rise over {self._capture_ns} of the record before"
        require(capture_ns > self._capture_ns, rises)

    def _place(self, n: int, data: bytes) -> int:
        """W2-W5: copy record n's data, after what it overwrites was given up; return its data_position."""
        position = position_after(self._shape, self._end, len(data))
        self._give_up_oldest(n, position + len(data))
        self._begin(n)
        start = position % self._shape.data_capacity
        self._segment.data[start : start + len(data)] = data  # W5
        return position

    def _give_up_oldest(self, n: int, end: int) -> None:
        """W3: readers learn what is about to be overwritten before it is."""
        count, capacity = self._shape.slot_count, self._shape.data_capacity
        first = self._segment.first_record
        positions = self._segment.slots["data_position"]
        while first < n and (n - first >= count or int(positions[first % count]) + capacity < end):
            first += 1
        self._segment.live["first_record"] = first


def position_after(shape: Shape, end: int, size: int) -> int:
    """W2: data_position of ``size`` bytes after ``end``, so that they do not cross the end of the data area."""
    position = -(-end // shape.data_align) * shape.data_align
    left = shape.data_capacity - position % shape.data_capacity
    return position if size <= left else position + left


def fault(shape: Shape, position: int, size: int) -> str | None:
    """What is wrong with a record's place in the data area (R3); ``None``: nothing."""
    if not 1 <= size <= shape.max_data:
        return f"data_size {size} is not 1..{shape.max_data}"
    if position % shape.data_align or position % shape.data_capacity + size > shape.data_capacity:
        return f"data_position {position} with {size} bytes is not within the data area"
    return None


def copy(segment: Segment, n: int, position: int, size: int, crc: int) -> bytes | None:
    """Record n's data (R4, R5); ``None`` where it is another record's by now."""
    start = position % segment.shape.data_capacity
    data = bytes(segment.data[start : start + size])  # the one copy, and it is the copy that is checked
    return data if zlib.crc32(data) == crc and is_still(segment, n) else None
