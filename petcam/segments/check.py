"""Watches a writer for some seconds and says in plain words which rules of docs/shm-layout.md it breaks."""

import errno
import os
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from petcam.errors import PetcamError
from petcam.shm import audio, data_area, detections, futex, layout, mapping, nal, opus, stream
from petcam.shm.layout import AUDIO, DETECTIONS, STREAM, Shape
from petcam.shm.segment import Segment, open_segment

MAX_HEARTBEAT_INTERVAL_NS = layout.HEARTBEAT_NS + 100_000_000  # a busy machine may add 100 ms
MAX_WAIT_NS = 20_000_000  # for a publication; then the header is read again
MAX_WAKE_DELAY_NS = 5_000_000  # from publish_ns to FUTEX_WAKE
MAX_CLOCK_OFFSET_NS = 60_000_000_000  # a time further from now than this was taken from another clock


@dataclass
class Report:
    """The number of records that were checked and, for each broken rule, its first case and the number of cases."""

    records: int = 0
    broken: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add_violation(self, rule: str, case: str = "") -> None:
        first, count = self.broken.get(rule, (case, 0))
        self.broken[rule] = (first, count + 1)


def watch(name: str, shape: Shape, seconds: float) -> Report:
    """Check the segment's file, then every record that its writer publishes within ``seconds``.

    Raises :class:`PetcamError` (``BAD_SEGMENT``) where a reader would refuse the segment altogether.
    """
    report = Report()
    segment = open_segment(name, shape)
    if segment is None:
        report.add_violation("there is no segment of that name with data: start its writer")
        return report
    try:
        _check_file(segment, report)
        Watcher(segment, report).run(seconds)
    finally:
        segment.close()
    return report


def _check_file(segment: Segment, report: Report) -> None:
    mode = os.stat(mapping.path(segment.name)).st_mode & 0o7777
    if mode != 0o640:
        report.add_violation("the segment's mode must be 0640: nobody else may see or hear it (C4)", f"{mode:04o}")
    for reserved in ("reserved0", "reserved1", "reserved2", "reserved3"):
        if np.any(segment.live[reserved]):
            report.add_violation("reserved bytes of the header must be 0", reserved)


class Watcher:
    """Reads record by record as a reader does, and reports also what a reader would tolerate."""

    def __init__(self, segment: Segment, report: Report) -> None:
        self._segment = segment
        self._report = report
        self._fixed = segment.live.tobytes()[: layout.FIXED_SIZE]
        self._next = segment.next_record
        self._news = segment.news
        self._beat_ns, self._beat_seen_ns = segment.heartbeat_ns, time.monotonic_ns()
        self._before: np.void | None = None  # the slot of the record before
        self._checks = {STREAM: self._check_unit, DETECTIONS: self._check_result, AUDIO: self._check_packet}
        self._wakeups = self._missed_wakeups = 0  # waits that a publication ended, and that one should have ended

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        first = self._next
        while time.monotonic() < end and not self._segment.gone:
            self._wait()
            self._check_live()
            self._check_records()
        if self._segment.gone:
            self._report.add_violation("the segment was replaced or removed while it was watched: check again")
        elif self._segment.next_record == first:
            self._report.add_violation(f"no record was published in {seconds:g} s: is its source running?")
        self._check_wakeups()

    def _wait(self) -> None:
        """For a publication. One that came before the wait began (``EAGAIN``) had nobody to wake."""
        segment, until_ns = self._segment, time.monotonic_ns() + MAX_WAIT_NS
        news, awaited = segment.news, segment.next_record
        ended = futex.wait(segment.news_address, news, MAX_WAIT_NS / 1e9)
        self._wakeups += ended == 0
        if ended == errno.ETIMEDOUT and segment.news != news and segment.next_record > awaited:
            published_ns = int(segment.slots[awaited % segment.shape.slot_count]["publish_ns"])
            self._missed_wakeups += published_ns < until_ns - MAX_WAKE_DELAY_NS

    def _check_live(self) -> None:
        segment, now = self._segment, time.monotonic_ns()
        if segment.live.tobytes()[: layout.FIXED_SIZE] != self._fixed:
            self._report.add_violation("bytes 0..127 of the header must never change")
            self._fixed = segment.live.tobytes()[: layout.FIXED_SIZE]
        beat = segment.heartbeat_ns
        if beat != self._beat_ns:
            self._beat_ns, self._beat_seen_ns = beat, now
        elif now - self._beat_seen_ns > MAX_HEARTBEAT_INTERVAL_NS:
            self._report.add_violation("heartbeat_ns must be raised at least every 250 ms")
            self._beat_seen_ns = now
        if abs(now - beat) > MAX_CLOCK_OFFSET_NS:
            self._report.add_violation("heartbeat_ns must be CLOCK_MONOTONIC in nanoseconds", f"{beat}")
        end, first = segment.next_record, segment.first_record
        if first > end or segment.next_record - first > segment.shape.slot_count + 1:
            self._report.add_violation(
                "first_record must be within slot_count of next_record (W3)", f"{first} and {end}"
            )

    def _check_wakeups(self) -> None:
        raised = (self._segment.news - self._news) % 2**32
        if abs(raised - self._report.records) > 1:
            case = f"raised by {raised} for {self._report.records} records"
            self._report.add_violation("news must be raised by 1 after each publication (W9)", case)
        if self._missed_wakeups > self._wakeups:
            self._report.add_violation("FUTEX_WAKE must follow each publication: sleeping readers were not woken (W9)")

    def _check_records(self) -> None:
        end = self._segment.next_record
        if end < self._next:
            self._report.add_violation("next_record must only rise", f"from {self._next} to {end}")
            self._next = end
        for n in range(self._next, end):
            self._report.records += 1
            self._check_record(n)
        self._next = end

    def _check_record(self, n: int) -> None:
        slot = self._segment.slots[n % self._segment.shape.slot_count].copy()
        raw, case = slot.tobytes(), f"record {n}"
        sequence = int(slot["sequence"])
        if sequence > 2 * n + 2:  # overrun: this process was too slow, which is not the writer's fault
            self._before = None
        elif sequence != 2 * n + 2:
            self._report.add_violation("sequence must be 2n+2 before next_record counts record n (W7, W8)", case)
        elif zlib.crc32(raw[:-4]) != slot["slot_crc"]:
            self._report.add_violation("slot_crc must be the CRC-32 of the slot before it (W6)", case)
        else:
            self._check_times(slot, case)
            self._checks[self._segment.shape](slot, raw, n)
            self._before = slot

    def _check_times(self, slot: np.void, case: str) -> None:
        now, capture, publish = time.monotonic_ns(), int(slot["capture_ns"]), int(slot["publish_ns"])
        if abs(now - capture) > MAX_CLOCK_OFFSET_NS:
            self._report.add_violation("capture_ns must be CLOCK_MONOTONIC in nanoseconds", f"{case}: {capture}")
        elif capture > publish:
            self._report.add_violation("capture_ns must not lie after publish_ns", case)
        if abs(now - publish) > MAX_CLOCK_OFFSET_NS:
            self._report.add_violation("publish_ns must be CLOCK_MONOTONIC in nanoseconds", f"{case}: {publish}")
        if self._before is not None and self._segment.shape is not DETECTIONS and capture <= self._before["capture_ns"]:
            self._report.add_violation("capture_ns must rise from record to record", case)

    def _check_unit(self, slot: np.void, raw: bytes, n: int) -> None:
        data = self._check_slot(slot, raw, n, stream.parse_slot)
        if data is not None:
            self._check_bitstream(data, bool(slot["flags"] & layout.FLAG_KEYFRAME), f"record {n}")

    def _check_packet(self, slot: np.void, raw: bytes, n: int) -> None:
        data = self._check_slot(slot, raw, n, audio.parse_slot)
        fault = None if data is None else opus.fault(data)
        if fault is not None:
            self._report.add_violation("data must be one Opus packet of 20 ms (W1)", f"record {n}: {fault}")

    def _check_slot(self, slot: np.void, raw: bytes, n: int, parse: Callable[[bytes], tuple[int, ...]]) -> bytes | None:
        """The record's data, where the slot is right and they can be had."""
        case = f"record {n}"
        try:
            parse(raw)
        except PetcamError as error:
            self._report.add_violation(
                "a slot's fields must be within their ranges (W1, W6)", f"{case}: {error.message}"
            )
            return None
        data = self._check_data(slot, n)
        if data is not None and slot["reserved"]:
            self._report.add_violation("reserved bytes of a slot must be 0", case)
        return data

    def _check_data(self, slot: np.void, n: int) -> bytes | None:
        """Record n's data, whose place was found to lie within the data area; ``None`` where it was overwritten."""
        case, shape = f"record {n}", self._segment.shape
        position, size = int(slot["data_position"]), int(slot["data_size"])
        start = position % shape.data_capacity
        data = bytes(self._segment.data[start : start + size])
        if n < self._segment.first_record:
            return None  # overrun
        if zlib.crc32(data) != slot["data_crc"]:
            self._report.add_violation("data_crc must be the CRC-32 of the data (W5, W6)", case)
        self._check_position(position, size, case)
        return data

    def _check_position(self, position: int, size: int, case: str) -> None:
        if self._before is None:
            return
        end = int(self._before["data_position"]) + int(self._before["data_size"])
        expected = data_area.position_after(self._segment.shape, end, size)
        if position != expected:
            align = self._segment.shape.data_align
            rule = f"data_position must follow the record before, at a multiple of {align} (W2)"
            self._report.add_violation(rule, f"{case}: {position}, not {expected}")

    def _check_bitstream(self, data: bytes, flagged: bool, case: str) -> None:
        if not nal.is_annexb(data):
            self._report.add_violation("data must be Annex-B: it begins with a start code", case)
            return
        if flagged and not nal.is_keyframe(data):
            self._report.add_violation("a keyframe must carry SPS and PPS before its IDR slices", case)
        if nal.has_idr(data) and not flagged:
            self._report.add_violation("an IDR picture must have the keyframe flag", case)

    def _check_result(self, slot: np.void, raw: bytes, n: int) -> None:
        case = f"record {n}"
        try:
            detections.parse_slot(raw, 0)
        except PetcamError as error:
            self._report.add_violation("count and boxes must keep their ranges (W1)", f"{case}: {error.message}")
            return
        if np.any(slot["boxes"][int(slot["count"]) :].view(np.uint8)) or np.any(slot["reserved"]):
            self._report.add_violation("boxes from count on and reserved bytes of a slot must be 0", case)
