"""Frames scaled and made into JPEGs, and ready pictures made into frames, by PyAV; each object is for one thread."""

from collections import OrderedDict
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from petcam.media.decoder import max_pixels_for, open_decoder
from petcam.media.scaling import one_thread

QUALITY = "5"  # of ffmpeg's 2 (best) to 31
MAX_OUTPUT_PIXELS = 2560 * 1440  # of a JPEG; larger pictures are made smaller
YUV420_BYTES_PER_PIXEL = 1.5
# An encoder keeps 2.2 to 3 bytes for each pixel with one thread and the standard's Huffman tables; the threads that
# FFmpeg would choose take five times as much. Those of several sizes are kept while they fit.
ENCODER_BYTES_PER_PIXEL = 3
MAX_ENCODER_BYTES = MAX_OUTPUT_PIXELS * ENCODER_BYTES_PER_PIXEL
# What scaling and encoding take at most: the encoders, and the frame that is being encoded.
MAX_ENCODING_BYTES = int(MAX_ENCODER_BYTES + MAX_OUTPUT_PIXELS * YUV420_BYTES_PER_PIXEL)


class Scaler:
    """Makes frames of one width, of frames of any size."""

    def __init__(self, width: int = 0) -> None:
        self._width = width
        self._reformatter = VideoReformatter()

    def scale(self, frame: Any, aspect: tuple[int, int] = (1, 1)) -> Any:
        """A frame of its own memory with square pixels, never wider than the given one is with its height, in the
        format that is drawn on and encoded. ``aspect`` is the width and height of a pixel of ``frame``."""
        square_width = max(1, round(frame.width * aspect[0] / aspect[1]))
        width, height = scaled_size(square_width, frame.height, self._width)
        scaled = self._reformatter.reformat(frame, width, height, "yuvj420p", **one_thread())
        return scaled if scaled is not frame else copied(frame)


class Encoder:
    """Makes JPEGs of frames of any size that ``Scaler`` gives."""

    def __init__(self) -> None:
        self._contexts: OrderedDict[tuple[int, int], Any] = OrderedDict()  # by width and height; oldest use first
        self._number = 0  # encoders want time to rise

    def encode(self, frame: Any) -> bytes:
        context = self._context(frame.width, frame.height)
        self._number += 1
        frame.pts, frame.time_base = self._number, context.time_base
        return b"".join(bytes(packet) for packet in context.encode(frame))

    def _context(self, width: int, height: int) -> Any:
        context = self._contexts.pop((width, height), None)
        kept = sum(across * down for across, down in self._contexts)
        while self._contexts and (kept + width * height) * ENCODER_BYTES_PER_PIXEL > MAX_ENCODER_BYTES:
            (across, down), _ = self._contexts.popitem(last=False)
            kept -= across * down
        if context is None:
            context = _encoder(width, height)
        self._contexts[width, height] = context
        return context


def scaled_size(width: int, height: int, wanted: int = 0) -> tuple[int, int]:
    """Even width and height of a picture in the width that is ``wanted`` (0: its own), as far as that is allowed."""
    across = min(wanted or width, width)
    largest = (MAX_OUTPUT_PIXELS * width / height) ** 0.5
    across = max(2, int(min(across, largest)) & ~1)
    return across, max(2, round(height * across / width) & ~1)


def nv12_frame(data: bytes, width: int, height: int) -> Any:
    return av.VideoFrame.from_ndarray(np.frombuffer(data, np.uint8).reshape(height * 3 // 2, width), format="nv12")


def jpeg_frame(data: bytes, width: int, height: int) -> Any:
    """Raises ``FFmpegError`` where it is no JPEG, or larger than that."""
    return open_decoder("mjpeg", max_pixels_for(width, height)).decode(av.Packet(data))[-1]


def copied(frame: Any) -> Any:
    return av.VideoFrame.from_ndarray(frame.to_ndarray(), format=frame.format.name)


def _encoder(width: int, height: int) -> Any:
    encoder: Any = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"qmin": QUALITY, "qmax": QUALITY, "threads": "1", "huffman": "default"}
    return encoder
