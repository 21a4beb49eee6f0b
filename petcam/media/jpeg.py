"""H.264 to pictures, and pictures to JPEG, by PyAV; each object is for one thread."""

from fractions import Fraction
from typing import Any

import av
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter

QUALITY = "5"  # of ffmpeg's 2 (best) to 31
NANOSECONDS = Fraction(1, 1_000_000_000)


class Decoder:
    """What cannot be decoded is skipped up to the next keyframe."""

    def __init__(self) -> None:
        self._decoder: Any = None

    def feed(self, unit: Any) -> Any:
        """The frame that one ``AccessUnit`` gives, its ``pts`` the capture's nanoseconds; None where there is none."""
        if unit.keyframe and (self._decoder is None or unit.discontinuity):
            self._decoder = _decoder("h264")
        if self._decoder is None:
            return None
        packet: Any = av.Packet(unit.data)
        packet.pts, packet.time_base = unit.capture_ns, NANOSECONDS
        try:
            frames = self._decoder.decode(packet)
        except av.error.FFmpegError:
            frames, self._decoder = [], None
        if not frames or frames[-1].is_corrupt:
            return None
        return frames[-1]


class Encoder:
    """Makes JPEGs of one width, of frames of any size."""

    def __init__(self, width: int = 0) -> None:
        self._width = width
        self._reformatter = VideoReformatter()
        self._encoder: Any = None
        self._number = 0  # encoders want time to rise

    def scale(self, frame: Any) -> Any:
        """A frame of its own memory, never wider than the camera's, in the format that is drawn on and encoded."""
        width = min(self._width or frame.width, frame.width) & ~1
        height = max(2, round(frame.height * width / frame.width) & ~1)
        scaled = self._reformatter.reformat(frame, width, height, "yuvj420p")
        return scaled if scaled is not frame else _copy(frame)

    def encode(self, frame: Any) -> bytes:
        """The JPEG of what ``scale`` gave."""
        encoder = self._encoder
        if encoder is None or (encoder.width, encoder.height) != (frame.width, frame.height):
            encoder = self._encoder = _encoder(frame.width, frame.height)
        self._number += 1
        frame.pts, frame.time_base = self._number, encoder.time_base
        return b"".join(bytes(packet) for packet in encoder.encode(frame))


def nv12_frame(data: bytes, width: int, height: int) -> Any:
    return av.VideoFrame.from_ndarray(np.frombuffer(data, np.uint8).reshape(height * 3 // 2, width), format="nv12")


def jpeg_frame(data: bytes) -> Any:
    """Raises ``FFmpegError`` where it is no JPEG."""
    return _decoder("mjpeg").decode(av.Packet(data))[-1]


def _copy(frame: Any) -> Any:
    return av.VideoFrame.from_ndarray(frame.to_ndarray(), format=frame.format.name)


def _decoder(name: str) -> Any:
    decoder: Any = av.CodecContext.create(name, "r")
    decoder.options = {"threads": "1", "flags": "low_delay"}  # each access unit gives its picture at once
    return decoder


def _encoder(width: int, height: int) -> Any:
    encoder: Any = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"qmin": QUALITY, "qmax": QUALITY}
    return encoder
