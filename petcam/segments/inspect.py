"""Describes a segment without changing it: state, age, rate, geometry, bit rate, keyframe interval, loudness."""

import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from petcam.errors import PetcamError
from petcam.shm import audio, detections, layout, mapping, nal, rdk_x5, stream
from petcam.shm.layout import AUDIO, SHAPES, STREAM, Shape
from petcam.shm.mapping import SegmentFile
from petcam.shm.record_reader import copy_slot
from petcam.shm.segment import Segment, open_segment
from petcam.shm.silence import silent_after_ns

RATE_SPAN_NS = 10_000_000_000  # rates are computed over this much time before the latest record


class Sample(NamedTuple):
    """What a summary keeps of one record."""

    capture_ns: int
    size: int = 0  # bytes of data; 0 for detections
    keyframe: bool = False
    width: int = 0  # pixels; 0 for audio, as the next
    height: int = 0
    boxes: int = 0
    rms_db: float = 0.0  # dBFS; 0 for all but audio, as the next
    peak_db: float = 0.0


@dataclass(frozen=True)
class Summary:
    """What was found. ``state`` is one of: absent, no data, refused, live, silent."""

    name: str
    state: str
    kind: str = ""  # stream, detections, audio
    layout: str = ""  # petcam, rdk-x5
    reason: str = ""  # why it was refused
    size: int = 0  # bytes
    mode: str = ""  # owner, group and permissions
    writer: str = ""
    epoch: int = 0
    seconds_since_creation: float | None = None
    seconds_since_heartbeat: float | None = None
    published: int = 0  # records so far
    samples: Sequence[Sample] = field(default=(), repr=False)  # in order, of the last 10 s

    @property
    def age_seconds(self) -> float | None:
        """Seconds since the latest record was captured."""
        return (time.monotonic_ns() - self.samples[-1].capture_ns) / 1e9 if self.samples else None

    @property
    def rate(self) -> float | None:
        """Records a second."""
        span = self._span_seconds()
        return (len(self.samples) - 1) / span if span else None

    @property
    def bitrate(self) -> float | None:
        """Bits a second."""
        span = self._span_seconds()
        return sum(sample.size for sample in self.samples[1:]) * 8 / span if span else None

    @property
    def keyframe_interval_seconds(self) -> float | None:
        """Median time from keyframe to keyframe."""
        times = [sample.capture_ns for sample in self.samples if sample.keyframe]
        return statistics.median(b - a for a, b in zip(times, times[1:], strict=False)) / 1e9 if times[1:] else None

    @property
    def peak_db(self) -> float | None:
        """The loudest that was heard, in dBFS."""
        return max((sample.peak_db for sample in self.samples), default=None)

    def _span_seconds(self) -> float:
        return (self.samples[-1].capture_ns - self.samples[0].capture_ns) / 1e9 if self.samples else 0.0


def names() -> list[str]:
    """The segments in /dev/shm that look like petcam's or like those of an RDK X5's daemons."""
    return sorted("/" + entry.name for entry in os.scandir(mapping.DIRECTORY) if entry.is_file() and _is_ours(entry))


def shape_of(name: str) -> Shape | None:
    """The kind of segment by its magic; ``None`` where it is not, or not yet, a segment in petcam's layout."""
    try:
        with open(mapping.path(name), "rb") as file:
            magic = file.read(8)
    except OSError:
        return None
    return {shape.magic + b"\0": shape for shape in SHAPES}.get(magic)


def summarise(name: str) -> Summary:
    """Describe the segment ``name`` in either layout; never raises because of its content."""
    try:
        status = os.stat(mapping.path(name), follow_symlinks=False)
    except FileNotFoundError:
        return Summary(name, "absent")
    mode = f"{status.st_mode & 0o7777:04o}, user {status.st_uid}, group {status.st_gid}"
    facts = {"size": status.st_size, "mode": mode}
    try:
        shape = shape_of(name)
        found = _summarise_rdk(name, status.st_size) if shape is None else _summarise_petcam(name, shape)
    except PetcamError as error:
        return Summary(name, "refused", reason=error.message, **facts)  # type: ignore[arg-type]
    return Summary(name, **{"state": "no data", **facts, **found})  # type: ignore[arg-type]


def _is_ours(entry: os.DirEntry[str]) -> bool:
    return shape_of(entry.name) is not None or entry.stat().st_size in rdk_x5.SIZES


def _summarise_petcam(name: str, shape: Shape) -> dict[str, object]:
    segment = open_segment(name, shape)
    if segment is None:
        return {}
    try:
        now, fixed = time.monotonic_ns(), segment.header
        heartbeat_age = (now - segment.heartbeat_ns) / 1e9
        return {
            "state": "live" if heartbeat_age < layout.STALE_NS / 1e9 else "silent",
            "kind": shape.kind,
            "layout": "petcam",
            "writer": f"{fixed.writer_name or '(no name)'}, process {fixed.writer_pid}",
            "epoch": fixed.epoch,
            "seconds_since_creation": (now - fixed.epoch) / 1e9,
            "seconds_since_heartbeat": heartbeat_age,
            "published": segment.next_record,
            "samples": _last_seconds(_samples(segment)),
        }
    finally:
        segment.close()


def _samples(segment: Segment) -> list[Sample]:
    end, found = segment.next_record, []
    for n in range(max(0, end - segment.shape.slot_count + 1), end):
        raw = copy_slot(segment, n)
        if raw is not None:
            found.append(_sample(raw, segment.shape))
    return found


def _sample(raw: bytes, shape: Shape) -> Sample:
    if shape is STREAM:
        fields = stream.parse_slot(raw)
        return Sample(fields[2], fields[5], bool(fields[6] & layout.FLAG_KEYFRAME), fields[7], fields[8])
    if shape is AUDIO:
        fields = audio.parse_slot(raw)
        return Sample(fields[2], fields[5], rms_db=fields[8] / 100, peak_db=fields[9] / 100)
    found = detections.parse_slot(raw, 0)
    return Sample(found.capture_ns, width=found.width, height=found.height, boxes=len(found.boxes))


def _summarise_rdk(name: str, size: int) -> dict[str, object]:
    source = mapping.open_segment_file(name) if size in rdk_x5.SIZES else None
    if source is None or source.size != size:
        return {}
    try:
        is_stream = size == rdk_x5.STREAM_SIZE
        samples = _rdk_frames(source) if is_stream else _rdk_result(source)
        age_ns = time.monotonic_ns() - samples[-1].capture_ns if samples else 0
        return {
            "state": "live" if age_ns < silent_after_ns(sample.capture_ns for sample in samples) else "silent",
            "kind": "stream" if is_stream else "detections",
            "layout": "rdk-x5",
            "published": rdk_x5.write_count(source),
            "samples": _last_seconds(samples),
        }
    finally:
        source.close()


def _rdk_frames(source: SegmentFile) -> list[Sample]:
    frames = rdk_x5.frames_in(source)
    return sorted(Sample(f.capture_ns, len(f.data), nal.is_keyframe(f.data), f.width, f.height) for f in frames)


def _rdk_result(source: SegmentFile) -> list[Sample]:
    found = rdk_x5.result_in(source)
    if found is None:
        return []
    return [Sample(found.capture_ns, width=found.width, height=found.height, boxes=len(found.boxes))]


def _last_seconds(samples: list[Sample]) -> list[Sample]:
    return [sample for sample in samples if sample.capture_ns > samples[-1].capture_ns - RATE_SPAN_NS]
