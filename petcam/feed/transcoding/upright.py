"""Decoded frames as they are to be seen: within a size, with square pixels, and not lying on their side."""

import math
import struct
from typing import Any

import numpy as np

from petcam.feed.transcoding.track_matrix import track_matrix
from petcam.h264 import sps

MATRIX = struct.Struct("=9i")  # FFmpeg's display matrix, ISO/IEC 14496-12, 6.2.2; its first two are turn and scale


def quarter_turns(stream: Any, frame: Any) -> int:
    """By which a frame has to be turned, against the clock: 0 to 3. PyAV says it with the stream or with the frame."""
    said = getattr(stream, "side_data", None)
    if said is None:
        matrix = track_matrix(stream)
        return _turns(*matrix[:2]) if matrix else 0
    for name, degrees in said.items():
        if name == "DISPLAYMATRIX" and isinstance(degrees, int | float):
            return round(degrees / 90) % 4
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            return _turns(*MATRIX.unpack(bytes(data)[: MATRIX.size])[:2])
    return 0


def _turns(cosine: int, sine: int) -> int:
    return round(-math.degrees(math.atan2(sine, cosine)) / 90) % 4


def fitted_size(stream: Any, frame: Any, largest: tuple[int, int]) -> tuple[int, int]:
    """The largest even size within ``largest`` of what the frame shows, before it is turned."""
    width, height = frame.width, frame.height
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    if aspect and 1 / sps.MAX_ASPECT <= aspect <= sps.MAX_ASPECT:
        width, height = (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))
    limits = largest if quarter_turns(stream, frame) % 2 == 0 else largest[::-1]
    scale = min(1.0, limits[0] / width, limits[1] / height)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def upright(frame: Any, size: tuple[int, int], turns: int) -> Any:
    """The frame in yuv420p, scaled to ``size``, then turned."""
    scaled = frame.reformat(*size, format="yuv420p")
    if not turns:
        return scaled
    width, height = size
    picture = scaled.to_ndarray()  # uint8 of shape (height * 3 / 2, width): Y, then U and V one after the other
    luma, chroma = picture[:height], picture[height:].reshape(2, height // 2, width // 2)
    planes = [np.rot90(plane, turns) for plane in (luma, *chroma)]
    turned_width = width if turns == 2 else height
    flat = np.concatenate([plane.ravel() for plane in planes]).reshape(-1, turned_width)
    return type(frame).from_ndarray(flat, format="yuv420p")
