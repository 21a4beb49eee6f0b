"""Files, RTSP and video devices by PyAV: pictures passed through untouched, or transcoded."""

from collections.abc import Generator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from petcam.errors import Code, PetcamError
from petcam.feed.h264 import annexb
from petcam.feed.h264.assembler import Assembler, CodedPicture, NotPlayable
from petcam.feed.media.encoder import Encoder
from petcam.media import pyav

LARGEST = (1280, 720)  # pixels of a transcoded picture: what a small board can encode in time
USUAL_FPS = Fraction(30)  # where the container does not say

Timed = tuple[CodedPicture, int]  # and its media time, ns


@contextmanager
def opened(name: str, url: str, **how: Any) -> Generator[Any, None, None]:
    """The first video stream of an ``av`` container, which is closed on leaving.

    ``name`` stands for ``url`` in errors, as the URL may hold a password. Raises :class:`PetcamError`
    (``BAD_SOURCE``) with FFmpeg's reason, also for what is raised within.
    """
    av = pyav.load(name)
    try:
        with av.open(url, **how) as container:
            if not container.streams.video:
                raise PetcamError(Code.BAD_SOURCE, "has no video in it")
            yield container.streams.video[0]
    except av.error.FFmpegError as error:
        raise PetcamError(Code.BAD_SOURCE, _reason(error)) from None  # its own text and traceback hold the URL


def _reason(error: Any) -> str:
    return f"FFmpeg says: {error.strerror or type(error).__name__}"


def passed_through(stream: Any) -> Generator[Timed, None, None]:
    """The stream's pictures as they are. Raises :class:`NotPlayable` where a browser could not play them."""
    if stream.codec_context.name != "h264":
        raise NotPlayable(f"it is {stream.codec_context.name}, not H.264")
    extradata = bytes(stream.codec_context.extradata or b"")
    length_size = extradata[4] % 4 + 1 if extradata[:1] == b"\1" else 0  # avcC, or Annex-B
    assembler = Assembler(_avcc_sets(extradata) if length_size else list(annexb.nal_units(extradata)))
    for packet in stream.container.demux(stream):
        if packet.size:
            data = bytes(packet)
            nals = list(_avcc_units(data, length_size) if length_size else annexb.nal_units(data))
            picture = assembler.picture(nals)
            if picture is not None:
                yield picture, _nanoseconds(packet)


def _avcc_units(data: bytes, length_size: int) -> Generator[bytes, None, None]:
    """The NAL units of a sample, each behind its length (ISO/IEC 14496-15)."""
    at = 0
    while at + length_size < len(data):
        size = int.from_bytes(data[at : at + length_size], "big")
        at += length_size
        if size:
            yield data[at : at + size]
        at += size


def _avcc_sets(extradata: bytes) -> list[bytes]:
    """The parameter sets of an AVCDecoderConfigurationRecord."""
    sets, at = [], 5
    for mask in (31, 255):  # SPS, then PPS
        count = extradata[at] & mask if at < len(extradata) else 0
        at += 1
        for _ in range(count):
            size = int.from_bytes(extradata[at : at + 2], "big")
            sets.append(extradata[at + 2 : at + 2 + size])
            at += 2 + size
    return [nal for nal in sets if nal]


def transcoded(name: str, stream: Any) -> Generator[Timed, None, None]:
    """The stream's pictures as constrained baseline, no larger than ``LARGEST``."""
    encoder = None
    size = (0, 0)
    for frame in stream.container.decode(stream):
        fitting = _fitting(frame.width, frame.height)
        if encoder is None or fitting != size:
            size = fitting
            encoder = Encoder(*size, _fps(stream), name)
        media_ns = _nanoseconds(frame)
        data, keyframe = encoder.encode(frame.reformat(*size, format="yuv420p"))
        yield CodedPicture(data, keyframe, *size), media_ns


def _fitting(width: int, height: int) -> tuple[int, int]:
    """The largest even size of the same shape within ``LARGEST``."""
    scale = min(1.0, LARGEST[0] / width, LARGEST[1] / height)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _fps(stream: Any) -> Fraction:
    rate = stream.average_rate or stream.base_rate
    return Fraction(rate) if rate and 1 <= rate <= 120 else USUAL_FPS


def _nanoseconds(timed: Any) -> int:
    """The time of a packet or frame; -1 where it has none, which :class:`PlaybackSchedule` (``timing``) fills in."""
    if timed.pts is None or timed.time_base is None:
        return -1
    return int(timed.pts * timed.time_base * 1_000_000_000)
