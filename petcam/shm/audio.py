"""The audio segment: packets of Opus, 20 ms each, written and read."""

import math
import time
import zlib
from typing import NamedTuple

import numpy as np

from petcam.errors import Code, PetcamError
from petcam.shm import data_area, layout, opus
from petcam.shm.data_area import DataWriter
from petcam.shm.layout import AUDIO
from petcam.shm.record_reader import RecordReader, copy_slot
from petcam.shm.segment import Segment
from petcam.shm.writer import require

MAX_AHEAD_NS = layout.STALE_NS  # of capture_ns before publish_ns: one wrong time must not stop what follows for longer


class AudioPacket(NamedTuple):
    """20 ms of sound: a copy, checked and whole."""

    epoch: int  # of the writer; another value means another writer
    record: int  # number within the epoch
    packet_number: int  # the source's own count
    capture_ns: int  # CLOCK_MONOTONIC of the first sample; rises within an epoch
    publish_ns: int  # CLOCK_MONOTONIC
    samples: int  # at 48 kHz
    rms_db: float  # dBFS, -96..0
    peak_db: float  # dBFS, -96..0
    discontinuity: bool  # something is missing between the packet before and this one
    data: bytes  # one Opus packet, mono or stereo as its TOC says


class AudioWriter(DataWriter):
    """The writer of an audio segment.

    Raises :class:`PetcamError` (``CONFLICT``) where another writer lives.
    """

    def __init__(self, name: str, *, writer_name: str = "petcam") -> None:
        super().__init__(name, AUDIO, writer_name)

    def publish(
        self,
        data: bytes,
        *,
        capture_ns: int,
        rms_db: float,
        peak_db: float,
        packet_number: int | None = None,
        discontinuity: bool = False,
    ) -> int:
        """Publish one Opus packet of 20 ms; return its record number.

        ``capture_ns`` is its first sample's and must rise; the levels are dBFS, and what is below -96 (silence is minus
        infinity) counts as -96; ``packet_number`` is the record number where the source has no count of its own.
        Raises :class:`PetcamError`: ``TOO_LARGE``, ``BAD_REQUEST``, ``BAD_SEGMENT`` (the segment was taken away).
        """
        with self._lock:
            self._check_owned()
            n = self._segment.next_record
            packet_number = n if packet_number is None else packet_number
            rms, peak = _as_level(rms_db, "rms_db"), _as_level(peak_db, "peak_db")
            self._check(data, packet_number, capture_ns)  # W1
            position = self._place(n, data)
            flags, crc = discontinuity * layout.FLAG_DISCONTINUITY, zlib.crc32(data)
            stamp = (0, packet_number, capture_ns, 0)
            self._slot[0] = (*stamp, position, len(data), flags, layout.AUDIO_SAMPLES, rms, peak, 0, crc, 0)
            self._finish(n)
            self._end, self._capture_ns = position + len(data), capture_ns
            return n

    def _check(self, data: bytes, packet_number: int, capture_ns: int) -> None:
        if len(data) > layout.AUDIO_MAX_DATA:
            limit = f"{layout.AUDIO_MAX_DATA} bytes fit: lower the encoder's bit rate"
            raise PetcamError(Code.TOO_LARGE, f"{self.name}: an Opus packet of {len(data)} bytes; {limit}")
        fault = opus.fault(data)
        require(fault is None, f"{self.name}: {fault}")
        require(0 <= packet_number < 2**64, f"packet_number {packet_number} does not fit 64 bits")
        self._require_rise(capture_ns)
        ahead = f"{self.name}: capture_ns {capture_ns} lies in the future: it is no time of CLOCK_MONOTONIC"
        require(capture_ns <= time.monotonic_ns() + MAX_AHEAD_NS, ahead)


def _as_level(db: float, field: str) -> int:
    """Hundredths of dBFS, as they stand in a slot."""
    require(not math.isnan(db), f"{field} is not a number")
    level = max(db * 100, layout.AUDIO_MIN_LEVEL)
    require(level < 0.5, f"{field} {db:g} is above 0, the loudest that there is")
    return round(level)


class AudioReader(RecordReader[AudioPacket]):
    """Begins at the newest packet and goes on without a gap; where it fell behind, at the oldest still there."""

    def __init__(self, name: str) -> None:
        super().__init__(name, AUDIO)
        self._begun = False  # a segment was opened: of the next one nothing is to be missed
        self._capture_ns = -1  # of the last packet of this epoch

    def _open(self) -> Segment | None:
        segment = super()._open()
        if segment is not None:
            self._begun, self._capture_ns = True, -1
        return segment

    def _starting_record(self, segment: Segment, least: int) -> int | None:
        oldest, newest = max(least, segment.first_record), segment.next_record - 1
        if newest < oldest:
            return None
        return oldest if self._begun else newest

    def _copy_record(self, segment: Segment, n: int) -> AudioPacket | None:
        raw = copy_slot(segment, n)
        if raw is None:
            return None
        (_, number, capture_ns, publish_ns, position, size, flags, samples, rms, peak, _, crc, _) = parse_slot(raw)
        data = data_area.copy(segment, n, position, size, crc)
        if data is None:
            return None
        self._check(data, capture_ns)
        gap = self._gap or bool(flags & layout.FLAG_DISCONTINUITY)
        stamp = (segment.header.epoch, n, number, capture_ns, publish_ns)
        return AudioPacket(*stamp, samples, rms / 100, peak / 100, gap, data)

    def _check(self, data: bytes, capture_ns: int) -> None:
        """R3 for what the slot alone does not tell."""
        fault = opus.fault(data)
        if fault is None and capture_ns <= self._capture_ns:
            fault = f"capture_ns {capture_ns} does not rise over {self._capture_ns}"
        if fault is not None:
            raise PetcamError(Code.BAD_SEGMENT, fault)
        self._capture_ns = capture_ns


def parse_slot(raw: bytes) -> tuple[int, ...]:
    """A slot's fields in their order, every range checked (R3). Raises :class:`PetcamError` (``BAD_SEGMENT``)."""
    fields: tuple[int, ...] = np.frombuffer(raw, layout.AUDIO_SLOT, 1)[0].item()
    _, _, capture_ns, publish_ns, position, size, flags, samples, rms, peak, _, _, _ = fields
    fault = data_area.fault(AUDIO, position, size)
    if fault is not None:
        pass
    elif flags & ~layout.FLAG_DISCONTINUITY:
        fault = f"flags {flags:#x} are unknown"
    elif samples != layout.AUDIO_SAMPLES:
        fault = f"{samples} samples; a record has {layout.AUDIO_SAMPLES}"
    elif not (layout.AUDIO_MIN_LEVEL <= rms <= 0 and layout.AUDIO_MIN_LEVEL <= peak <= 0):
        fault = f"levels {rms} and {peak} are not {layout.AUDIO_MIN_LEVEL}..0"
    elif capture_ns > publish_ns + MAX_AHEAD_NS:
        fault = f"capture_ns {capture_ns} lies after publish_ns {publish_ns}"
    if fault is not None:
        raise PetcamError(Code.BAD_SEGMENT, fault)
    return fields
