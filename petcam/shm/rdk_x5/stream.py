"""The ring of H.264 that the capture daemon writes.

It has no sequence lock and no checksum. All that a reader can do is to look twice, to see whether the write count
passed it by meanwhile, and to refuse what does not make sense.
"""

import time
from collections import deque
from typing import NamedTuple

from petcam.errors import PetcamError
from petcam.shm import nal
from petcam.shm.keyframe_search import KeyframeSearch
from petcam.shm.mapping import SegmentFile
from petcam.shm.rdk_x5.layout import H264, MAX_DATA, SLOTS, STREAM_SIZE
from petcam.shm.rdk_x5.polling_reader import PollingReader
from petcam.shm.rdk_x5.ring import parse_head, read_data, read_head
from petcam.shm.rdk_x5.segment import open_sized, refused, settled, timespec_ns, write_count
from petcam.shm.silence import PACE_COUNT, silent_after_ns
from petcam.shm.stream import AccessUnit

PARAMETER_SETS_BYTES = 4096  # of a frame's beginning: as much as tells whether it is a keyframe


class Frame(NamedTuple):
    """A frame of the ring that makes sense."""

    frame_number: int
    capture_ns: int
    width: int
    height: int
    data: bytes


class RdkStreamReader(PollingReader[AccessUnit]):
    """Reads the H.264 ring. Record n is the write that made write_index n+1; it lies in slot n mod 30.

    Older daemons raise write_index before they copy, newer ones after. So the newest record may still be on its way,
    and it is believed only when two looks agree; the oldest slot may be the one that is being overwritten.
    """

    poll_seconds = 0.01

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._epoch = 0  # when this reader met the segment, or saw its count start again
        self._initial_count = 0  # writes before that: nobody knows when those were
        self._written = 0  # writes so far: write_index, carried past 2**32
        self._record = 0  # number of the next record to look at
        self._seeking = True  # only a keyframe will do
        self._gap = False  # something is missing before the next record
        self._capture_ns = -1  # of the last record
        self._search = KeyframeSearch()
        self._published: deque[int] = deque(maxlen=PACE_COUNT)  # when the latest were, as far as it can be told

    def seconds_without_keyframe(self) -> float:
        return self._search.seconds(self.silent_after_ns())

    def silent_after_ns(self) -> int:
        return silent_after_ns(self._published)

    def _open(self) -> SegmentFile | None:
        ring = open_sized(self.name, (STREAM_SIZE,), "the H.264 ring")
        if ring is not None:
            self._start_over(ring)
        return ring

    def _next_record(self, ring: SegmentFile) -> AccessUnit | None:
        self._update_count(ring)
        if self._written - self._record >= SLOTS - 1:  # the writer is about to lap this reader
            self._skip_to(self._starting_record(ring, self._record))
        while self._record < self._written:
            n = self._record
            try:
                frame, fault = self._copy_record(ring, n), ""
            except PetcamError as error:
                frame, fault = None, error.message
            if frame is not None and not (self._seeking and not nal.is_keyframe(frame.data)):
                return self._access_unit(n, frame)
            if frame is None and (write_count(ring) - n) % 2**32 == 1:
                return None  # the newest: still on its way, perhaps
            if fault:
                self._report_fault(f"record refused: {fault}")
            if frame is not None:
                self._published.append(time.monotonic_ns())
                self._search.pass_over(self._published[-1], self._published[-1])
            self._leave_out(lost=frame is None)
        return None

    def _leave_out(self, lost: bool) -> None:
        """Go past a record that is not returned."""
        if lost or self._gap:
            self._skip_to(self._record + 1)
        else:
            self._record += 1  # whoever has only begun to look for a keyframe missed nothing

    def _start_over(self, ring: SegmentFile) -> None:
        self._epoch, self._initial_count = time.monotonic_ns(), write_count(ring)
        self._written = self._initial_count
        self._seeking, self._gap, self._capture_ns = True, self._capture_ns >= 0, -1
        self._search.end()
        self._record = self._starting_record(ring, 0)

    def _update_count(self, ring: SegmentFile) -> None:
        """Carry the writer's 32-bit count on; one that goes back is a writer that began anew."""
        raised = (write_count(ring) - self._written) % 2**32
        if raised < 2**31:
            self._written += raised
        else:
            self._start_over(ring)

    def _seek(self) -> None:
        self._seeking = self._gap = True

    def _skip_to(self, n: int) -> None:
        self.skipped += n - self._record
        self._record, self._seeking, self._gap = n, True, True

    def _starting_record(self, ring: SegmentFile, least: int) -> int:
        """The newest keyframe, ``least`` or above, that is no longer being written; else the newest record."""
        for n in range(self._written - 2, max(least, self._written - SLOTS + 2) - 1, -1):
            if nal.is_keyframe(read_data(ring, n, PARAMETER_SETS_BYTES)):
                return n
        return max(least, self._written - 1)

    def _copy_record(self, ring: SegmentFile, n: int) -> Frame | None:
        """Copy record n; ``None`` where it changed meanwhile.

        Raises :class:`PetcamError` (``BAD_SEGMENT``) where it makes no sense.
        """
        is_newest = n == self._written - 1
        frame = settled(lambda: copy_frame(ring, n)) if is_newest else copy_frame(ring, n)
        if frame is None or (write_count(ring) - n) % 2**32 >= SLOTS:
            return None
        if frame.capture_ns <= self._capture_ns:
            raise refused(f"its time {frame.capture_ns} ns does not rise over {self._capture_ns} ns")
        return frame

    def _access_unit(self, n: int, frame: Frame) -> AccessUnit:
        gap = self._gap
        self._search.end()
        self._record, self._seeking, self._gap, self._capture_ns = n + 1, False, False, frame.capture_ns
        number, capture_ns, width, height, data = frame
        published = time.monotonic_ns()
        if n < self._initial_count:  # it may have lain there for long
            published = min(published, capture_ns)
        self._published.append(published)
        stamp = (self._epoch, n, number, capture_ns, published)
        return AccessUnit(*stamp, nal.is_keyframe(data), gap, width, height, data)


def frames_in(ring: SegmentFile) -> list[Frame]:
    """The frames of all slots that make sense, in no order; some may be half written."""
    found = []
    for slot in range(SLOTS):
        try:
            found.append(copy_frame(ring, slot))
        except PetcamError:  # not written yet, or not to be believed
            continue
    return found


def copy_frame(ring: SegmentFile, n: int) -> Frame:
    """What lies in record n's slot now. Raises :class:`PetcamError` (``BAD_SEGMENT``) where it makes no sense."""
    number, capture_ns, width, height, size = parse_frame(read_head(ring, n))
    data = read_data(ring, n, size)
    if not nal.is_annexb(data):
        raise refused("its data does not begin with a NAL start code")
    return Frame(number, capture_ns, width, height, data)


def parse_frame(raw: bytes) -> tuple[int, int, int, int, int]:
    """frame_number, capture_ns, width, height and data_size of a frame's first 48 bytes.

    Raises :class:`PetcamError` (``BAD_SEGMENT``) where they make no sense.
    """
    head = parse_head(raw)
    width, height, size = head.width, head.height, head.data_size
    if head.format != H264:
        raise refused(f"format {head.format} is not H.264 ({H264}); is camera.stream the right segment?")
    if not 1 <= size <= MAX_DATA:
        raise refused(f"data_size {size} is not 1..{MAX_DATA}")
    if not (1 <= width <= 8192 and 1 <= height <= 8192):
        raise refused(f"a picture of {width}x{height} pixels")
    return head.frame_number, timespec_ns(head.tv_sec, head.tv_nsec), width, height, size
