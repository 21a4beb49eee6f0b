"""Files, RTSP and video devices by PyAV: opened, and their H.264 passed through unchanged."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from petcam.errors import Code, PetcamError
from petcam.h264 import Assembler, CodedPicture, NotPlayable, annexb, avcc
from petcam.media import pyav

TimedPicture = tuple[CodedPicture, int]  # and its media time, ns; -1: it has none


@contextmanager
def opened(name: str, url: str, **options: Any) -> Generator[Any, None, None]:
    """The first video stream of an ``av`` container, which is closed on leaving.

    ``name`` stands for ``url`` in errors, as the URL may hold a password; ``options`` are of ``av.open``. Raises
    :class:`PetcamError` (``BAD_SOURCE``) with FFmpeg's reason, also for what is raised within.
    """
    av = pyav.load(name)
    try:
        with av.open(url, **options) as container:
            if not container.streams.video:
                raise PetcamError(Code.BAD_SOURCE, "has no video in it")
            yield container.streams.video[0]
    except av.error.FFmpegError as error:
        raise PetcamError(Code.BAD_SOURCE, _reason(error)) from None  # its own text and traceback hold the URL


def _reason(error: Any) -> str:
    return f"FFmpeg says: {error.strerror or type(error).__name__}"


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
    assembler = Assembler(units.parameter_sets)
    for packet in stream.container.demux(stream):
        if packet.size:
            picture = assembler.picture(units.of(packet))
            if picture is not None:
                yield picture, media_time_ns(packet)


def media_time_ns(timed: Any) -> int:
    """The time of a packet or frame, ns; -1 where it has none."""
    if timed.pts is None or timed.time_base is None:
        return -1
    return int(timed.pts * timed.time_base * 1_000_000_000)
