"""The stream segment: H.264 access units, written and read."""

import zlib
from typing import Any, NamedTuple

import numpy as np

from petcam.errors import Code, PetcamError
from petcam.shm import data_area, layout, rtp
from petcam.shm.data_area import DataWriter
from petcam.shm.keyframe_search import KeyframeSearch
from petcam.shm.layout import STREAM
from petcam.shm.record_reader import RecordReader, copy_slot
from petcam.shm.segment import Segment
from petcam.shm.silence import PACE_COUNT, silent_after_ns
from petcam.shm.writer import require, require_frame


class AccessUnit(NamedTuple):
    """One picture of the stream: a copy, checked and whole."""

    epoch: int  # of the writer; another value means another writer
    record: int  # number within the epoch
    frame_number: int  # the source's own count
    capture_ns: int  # CLOCK_MONOTONIC
    publish_ns: int  # CLOCK_MONOTONIC
    keyframe: bool  # decoding can begin here: SPS, PPS and IDR
    discontinuity: bool  # something is missing between the access unit before and this one
    width: int  # pixels
    height: int
    data: bytes  # Annex-B

    @property
    def rtp_timestamp(self) -> int:
        """90 kHz, mod 2**32: the same for every viewer, and for the detector's result on this picture."""
        return rtp.timestamp(self.capture_ns)


class StreamWriter(DataWriter):
    """The writer of a stream segment.

    Raises :class:`PetcamError` (``CONFLICT``) where another writer lives.
    """

    def __init__(self, name: str, *, writer_name: str = "petcam") -> None:
        super().__init__(name, STREAM, writer_name)

    def publish(
        self,
        data: bytes,
        *,
        capture_ns: int,
        keyframe: bool,
        width: int,
        height: int,
        frame_number: int | None = None,
        discontinuity: bool = False,
    ) -> int:
        """Publish one access unit (Annex-B, whole NAL units); return its record number.

        ``capture_ns`` must rise; ``frame_number`` is the record number where the source has no count of its own.
        Raises :class:`PetcamError`: ``TOO_LARGE``, ``BAD_REQUEST``, ``BAD_SEGMENT`` (the segment was taken away).
        """
        with self._lock:
            self._check_owned()
            n = self._segment.next_record
            frame_number = n if frame_number is None else frame_number
            self._check(len(data), frame_number, capture_ns, width, height)  # W1
            position = self._place(n, data)
            flags = keyframe * layout.FLAG_KEYFRAME | discontinuity * layout.FLAG_DISCONTINUITY
            crc = zlib.crc32(data)
            self._slot[0] = (0, frame_number, capture_ns, 0, position, len(data), flags, width, height, crc, 0, 0)
            self._finish(n)
            self._end, self._capture_ns = position + len(data), capture_ns
            return n

    def _check(self, size: int, frame_number: int, capture_ns: int, width: int, height: int) -> None:
        if size > layout.STREAM_MAX_DATA:
            limit = f"{layout.STREAM_MAX_DATA} bytes fit: lower the encoder's bit rate or resolution"
            raise PetcamError(Code.TOO_LARGE, f"{self.name}: an access unit of {size} bytes; {limit}")
        require(size > 0, f"{self.name}: an access unit of 0 bytes")
        require_frame(frame_number, capture_ns, width, height)
        self._require_rise(capture_ns)


class StreamReader(RecordReader[AccessUnit]):
    """Begins at the newest keyframe and goes on without a gap; where it fell behind it resumes at a keyframe."""

    def __init__(self, name: str) -> None:
        super().__init__(name, STREAM)
        self._search = KeyframeSearch()

    def seconds_without_keyframe(self) -> float:
        return self._search.seconds(self.silent_after_ns())

    def silent_after_ns(self) -> int:
        return silent_after_ns(latest_publish_times(self._segment, PACE_COUNT) if self._segment else ())

    def close(self) -> None:
        self._search.end()
        super().close()

    def _starting_record(self, segment: Segment, least: int) -> int | None:
        found = newest_keyframe(segment, least)
        published = publish_times(segment) if found is None and newest_keyframe(segment, 0) is None else None
        if published is None:
            self._search.end()
        else:
            self._search.pass_over(*published)
        return found

    def _copy_record(self, segment: Segment, n: int) -> AccessUnit | None:
        raw = copy_slot(segment, n)
        if raw is None:
            return None
        (_, frame_number, capture_ns, publish_ns, position, size, flags, width, height, crc, *_) = parse_slot(raw)
        data = data_area.copy(segment, n, position, size, crc)
        if data is None:
            return None
        keyframe, gap = bool(flags & layout.FLAG_KEYFRAME), self._gap or bool(flags & layout.FLAG_DISCONTINUITY)
        stamp = (segment.header.epoch, n, frame_number, capture_ns, publish_ns)
        return AccessUnit(*stamp, keyframe, gap, width, height, data)


def parse_slot(raw: bytes) -> tuple[int, ...]:
    """A slot's fields in their order, every range checked (R3). Raises :class:`PetcamError` (``BAD_SEGMENT``)."""
    fields: tuple[int, ...] = np.frombuffer(raw, layout.STREAM_SLOT, 1)[0].item()
    _, _, _, _, position, size, flags, width, height, _, _, _ = fields
    fault = data_area.fault(STREAM, position, size)
    if fault is not None:
        pass
    elif flags & ~(layout.FLAG_KEYFRAME | layout.FLAG_DISCONTINUITY):
        fault = f"flags {flags:#x} are unknown"
    elif not (width and height):
        fault = f"a picture of {width}x{height} pixels"
    if fault is not None:
        raise PetcamError(Code.BAD_SEGMENT, fault)
    return fields


def newest_keyframe(segment: Segment, least: int) -> int | None:
    """The newest keyframe record, ``least`` or above, that looks whole and whose data is still there; unchecked."""
    numbers, whole = _whole_records(segment, least)  # first: what is overwritten meanwhile is not taken for it
    flags = segment.slots["flags"].copy()
    found = numbers[whole & (flags & np.uint32(layout.FLAG_KEYFRAME) != 0)]
    return int(found.max()) if found.size else None


def publish_times(segment: Segment) -> tuple[int, int] | None:
    """Of the oldest and of the newest record that look whole and whose data are still there; unchecked."""
    _, whole = _whole_records(segment, 0)
    times = segment.slots["publish_ns"].copy()
    return (int(times[whole].min()), int(times[whole].max())) if whole.any() else None


def latest_publish_times(segment: Segment, count: int) -> list[int]:
    """Of the newest ``count`` records, in no order; unchecked."""
    end = segment.next_record
    times = segment.slots["publish_ns"]
    return [int(times[n % segment.shape.slot_count]) for n in range(max(segment.first_record, end - count), end)]


def _whole_records(segment: Segment, least: int) -> tuple[Any, Any]:
    """Each slot's record number, and which of them, ``least`` or above, look whole and have their data still."""
    sequence = segment.slots["sequence"].copy()
    numbers = sequence // np.uint64(2) - np.uint64(1)
    low, high = np.uint64(max(least, segment.first_record)), np.uint64(segment.next_record)
    return numbers, (sequence > 0) & (sequence % np.uint64(2) == 0) & (numbers >= low) & (numbers < high)
