"""The detections segment: the boxes that a detector found on one frame, written and read."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from petcam.errors import Code, PetcamError
from petcam.shm import layout, rtp
from petcam.shm.layout import DETECTIONS
from petcam.shm.record_reader import RecordReader, copy_slot, is_still
from petcam.shm.segment import Segment
from petcam.shm.writer import Writer, require, require_frame


class Box(NamedTuple):
    """Something that was found; pixels of the picture, ``x`` and ``y`` are the left top corner."""

    class_name: str
    confidence: float  # 0..1
    x: float
    y: float
    w: float
    h: float


class Detections(NamedTuple):
    """The detector's answer for one frame: a copy, checked and whole. No boxes: it looked and found nothing."""

    epoch: int  # of the writer; another value means another writer
    record: int  # number within the epoch
    frame_number: int  # of the frame that was looked at, as is the next
    capture_ns: int  # CLOCK_MONOTONIC
    publish_ns: int  # CLOCK_MONOTONIC
    width: int  # pixels of the picture that the boxes are measured in
    height: int
    boxes: tuple[Box, ...]

    @property
    def rtp_timestamp(self) -> int:
        """Of the frame that was looked at: 90 kHz, mod 2**32."""
        return rtp.timestamp(self.capture_ns)


class Frame(Protocol):
    """What a detector looked at; an :class:`petcam.shm.stream.AccessUnit` is one."""

    @property
    def frame_number(self) -> int: ...

    @property
    def capture_ns(self) -> int: ...

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...


class DetectionWriter(Writer):
    """The writer of a detections segment.

    ``with DetectionWriter("/petcam_detections", writer_name="my-detector") as writer: writer.publish(frame, boxes)``

    Raises :class:`PetcamError` (``CONFLICT``) where another writer lives.
    """

    def __init__(self, name: str, *, writer_name: str = "detector") -> None:
        super().__init__(name, DETECTIONS, writer_name)

    def publish(self, frame: Frame, boxes: Iterable[Sequence[Any]]) -> int:
        """Publish what was found on ``frame``, also when it is nothing; return the record number.

        A box is a :class:`Box` or a plain ``(class_name, confidence, x, y, w, h)``.
        Raises :class:`PetcamError`: ``BAD_REQUEST`` (what is wrong), ``BAD_SEGMENT`` (the segment was taken away).
        """
        with self._lock:
            self._check_owned()
            self._fill(frame, [_as_box(box) for box in boxes])  # W1: into memory that no reader sees
            n = self._segment.next_record
            self._segment.live["first_record"] = max(0, n - DETECTIONS.slot_count + 1)  # W3
            self._begin(n)
            self._finish(n)
            return n

    def _fill(self, frame: Frame, boxes: list[Box]) -> None:
        require_frame(frame.frame_number, frame.capture_ns, frame.width, frame.height)
        require(len(boxes) <= layout.MAX_BOXES, f"{len(boxes)} boxes; {layout.MAX_BOXES} fit: keep the surest")
        self._slot[:] = np.zeros(1, layout.DETECTIONS_SLOT)
        slot = self._slot[0]
        slot["frame_number"], slot["capture_ns"] = frame.frame_number, frame.capture_ns
        slot["width"], slot["height"], slot["count"] = frame.width, frame.height, len(boxes)
        for place, box in zip(slot["boxes"], boxes, strict=False):
            fault = box_fault(box, frame.width, frame.height)
            require(fault is None, f"box {box}: {fault}")
            place["class_name"] = box.class_name.encode()
            place["confidence"], place["x"], place["y"], place["w"], place["h"] = box[1:]


class DetectionReader(RecordReader[Detections]):
    """Begins ``earlier`` records before the newest and goes on without a gap; where it fell behind it resumes there."""

    def __init__(self, name: str, earlier: int = 0) -> None:
        super().__init__(name, DETECTIONS)
        self._earlier = earlier

    def _starting_record(self, segment: Segment, least: int) -> int | None:
        newest = segment.next_record - 1
        return max(least, segment.first_record, newest - self._earlier) if newest >= least else None

    def _copy_record(self, segment: Segment, n: int) -> Detections | None:
        raw = copy_slot(segment, n)
        if raw is None or not is_still(segment, n):
            return None
        return parse_slot(raw, segment.header.epoch)


def parse_slot(raw: bytes, epoch: int) -> Detections:
    """A whole slot's record, every value checked (R3). Raises :class:`PetcamError` (``BAD_SEGMENT``)."""
    slot: Any = np.frombuffer(raw, layout.DETECTIONS_SLOT, 1)[0]
    sequence, frame_number, capture_ns, publish_ns, width, height, count = slot.item()[:7]
    if not (width and height):
        raise PetcamError(Code.BAD_SEGMENT, f"a picture of {width}x{height} pixels")
    if count > layout.MAX_BOXES:
        raise PetcamError(Code.BAD_SEGMENT, f"count {count} is over {layout.MAX_BOXES}")
    boxes = tuple(_parse_box(box, width, height) for box in slot["boxes"][:count].tolist())
    return Detections(epoch, sequence // 2 - 1, frame_number, capture_ns, publish_ns, width, height, boxes)


def _parse_box(fields: tuple[Any, ...], width: int, height: int) -> Box:
    name, *numbers = fields
    try:
        box = Box(name.decode("utf-8"), *numbers)
    except UnicodeDecodeError as error:
        raise PetcamError(Code.BAD_SEGMENT, f"class_name {name!r} is not UTF-8") from error
    fault = box_fault(box, width, height)
    if fault is not None:
        raise PetcamError(Code.BAD_SEGMENT, f"{box}: {fault}")
    return box


def _as_box(box: Sequence[Any]) -> Box:
    """The box as it will stand in the record: its numbers have 32 bits."""
    require(len(box) == len(Box._fields), f"box {box!r}: must have {', '.join(Box._fields)}")
    with np.errstate(over="ignore"):  # what does not fit becomes infinite, and box_fault says so
        numbers = np.array(box[1:], dtype="<f4").tolist()
    return Box(box[0], *numbers)


def box_fault(box: Box, width: int, height: int) -> str | None:
    """What is wrong with a box of a picture of this size, in words; ``None``: nothing."""
    if not 1 <= len(box.class_name.encode()) <= layout.CLASS_NAME or "\0" in box.class_name:
        return f"class_name must have 1 to {layout.CLASS_NAME} bytes and no NUL"
    if not all(map(math.isfinite, box[1:])):
        return "a number is not finite"
    if not 0 <= box.confidence <= 1:
        return "confidence is not within 0..1"
    if box.w <= 0 or box.h <= 0:
        return "w and h must be above 0"
    if box.x >= width or box.y >= height or box.x + box.w <= 0 or box.y + box.h <= 0:
        return f"lies outside the picture of {width}x{height} pixels"
    return None
