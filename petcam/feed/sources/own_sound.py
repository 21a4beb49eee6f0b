"""The sound that a camera or a file brings with its pictures: Opus of 20 ms is passed on, all else encoded anew."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from petcam.errors import Code, PetcamError
from petcam.feed.hearing import PACKET_SAMPLES, RATE, CardClock, Packets, SoundPacket, levels
from petcam.media import pyav
from petcam.shm import opus

MAX_DAMAGED = 300  # packets in a row without a sample; then the source is at fault
MIN_RATE, MAX_RATE = 4_000, 192_000  # samples/s, of what can be heard


@dataclass(frozen=True)
class SoundFormat:
    """What a decoder has to be told of a sound. ``codec`` is FFmpeg's name."""

    codec: str
    rate: int
    layout: str
    extradata: bytes

    @classmethod
    def of(cls, stream: Any) -> "SoundFormat | None":
        """Of an audio stream of PyAV's; None where FFmpeg has no decoder for it."""
        context = stream.codec_context
        if context is None or context.name is None:
            return None
        layout = context.layout.name if context.layout is not None else "mono"
        return cls(context.name, context.sample_rate or 0, layout, bytes(context.extradata or b""))


@dataclass(frozen=True)
class SoundUnit:
    """What one packet held. Times in ns; ``arrival_ns``: when it came (CLOCK_MONOTONIC)."""

    data: bytes
    media_ns: int | None
    arrival_ns: int


# When the first sample of a unit was captured: its media time, how long it sounds and its arrival, all in ns.
Place = Callable[[int | None, int, int], int]


class OwnSound:
    """Of one connection, or one run of a file. ``place`` tells when a unit was captured; a clock of the samples' own
    evens that out."""

    def __init__(self, name: str, sound: SoundFormat, place: Place) -> None:
        self._av = pyav.load(name)
        self._name, self._format, self._place = name, sound, place
        self._decoder = self._made()
        self._packets: _Encoded | _PassedOn | None = None
        self._damaged = 0  # in a row

    def _made(self) -> Any:
        decoder = self._av.CodecContext.create(self._format.codec, "r")
        decoder.extradata = self._format.extradata or None
        if self._format.rate:
            decoder.sample_rate = self._format.rate
        decoder.layout = self._format.layout
        decoder.thread_count = 1
        return decoder

    def push(self, unit: SoundUnit) -> Iterator[SoundPacket]:
        """The packets that ``unit`` completes. Raises ``BAD_SOURCE`` where nothing of it can be decoded any more."""
        at_ns = unit.media_ns
        for frame in self._decoded(unit.data):
            if not MIN_RATE <= frame.sample_rate <= MAX_RATE:
                raise PetcamError(Code.BAD_SOURCE, f"its sound has {frame.sample_rate} samples/s")
            lasts_ns = frame.samples * 1_000_000_000 // frame.sample_rate
            capture_ns = self._place(at_ns, lasts_ns, unit.arrival_ns)
            yield from self._heard(frame, unit.data, capture_ns)
            at_ns = None if at_ns is None else at_ns + lasts_ns

    def _decoded(self, data: bytes) -> list[Any]:
        try:
            frames = list(self._decoder.decode(self._av.Packet(data)))
        except self._av.error.FFmpegError:
            frames = []
        self._damaged = 0 if frames else self._damaged + 1
        if self._damaged > MAX_DAMAGED:
            raise PetcamError(Code.BAD_SOURCE, f"its sound ({self._format.codec}) cannot be decoded")
        return frames

    def _heard(self, frame: Any, data: bytes, capture_ns: int) -> Iterator[SoundPacket]:
        """A camera may change its rate or channels, and a network lose some: then all begins anew."""
        is_passed_on = self._format.codec in ("opus", "libopus") and opus.fault(data) is None
        kind = (is_passed_on, frame.sample_rate, frame.format.name, frame.layout.name)
        if self._packets is None or self._packets.kind != kind:
            self._packets = _PassedOn(kind) if is_passed_on else _Encoded(kind, self._name)
        if not self._packets.clock.observe(self._packets.count, capture_ns):
            self._packets = None
            return
        yield from self._packets.push(frame, data)


Kind = tuple[bool, int, str, str]


class _Encoded:
    def __init__(self, kind: Kind, name: str) -> None:
        self.kind, self.count = kind, 0
        self.clock = CardClock(kind[1])
        self._packets = Packets(kind[1], self.clock.time_ns, name)

    def push(self, frame: Any, _: bytes) -> Iterator[SoundPacket]:
        self.count += frame.samples
        yield from self._packets.push_frame(frame)


class _PassedOn:
    """Decoded for its level alone."""

    def __init__(self, kind: Kind) -> None:
        self.kind, self.count = kind, 0
        self.clock = CardClock(RATE)

    def push(self, frame: Any, data: bytes) -> Iterator[SoundPacket]:
        capture_ns, is_first = self.clock.time_ns(self.count), self.count == 0
        self.count += PACKET_SAMPLES  # a decoder may leave out what came before its beginning
        yield SoundPacket(data, capture_ns, *_levels(frame), is_first)


def _levels(frame: Any) -> tuple[float, float]:
    """Of what a decoder of Opus gives: float, a row for each channel."""
    return levels((frame.to_ndarray().mean(axis=0) * 32768).clip(-32768, 32767))
