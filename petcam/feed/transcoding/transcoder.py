"""From whatever FFmpeg can decode to H.264 that a browser can play live."""

from collections.abc import Generator
from fractions import Fraction
from typing import Any

from petcam.feed.transcoding.container import TimedPicture, media_time_ns
from petcam.feed.transcoding.encoder import Encoder
from petcam.h264 import CodedPicture

MAX_SIZE = (1280, 720)  # pixels of a transcoded picture: what a small board can encode in time
FALLBACK_FPS = Fraction(30)  # where the container does not say


def transcoded(name: str, stream: Any) -> Generator[TimedPicture, None, None]:
    """The stream's pictures as constrained baseline, no larger than ``MAX_SIZE``."""
    encoder = None
    size = (0, 0)
    for frame in stream.container.decode(stream):
        fitted = _fitted_size(frame.width, frame.height)
        if encoder is None or fitted != size:
            size = fitted
            encoder = Encoder(*size, _fps(stream), name)
        media_ns = media_time_ns(frame)
        data, keyframe = encoder.encode(frame.reformat(*size, format="yuv420p"))
        yield CodedPicture(data, keyframe, *size), media_ns


def _fitted_size(width: int, height: int) -> tuple[int, int]:
    """The largest even size of the same shape within ``MAX_SIZE``."""
    scale = min(1.0, MAX_SIZE[0] / width, MAX_SIZE[1] / height)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _fps(stream: Any) -> Fraction:
    rate = stream.average_rate or stream.base_rate
    return Fraction(rate) if rate and 1 <= rate <= 120 else FALLBACK_FPS
