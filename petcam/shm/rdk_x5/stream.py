"""Readers for the older layouts that the daemons on an RDK X5 board write (``camera.layout: rdk-x5``).

Their writers use no sequence lock and no checksum. All that a reader can do is to look twice, to see whether the
write count passed it by meanwhile, and to refuse what does not make sense. Waiting on the writers' semaphores would
steal the posts from the daemons' own readers, so these readers poll.
"""

import time
from typing import NamedTuple

import numpy as np

from petcam.errors import Code, PetcamError
from petcam.shm import mapping, nal
from petcam.shm.base_reader import BaseReader
from petcam.shm.detections import Box, Detections, box_fault
from petcam.shm.mapping import Copies
from petcam.shm.stream import AccessUnit

STREAM_POLL_SECONDS = 0.01
DETECTIONS_POLL_SECONDS = 0.02
SETTLE_SECONDS = 0.002  # between two looks at the newest record; a daemon copies a picture in less

SLOTS = 30
MAX_DATA = 3_110_400
FORMAT_H264 = 3
FRAME = np.dtype(
    [
        ("frame_number", "<u8"),
        ("tv_sec", "<i8"),
        ("tv_nsec", "<i8"),
        ("camera_id", "<i4"),
        ("width", "<i4"),
        ("height", "<i4"),
        ("format", "<i4"),
        ("data_size", "<u8"),
        ("data", "u1", MAX_DATA),
    ]
)
STREAM = np.dtype(
    [("write_index", "<u4"), ("frame_interval_ms", "<u4"), ("new_frame_sem", "V32"), ("frames", FRAME, SLOTS)]
)

PICTURE = (640, 480)  # pixels of what the detectors look at; the layout does not say
MAX_DETECTIONS = 10
DETECTION = np.dtype(
    [("class_name", "S32"), ("confidence", "<f4"), ("x", "<i4"), ("y", "<i4"), ("w", "<i4"), ("h", "<i4")]
)
_RESULT = [("num_detections", "<i4"), ("detections", DETECTION, MAX_DETECTIONS), ("version", "<u4"), ("sem", "V32")]
DETECTIONS_1 = np.dtype([("frame_number", "<u8"), ("tv_sec", "<i8"), ("tv_nsec", "<i8"), *_RESULT])
DETECTIONS_2 = np.dtype([("frame_number", "<u8"), ("timestamp", "<f8"), *_RESULT])
GENERATIONS = {dtype.itemsize: dtype for dtype in (DETECTIONS_1, DETECTIONS_2)}

_COUNT = {size: dtype.fields["version"][1] for size, dtype in GENERATIONS.items()}  # type: ignore[index]
_COUNT[STREAM.itemsize] = 0  # write_index
_META = FRAME.fields["data"][1]  # type: ignore[index]  # bytes of a frame before its data
_FRAMES = STREAM.fields["frames"][1]  # type: ignore[index]


class Picture(NamedTuple):
    """A frame of the ring that makes sense."""

    frame_number: int
    capture_ns: int
    width: int
    height: int
    data: bytes


class RdkStreamReader(BaseReader[Copies, AccessUnit]):
    """Reads the H.264 ring. Record n is the write that made write_index n+1; it lies in slot n mod 30.

    Older daemons raise write_index before they copy, newer ones after. So the newest record may still be on its way,
    and it is believed only when two looks agree; the oldest slot may be the one that is being overwritten.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._epoch = 0  # when this reader met the segment, or saw its count start again
        self._met = 0  # records that were there already then
        self._written = 0  # writes so far: write_index, carried past 2**32
        self._record = 0  # number of the next record to return
        self._seeking = True  # ... or to begin looking for a keyframe at
        self._gap = False
        self._capture_ns = -1  # of the last record

    def _open(self) -> Copies | None:
        ring = _open_sized(self.name, (STREAM.itemsize,), "the H.264 ring")
        if ring is not None:
            self._begin(ring)
        return ring

    def _next_record(self, ring: Copies) -> AccessUnit | None:
        self._count(ring)
        if self._written - self._record >= SLOTS - 1:  # the writer is about to lap this reader
            self._skip_to(self._beginning(ring, self._record))
        while self._record < self._written:
            n = self._record
            try:
                picture, fault = self._take(ring, n), ""
            except PetcamError as error:
                picture, fault = None, error.message
            if picture is not None and not (self._seeking and not nal.is_keyframe(picture.data)):
                return self._hand_out(n, picture)
            if picture is None and (count_of(ring) - n) % 2**32 == 1:
                return None  # the newest: still on its way, perhaps
            if fault:
                self._report_fault(f"record refused: {fault}")
            self._pass_over(lost=picture is None)
        return None

    def _pass_over(self, lost: bool) -> None:
        if lost or self._gap:
            self._skip_to(self._record + 1)
        else:
            self._record += 1  # whoever has only begun to look for a keyframe missed nothing

    def _wait(self, ring: Copies, left: float) -> None:
        time.sleep(min(left, STREAM_POLL_SECONDS))

    def _begin(self, ring: Copies) -> None:
        self._epoch, self._met = time.monotonic_ns(), count_of(ring)
        self._written = self._met
        self._seeking, self._gap, self._capture_ns = True, self._capture_ns >= 0, -1
        self._record = self._beginning(ring, 0)

    def _count(self, ring: Copies) -> None:
        """Carry the writer's 32-bit count on; one that goes back is a writer that began anew."""
        raised = (count_of(ring) - self._written) % 2**32
        if raised < 2**31:
            self._written += raised
        else:
            self._begin(ring)

    def _skip_to(self, n: int) -> None:
        self.skipped += n - self._record
        self._record, self._seeking, self._gap = n, True, True

    def _beginning(self, ring: Copies, least: int) -> int:
        """The newest keyframe, ``least`` or above, that is no longer being written; else the newest record."""
        for n in range(self._written - 2, max(least, self._written - SLOTS + 2) - 1, -1):
            start = _slot_of(n) + _META
            if nal.is_keyframe(ring.read(start, 4096)):  # parameter sets come first
                return n
        return max(least, self._written - 1)

    def _take(self, ring: Copies, n: int) -> Picture | None:
        """Copy record n; ``None`` where it changed meanwhile.

        Raises :class:`PetcamError` (``BAD_SEGMENT``) where it makes no sense.
        """
        picture = copy_frame(ring, n)
        if n == self._written - 1:
            time.sleep(SETTLE_SECONDS)
            if copy_frame(ring, n) != picture:
                return None
        if (count_of(ring) - n) % 2**32 >= SLOTS:
            return None
        if picture.capture_ns <= self._capture_ns:
            raise _fault(f"its time {picture.capture_ns} ns does not rise over {self._capture_ns} ns")
        return picture

    def _hand_out(self, n: int, picture: Picture) -> AccessUnit:
        gap = self._gap
        self._record, self._seeking, self._gap, self._capture_ns = n + 1, False, False, picture.capture_ns
        number, capture_ns, width, height, data = picture
        published = time.monotonic_ns()
        if n < self._met:  # it was there already, nobody knows since when
            published = min(published, capture_ns)
        stamp = (self._epoch, n, number, capture_ns, published)
        return AccessUnit(*stamp, nal.is_keyframe(data), gap, width, height, data)


class RdkDetectionReader(BaseReader[Copies, Detections]):
    """Reads the newest result, of either generation. Silence is not an empty result: a writer may skip those."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._epoch = 0
        self._version = 0  # of the last result that was looked at

    def _open(self) -> Copies | None:
        ring = _open_sized(self.name, tuple(GENERATIONS), "a detection result")
        self._epoch, self._version = time.monotonic_ns(), 0
        return ring

    def _next_record(self, ring: Copies) -> Detections | None:
        version = count_of(ring)
        if version == self._version:
            return None
        raw = ring.read(0, ring.size)
        time.sleep(SETTLE_SECONDS)
        if ring.read(0, ring.size) != raw:
            return None  # it changed while it was copied; the next look counts what that cost
        raised = (version - self._version) % 2**32
        if raised >= 2**31:  # a writer that began anew
            self._epoch = time.monotonic_ns()
        elif self._version:
            self.skipped += raised - 1
        self._version = version
        try:
            return parse_result(raw, self._epoch)
        except PetcamError as error:
            self.skipped += 1
            self._report_fault(f"result refused: {error.message}")
        return None

    def _wait(self, ring: Copies, left: float) -> None:
        time.sleep(min(left, DETECTIONS_POLL_SECONDS))


def count_of(ring: Copies) -> int:
    """How often the segment was written so far, mod 2**32."""
    return int.from_bytes(ring.read(_COUNT[ring.size], 4), "little")


def _slot_of(n: int) -> int:
    """Where record n's slot begins: the daemon's own count has 32 bits."""
    return _FRAMES + n % 2**32 % SLOTS * FRAME.itemsize


def copy_frame(ring: Copies, n: int) -> Picture:
    """What lies in record n's slot now. Raises :class:`PetcamError` (``BAD_SEGMENT``) where it makes no sense."""
    start = _slot_of(n)
    number, capture_ns, width, height, size = parse_frame(ring.read(start, _META))
    data = ring.read(start + _META, size)
    if not nal.is_annexb(data):
        raise _fault("its data does not begin with a NAL start code")
    return Picture(number, capture_ns, width, height, data)


def parse_frame(raw: bytes) -> tuple[int, int, int, int, int]:
    """frame_number, capture_ns, width, height and data_size of a frame's first 48 bytes.

    Raises :class:`PetcamError` (``BAD_SEGMENT``) where they make no sense.
    """
    number, seconds, nanoseconds, _, width, height, form, size = np.frombuffer(raw, _FRAME_META, 1)[0].item()
    if form != FORMAT_H264:
        raise _fault(f"format {form} is not H.264 ({FORMAT_H264}); is camera.stream the right segment?")
    if not 1 <= size <= MAX_DATA:
        raise _fault(f"data_size {size} is not 1..{MAX_DATA}")
    if not (1 <= width <= 8192 and 1 <= height <= 8192):
        raise _fault(f"a picture of {width}x{height} pixels")
    return number, _timespec_ns(seconds, nanoseconds), width, height, size


def parse_result(raw: bytes, epoch: int) -> Detections:
    """A detection result; its length says the generation.

    Raises :class:`PetcamError` (``BAD_SEGMENT``) where it makes no sense.
    """
    result = np.frombuffer(raw, GENERATIONS[len(raw)], 1)[0]
    fields = dict(zip(result.dtype.names or (), result.item(), strict=True))
    if "timestamp" in fields:
        capture_ns = _seconds_ns(fields["timestamp"])
    else:
        capture_ns = _timespec_ns(fields["tv_sec"], fields["tv_nsec"])
    count = fields["num_detections"]
    if not 0 <= count <= MAX_DETECTIONS:
        raise _fault(f"num_detections {count} is not 0..{MAX_DETECTIONS}")
    boxes = tuple(_parse_box(*entry.item()) for entry in result["detections"][:count])
    stamp = (epoch, fields["version"], fields["frame_number"], capture_ns, time.monotonic_ns())
    return Detections(*stamp, *PICTURE, boxes)


_FRAME_META = np.dtype([(name, FRAME[name]) for name in (FRAME.names or ())[:-1]])


def _parse_box(name: bytes, confidence: float, x: int, y: int, w: int, h: int) -> Box:
    try:
        box = Box(name.partition(b"\0")[0].decode("utf-8"), confidence, x, y, w, h)
    except UnicodeDecodeError as error:
        raise _fault(f"class_name {name!r} is not UTF-8") from error
    fault = box_fault(box, *PICTURE)
    if fault is not None:
        raise _fault(f"{box}: {fault}")
    return box


def _timespec_ns(seconds: int, nanoseconds: int) -> int:
    if not (0 <= seconds < 2**33 and 0 <= nanoseconds < 10**9):
        raise _fault(f"the time {seconds} s {nanoseconds} ns is not possible")
    return seconds * 10**9 + nanoseconds


def _seconds_ns(seconds: float) -> int:
    """A second-generation time stamp, which is of the monotonic or of the wall clock, as monotonic nanoseconds."""
    if not 0 <= seconds < 2**33:  # NaN too
        raise _fault(f"the time {seconds} s is not possible")
    monotonic, wall = time.monotonic(), time.time()
    if abs(seconds - wall) < abs(seconds - monotonic):
        seconds = max(0.0, seconds - wall + monotonic)
    return int(seconds * 1e9)


def _open_sized(name: str, sizes: tuple[int, ...], what: str) -> Copies | None:
    found = mapping.open_for_copies(name)
    if found is not None and found.size not in sizes:
        size, wanted = found.size, " or ".join(map(str, sizes))
        found.close()
        raise _fault(f"{name}: has {size} bytes, {what} has {wanted}: correct camera.layout or the segment's name")
    return found


def _fault(text: str) -> PetcamError:
    return PetcamError(Code.BAD_SEGMENT, text)
