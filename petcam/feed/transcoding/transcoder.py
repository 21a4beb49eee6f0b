"""From whatever FFmpeg can decode to H.264 that a browser can play live."""

from collections.abc import Generator
from fractions import Fraction
from typing import Any

from petcam.errors import Code, PetcamError
from petcam.feed.transcoding.container import MediaTimes, TimedPicture, frame_rate
from petcam.feed.transcoding.encoder import Encoder
from petcam.feed.transcoding.upright import fitted_size, quarter_turns, upright
from petcam.h264 import CodedPicture
from petcam.media import pyav

NANOSECOND = Fraction(1, 1_000_000_000)
MAX_SIZE = (1280, 720)  # pixels of a transcoded picture: what a small board can encode in time
MAX_DECODED_PIXELS = 8192 * 4352  # of a picture of the source: 8K; a damaged header may claim any size
KEYFRAME_NS = 1_000_000_000  # of the source's time, from keyframe to keyframe
MAX_BROKEN = 300  # packets in a row that give no picture; then the source is at fault, and not some of its pictures


class Transcoder:
    """Makes constrained baseline of a stream, no larger than ``MAX_SIZE``. What is damaged is left out and counted."""

    def __init__(self, name: str, stream: Any) -> None:
        self._av = pyav.load(name)
        self._name, self._stream = name, stream
        # Each picture as soon as it can be shown.
        self._decoder = stream.codec_context
        self._decoder.options = {"flags": "low_delay", "max_pixels": str(MAX_DECODED_PIXELS)}
        self._decoder.thread_type = "SLICE"  # threads that take a picture each would hold back as many
        self._times = MediaTimes(stream)
        self._encoder: Encoder | None = None
        self._size = (0, 0)
        self._keyframe_ns: int | None = None  # media time of the newest keyframe
        self._broken = 0  # packets in a row
        self.skipped = 0  # packets

    def packet(self, data: bytes, media_ns: int | None) -> Any:
        """An access unit as ``pictures`` wants it."""
        packet = self._av.Packet(data)
        packet.pts, packet.time_base = media_ns, NANOSECOND
        return packet

    def pictures(self, packet: Any, after_ns: int | None = None) -> Generator[TimedPicture, None, None]:
        """Those that a packet completes, and that are later than ``after_ns``; an empty one gives those that are left.

        Raises ``BAD_SOURCE`` where the source gives none for long.
        """
        for frame in self.decoded(packet):
            media_ns = self._times.of(frame)  # before the encoder gives the frame a time of its own
            if after_ns is not None and (media_ns is None or media_ns <= after_ns):
                continue
            size = fitted_size(self._stream, frame, MAX_SIZE)
            shown = upright(frame, size, quarter_turns(self._stream, frame))
            if self._encoder is None or (shown.width, shown.height) != self._size:
                self._size = (shown.width, shown.height)
                self._encoder = Encoder(*self._size, frame_rate(self._stream), self._name)
            data, keyframe = self._encoder.encode(shown, self._is_due(media_ns))
            self._keyframe_ns = media_ns if keyframe else self._keyframe_ns
            yield CodedPicture(data, keyframe, *self._size), media_ns

    def _is_due(self, media_ns: int | None) -> bool:
        """Whether it is time for a keyframe, also where fewer pictures come than the encoder was told."""
        if media_ns is None or self._keyframe_ns is None:
            return False
        return not 0 <= media_ns - self._keyframe_ns < KEYFRAME_NS

    def decoded(self, packet: Any) -> list[Any]:
        """The frames that a packet completes. Raises ``BAD_SOURCE`` like :meth:`pictures`."""
        try:
            frames = list(self._decoder.decode(packet))
        except self._av.error.EOFError:
            return []
        except self._av.error.FFmpegError:
            frames = []
            self.skipped += 1
        self._broken = 0 if frames else self._broken + 1
        if self._broken > MAX_BROKEN:
            raise PetcamError(Code.BAD_SOURCE, f"of its last {self._broken} pictures none could be decoded")
        return frames


def is_turned(name: str, stream: Any) -> bool:
    """Whether its first picture that can be decoded lies on its side, or on its head."""
    transcoder = Transcoder(name, stream)
    frames = (frame for packet in stream.container.demux(stream) for frame in transcoder.decoded(packet))
    first = next(frames, None)
    return first is not None and quarter_turns(stream, first) != 0


def transcoded(name: str, stream: Any) -> Generator[TimedPicture, None, None]:
    """The stream's pictures to its end."""
    transcoder = Transcoder(name, stream)
    for packet in stream.container.demux(stream):
        yield from transcoder.pictures(packet)
