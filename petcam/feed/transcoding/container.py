"""Files, RTSP and video devices by PyAV: opened, and their H.264 passed through unchanged."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from petcam.errors import Code, PetcamError
from petcam.feed.transcoding.failures import Circumstances, in_words
from petcam.h264 import Assembler, CodedPicture, NotPlayable, annexb, avcc, sps
from petcam.media import pyav

FALLBACK_FPS = Fraction(30)
BARE_FORMATS = frozenset({"h264", "hevc", "m4v", "mjpeg", "mpegvideo"})  # as FFmpeg names them
NO_VIDEO = "has no video in it: name one with video, or another path of the camera"

TimedPicture = tuple[CodedPicture, int | None]  # and its media time, ns, where it has one


@contextmanager
def opened(name: str, url: str, **options: Any) -> Generator[Any, None, None]:
    """The first video stream of an ``av`` container, which is closed on leaving.

    ``name`` stands for ``url`` in errors, as the URL may hold a password; ``options`` are of ``av.open``. Raises
    :class:`PetcamError` (``BAD_SOURCE``) in the words of ``failures``, also for what FFmpeg raises within.
    """
    av = pyav.load(name)
    began, has_begun = time.monotonic(), False
    try:
        with av.open(url, **options) as container:
            if not container.streams.video:
                raise PetcamError(Code.BAD_SOURCE, NO_VIDEO)
            has_begun = True
            yield container.streams.video[0]
    except av.error.FFmpegError as error:
        when = Circumstances(url, has_begun, time.monotonic() - began, _timeout(options.get("timeout"), has_begun))
        # Without its cause: FFmpeg's own text and traceback hold the URL.
        raise PetcamError(Code.BAD_SOURCE, in_words(error, when)) from None


def _timeout(timeout: Any, has_begun: bool) -> float:
    """Seconds, of what ``av.open`` takes: one number, or one for opening and one for reading; 0: it has none."""
    seconds = timeout[has_begun] if isinstance(timeout, tuple) else timeout
    return float(seconds or 0)


class Units:
    """The NAL units in the packets of a stream of H.264, as MP4 stores them or as a byte stream."""

    def __init__(self, stream: Any) -> None:
        extradata = bytes(stream.codec_context.extradata or b"")
        self._length_size = avcc.length_size(extradata)
        self.parameter_sets = avcc.parameter_sets(extradata) if self._length_size else list(annexb.nal_units(extradata))

    def of(self, packet: Any) -> list[bytes]:
        data = bytes(packet)
        return list(avcc.nal_units(data, self._length_size) if self._length_size else annexb.nal_units(data))


def passed_through(stream: Any) -> Generator[TimedPicture, None, None]:
    """The stream's pictures as they are. Raises :class:`NotPlayable` where a browser could not play them."""
    if stream.codec_context.name != "h264":
        raise NotPlayable(f"it is {stream.codec_context.name}, not H.264")
    units = Units(stream)
    assembler, times = Assembler(units.parameter_sets), MediaTimes(stream)
    for packet in stream.container.demux(stream):
        if packet.size:
            picture = assembler.picture(units.of(packet))
            if picture is not None:
                yield picture, times.of(packet)


def frame_rate(stream: Any) -> Fraction:
    """Pictures in a second, as the container says, or as the pictures say where there is no container; 30 where neither
    does, or where what it says cannot be."""
    said = stream.codec_context.framerate if is_bare(stream) else stream.average_rate or stream.base_rate
    return Fraction(said) if said and sps.MIN_FPS <= said <= sps.MAX_FPS else FALLBACK_FPS


class BareStream:
    """What a stream of PyAV's says of itself, of H.264 that comes without a container."""

    container = sample_aspect_ratio = average_rate = base_rate = None
    side_data: dict[str, int] = {}  # noqa: RUF012  # nothing is ever put into it

    def __init__(self, name: str) -> None:
        self.codec_context = pyav.load(name).CodecContext.create("h264", "r")


class MediaTimes:
    """The times of a stream's packets or frames. Those of a file without a container are FFmpeg's guess, and not
    asked for."""

    def __init__(self, stream: Any) -> None:
        self._step = 1 / frame_rate(stream) if is_bare(stream) else None
        self._count = 0

    def of(self, timed: Any) -> int | None:
        """Nanoseconds, where it has one. To be asked once for each."""
        if self._step is not None:
            self._count += 1
            return int((self._count - 1) * self._step * 1_000_000_000)
        return stamp_ns(timed)


def stamp_ns(timed: Any) -> int | None:
    """The time of a packet or frame, nanoseconds, where it has one."""
    if timed.pts is None or timed.time_base is None:
        return None
    return int(timed.pts * timed.time_base * 1_000_000_000)


def is_bare(stream: Any) -> bool:
    """Whether a file holds the pictures alone, one after the other."""
    return stream.container is not None and stream.container.format.name in BARE_FORMATS
