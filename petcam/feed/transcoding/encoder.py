"""H.264 as browsers like it best: constrained baseline, a keyframe each second, no delay in the encoder."""

from fractions import Fraction
from typing import Any

from petcam.media import pyav

BIT_RATE = 2_000_000  # bits/s


class Encoder:
    """libx264 by PyAV: one picture in, its access unit (Annex-B) out.

    Keyframes come every ``fps`` pictures, or sooner where asked for, and carry SPS and PPS. x264 writes the bitstream
    restriction ``max_num_reorder_frames=0`` into the SPS, which tells decoders not to hold pictures back.
    ``matrix`` is the pictures' colour matrix as x264 names it.
    """

    def __init__(self, width: int, height: int, fps: Fraction, wanted_for: str, matrix: str = "undef") -> None:
        self._av = pyav.load(wanted_for)
        self._count = 0
        self._context = self._av.CodecContext.create("libx264", "w")
        self._context.width = width
        self._context.height = height
        self._context.pix_fmt = "yuv420p"
        self._context.framerate = fps
        self._context.time_base = 1 / fps
        self._context.bit_rate = BIT_RATE
        self._context.options = _options(max(1, round(fps)), matrix)

    def encode_i420(self, i420: Any) -> tuple[bytes, bool]:
        """The access unit of an I420 picture (uint8 of shape (height * 3 / 2, width)), and whether it is a keyframe."""
        return self.encode(self._av.VideoFrame.from_ndarray(i420, format="yuv420p"))

    def encode(self, frame: Any, keyframe: bool = False) -> tuple[bytes, bool]:
        """Like :meth:`encode_i420`, of an ``av.VideoFrame`` in yuv420p of the encoder's size."""
        kinds = self._av.video.frame.PictureType
        frame.pict_type = kinds.I if keyframe else kinds.NONE  # not what it was in the source
        frame.time_base = self._context.time_base
        frame.pts = self._count
        self._count += 1
        (packet,) = self._context.encode(frame)  # zerolatency: always exactly one
        return bytes(packet), bool(packet.is_keyframe)


def _options(keyframe_interval: int, matrix: str) -> dict[str, str]:
    kilobits = BIT_RATE // 1000
    return {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "forced-idr": "1",
        "x264-params": f"keyint={keyframe_interval}:min-keyint={keyframe_interval}:scenecut=0:bframes=0"
        f":repeat-headers=1:annexb=1:aud=0:threads=1:rc-lookahead=0:vbv-maxrate={kilobits}:vbv-bufsize={kilobits // 2}"
        f":colorprim={matrix}:transfer={matrix}:colormatrix={matrix}",
    }
