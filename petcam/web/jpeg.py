"""H.264 access units to JPEG pictures, by PyAV."""

from fractions import Fraction
from typing import Any

import av
import av.error

QUALITY = "5"  # of ffmpeg's 2 (best) to 31


class Transcoder:
    """Used by one thread. What cannot be decoded is skipped up to the next keyframe."""

    def __init__(self) -> None:
        self._decoder: Any = None
        self._encoder: Any = None

    def feed(self, unit: Any, wanted: bool) -> bytes | None:
        """Decode one ``AccessUnit``; its picture, where one came out and it is ``wanted``."""
        if unit.keyframe and (self._decoder is None or unit.discontinuity):
            self._decoder = _decoder()
        if self._decoder is None:
            return None
        try:
            frames = self._decoder.decode(av.Packet(unit.data))
        except av.error.FFmpegError:
            self._decoder = None
            return None
        return self._encode(frames[-1]) if frames and wanted else None

    def _encode(self, frame: Any) -> bytes | None:
        size = (frame.width, frame.height)
        if self._encoder is None or (self._encoder.width, self._encoder.height) != size:
            self._encoder = encoder(*size)
        picture = frame.reformat(format="yuvj420p")
        picture.pts = None
        return b"".join(bytes(packet) for packet in self._encoder.encode(picture)) or None


def _decoder() -> Any:
    decoder: Any = av.CodecContext.create("h264", "r")
    decoder.options = {"threads": "1", "flags": "low_delay"}  # each access unit gives its picture at once
    return decoder


def encoder(width: int, height: int) -> Any:
    """Of JPEGs, for frames in ``yuvj420p``."""
    encoder: Any = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"qmin": QUALITY, "qmax": QUALITY}
    return encoder
