"""The detector's newest result, in either generation of its layout."""

import time

import numpy as np

from petcam.errors import PetcamError
from petcam.shm.detections import Box, Detections, box_fault
from petcam.shm.mapping import SegmentFile
from petcam.shm.rdk_x5.layout import DETECTOR_PICTURE, GENERATIONS, MAX_DETECTIONS
from petcam.shm.rdk_x5.polling_reader import PollingReader
from petcam.shm.rdk_x5.segment import open_sized, refused, settled, timespec_ns, write_count


class RdkDetectionReader(PollingReader[Detections]):
    """Reads the newest result. Silence is not an empty result: a writer may skip those."""

    poll_seconds = 0.02

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._epoch = 0
        self._version = 0  # of the last result that was looked at

    def _open(self) -> SegmentFile | None:
        segment = open_sized(self.name, tuple(GENERATIONS), "a detection result")
        self._epoch, self._version = time.monotonic_ns(), 0
        return segment

    def _next_record(self, segment: SegmentFile) -> Detections | None:
        version = write_count(segment)
        if version == self._version:
            return None
        raw = settled(lambda: segment.read(0, segment.size))
        if raw is None:
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


def result_in(segment: SegmentFile) -> Detections | None:
    """The result as it lies there now; ``None`` where it makes no sense."""
    try:
        return parse_result(segment.read(0, segment.size), 0)
    except PetcamError:
        return None


def parse_result(raw: bytes, epoch: int) -> Detections:
    """A detection result; its length says the generation.

    Raises :class:`PetcamError` (``BAD_SEGMENT``) where it makes no sense.
    """
    result = np.frombuffer(raw, GENERATIONS[len(raw)], 1)[0]
    fields = dict(zip(result.dtype.names or (), result.item(), strict=True))
    if "timestamp" in fields:
        capture_ns = _seconds_ns(fields["timestamp"])
    else:
        capture_ns = timespec_ns(fields["tv_sec"], fields["tv_nsec"])
    count = fields["num_detections"]
    if not 0 <= count <= MAX_DETECTIONS:
        raise refused(f"num_detections {count} is not 0..{MAX_DETECTIONS}")
    boxes = tuple(_parse_box(*entry.item()) for entry in result["detections"][:count])
    stamp = (epoch, fields["version"], fields["frame_number"], capture_ns, time.monotonic_ns())
    return Detections(*stamp, *DETECTOR_PICTURE, boxes)


def _parse_box(name: bytes, confidence: float, x: int, y: int, w: int, h: int) -> Box:
    try:
        box = Box(name.partition(b"\0")[0].decode("utf-8"), confidence, x, y, w, h)
    except UnicodeDecodeError as error:
        raise refused(f"class_name {name!r} is not UTF-8") from error
    fault = box_fault(box, *DETECTOR_PICTURE)
    if fault is not None:
        raise refused(f"{box}: {fault}")
    return box


def _seconds_ns(seconds: float) -> int:
    """A second-generation time stamp, which is of the monotonic or of the wall clock, as monotonic nanoseconds."""
    if not 0 <= seconds < 2**33:  # NaN too
        raise refused(f"the time {seconds} s is not possible")
    monotonic, wall = time.monotonic(), time.time()
    if abs(seconds - wall) < abs(seconds - monotonic):
        seconds = max(0.0, seconds - wall + monotonic)
    return int(seconds * 1e9)
