"""From whatever FFmpeg can decode to H.264 that a browser can play live."""

from collections.abc import Generator
from typing import Any

from petcam.errors import Code, PetcamError
from petcam.feed.transcoding.container import MediaTimes, TimedPicture, frame_rate
from petcam.feed.transcoding.encoder import Encoder
from petcam.h264 import CodedPicture
from petcam.media import pyav

MAX_SIZE = (1280, 720)  # pixels of a transcoded picture: what a small board can encode in time
MAX_BROKEN = 300  # packets in a row that give no picture; then the source is at fault, and not some of its pictures


class Transcoder:
    """Makes constrained baseline of a stream, no larger than ``MAX_SIZE``. What is damaged is left out and counted."""

    def __init__(self, name: str, stream: Any) -> None:
        self._av = pyav.load(name)
        self._name, self._stream = name, stream
        stream.codec_context.options = {"flags": "low_delay"}  # each picture as soon as it can be shown
        stream.thread_type = "SLICE"  # threads that take a picture each would hold back as many
        self._times = MediaTimes(stream)
        self._encoder: Encoder | None = None
        self._size = (0, 0)
        self._broken = 0  # packets in a row
        self.skipped = 0  # packets

    def pictures(self, packet: Any) -> Generator[TimedPicture, None, None]:
        """Those that a packet completes; an empty one gives those that are left.

        Raises ``BAD_SOURCE`` where the source gives none for long.
        """
        for frame in self._decoded(packet):
            fitted = _fitted_size(frame.width, frame.height)
            if self._encoder is None or fitted != self._size:
                self._size = fitted
                self._encoder = Encoder(*fitted, frame_rate(self._stream), self._name)
            data, keyframe = self._encoder.encode(frame.reformat(*fitted, format="yuv420p"))
            yield CodedPicture(data, keyframe, *fitted), self._times.of(frame)

    def _decoded(self, packet: Any) -> list[Any]:
        try:
            frames = list(packet.decode())
        except self._av.error.EOFError:
            return []
        except self._av.error.FFmpegError:
            frames = []
            self.skipped += 1
        self._broken = 0 if frames else self._broken + 1
        if self._broken > MAX_BROKEN:
            raise PetcamError(Code.BAD_SOURCE, f"of its last {self._broken} pictures none could be decoded")
        return frames


def transcoded(name: str, stream: Any) -> Generator[TimedPicture, None, None]:
    """The stream's pictures to its end."""
    transcoder = Transcoder(name, stream)
    for packet in stream.container.demux(stream):
        yield from transcoder.pictures(packet)


def _fitted_size(width: int, height: int) -> tuple[int, int]:
    """The largest even size of the same shape within ``MAX_SIZE``."""
    scale = min(1.0, MAX_SIZE[0] / width, MAX_SIZE[1] / height)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)
