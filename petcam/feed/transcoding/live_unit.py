"""The access units of a live stream, as they come."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol

from petcam.feed.transcoding.container import MediaTimes, Units, stamp_ns
from petcam.feed.transcoding.picture_ends import PictureEnds
from petcam.h264 import annexb

SYNTAXES = {"h264": annexb.H264, "hevc": annexb.H265}  # by FFmpeg's names
HearSound = Callable[[bytes, int | None, int], None]  # data, media time and arrival, ns
WHOLE = frozenset({"mjpeg", "vp8", "vp9"})  # codecs whose pictures FFmpeg takes out of RTP as wholes


@dataclass(frozen=True)
class LiveUnit:
    """``data`` is for a decoder, ``nals`` are only of H.264. Times in ns; ``arrival_ns``: when its last byte came."""

    data: bytes
    nals: list[bytes]
    media_ns: int | None
    arrival_ns: int


def live_units(
    stream: Any, in_pieces: bool, sound: Any = None, hear: HearSound | None = None
) -> Generator[LiveUnit, None, None]:
    """Until the connection ends. ``in_pieces``: its packets are what RTP packets held, and not yet access units.
    ``hear`` is given what comes of ``sound``, a further stream of the container.

    Raises ``BAD_SOURCE`` where it is no video, FFmpeg's errors.
    """
    joiner = _joiner(stream, in_pieces)
    times = MediaTimes(stream)
    streams = [stream] if sound is None else [stream, sound]
    for packet in stream.container.demux(*streams):
        if not packet.size:
            continue
        if hear is not None and packet.stream_index != stream.index:
            hear(bytes(packet), stamp_ns(packet), time.monotonic_ns())
        else:
            yield from joiner.push(packet, times.of(packet), time.monotonic_ns())
    yield from joiner.flush()


class _Joiner(Protocol):
    def push(self, packet: Any, media_ns: int | None, arrival_ns: int) -> list[LiveUnit]:
        """The access units that are whole now."""

    def flush(self) -> list[LiveUnit]: ...


def _joiner(stream: Any, in_pieces: bool) -> _Joiner:
    codec = stream.codec_context.name
    if not in_pieces or codec in WHOLE:
        return _Wholes(stream)
    return _NalUnits(SYNTAXES[codec]) if codec in SYNTAXES else _Stamped()


class _Wholes:
    """Packets that are access units."""

    def __init__(self, stream: Any) -> None:
        self._units = Units(stream) if stream.codec_context.name == "h264" else None

    def push(self, packet: Any, media_ns: int | None, arrival_ns: int) -> list[LiveUnit]:
        nals = self._units.of(packet) if self._units else []
        return [LiveUnit(bytes(packet), nals, media_ns, arrival_ns)]

    def flush(self) -> list[LiveUnit]:
        return []


class _Stamped:
    """Packets that belong together where they have the same timestamp."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._media_ns: int | None = None
        self._arrival_ns = 0

    def push(self, packet: Any, media_ns: int | None, arrival_ns: int) -> list[LiveUnit]:
        is_next = media_ns != self._media_ns or len(self._data) > annexb.MAX_ACCESS_UNIT_BYTES
        found = self.flush() if is_next else []
        self._data += bytes(packet)
        self._media_ns, self._arrival_ns = media_ns, arrival_ns
        return found

    def flush(self) -> list[LiveUnit]:
        data, self._data = bytes(self._data), bytearray()
        return [LiveUnit(data, [], self._media_ns, self._arrival_ns)] if data else []


class _NalUnits:
    """NAL units behind start codes and parts of them, as FFmpeg takes them out of RTP.

    A picture has the timestamp of its first slice: parameter sets may have that of the picture before.
    """

    def __init__(self, syntax: annexb.Syntax) -> None:
        self._is_h264 = syntax is annexb.H264
        self._splitter = annexb.Splitter(syntax)
        self._ends = PictureEnds(syntax)
        # Of the picture in the splitter.
        self._media_ns: int | None = None
        self._arrival_ns = 0

    def push(self, packet: Any, media_ns: int | None, arrival_ns: int) -> list[LiveUnit]:
        piece = bytes(packet)
        had_picture = self._splitter.has_picture
        units = self.flush() if had_picture and media_ns != self._media_ns else []
        units += [self._unit(nals) for nals in self._splitter.push(piece)]
        if units:
            self._ends.ended()
        if self._splitter.was_cut and media_ns == self._media_ns:  # else the next picture's beginning was lost
            self._ends.was_wrong()
        if self._splitter.has_picture and (units or not had_picture):
            self._media_ns = media_ns
        self._arrival_ns = arrival_ns
        return units + self.flush() if self._ends.is_at(piece) else units

    def flush(self) -> list[LiveUnit]:
        return [self._unit(nals) for nals in self._splitter.flush()]

    def _unit(self, nals: list[bytes]) -> LiveUnit:
        return LiveUnit(annexb.join(nals), nals if self._is_h264 else [], self._media_ns, self._arrival_ns)
