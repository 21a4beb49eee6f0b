"""The sequence parameter set of H.264 (ITU-T H.264, 7.3.2.1.1 and E.1.1): the fields that petcam needs."""

from contextlib import suppress
from dataclasses import dataclass

from petcam.errors import Code, PetcamError
from petcam.h264.bits import Bits

_PROFILES_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})  # 7.3.2.1.1
BASELINE = 66
_BROWSER_PROFILES = {BASELINE: "baseline", 77: "main", 100: "high"}
_EXTENDED_SAR = 255
# Sample aspect ratios by aspect_ratio_idc (table E-1), from 1 on.
_SAMPLE_ASPECTS = (
    *((1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11), (80, 33), (18, 11), (15, 11)),
    *((64, 33), (160, 99), (4, 3), (3, 2), (2, 1)),
)
MAX_ASPECT = 8  # one way or the other: what is more is a nonsense
MAX_ID = 31  # seq_parameter_set_id
MIN_FPS, MAX_FPS = 1.0, 120.0  # what is outside is a nonsense, too
MAX_SPS_BYTES = 8192  # that are looked at; the fields before the end of the scaling lists take less than half of that


@dataclass(frozen=True)
class Sps:
    """``width`` and ``height`` in pixels after cropping, ``coded_…`` before; ``fps`` is 0 where the stream does not
    say, or says what cannot be; ``aspect`` is a pixel's width and height, (1, 1) where it does not say."""

    profile: int
    chroma_format: int  # 1 is 4:2:0
    bit_depth: int
    interlaced: bool
    width: int
    height: int
    fps: float
    reference_frames: int = 1
    coded_width: int = 0
    coded_height: int = 0
    id: int = 0
    aspect: tuple[int, int] = (1, 1)

    def fault(self) -> str | None:
        """Why a browser cannot play it live, in words; ``None``: it can."""
        if self.profile not in _BROWSER_PROFILES:
            return f"its profile {self.profile} is not baseline, main or high"
        if self.chroma_format != 1 or self.bit_depth != 8:
            return "it is not 8-bit 4:2:0"
        return "it is interlaced" if self.interlaced else None


def parse(nal: bytes) -> Sps:
    """The SPS in a NAL unit, its header byte included. Raises :class:`PetcamError` (``BAD_SOURCE``)."""
    try:
        return _parse(Bits(nal[1:MAX_SPS_BYTES]))
    except IndexError as error:
        raise PetcamError(Code.BAD_SOURCE, "its sequence parameter set is broken") from error


def _parse(r: Bits) -> Sps:
    profile = r.bits(8)
    r.bits(16)  # constraint flags, level
    number = r.unsigned()
    if number > MAX_ID:
        raise IndexError("an id that cannot be")
    chroma, depth = _chroma(r) if profile in _PROFILES_WITH_CHROMA else (1, 8)
    r.unsigned()  # log2_max_frame_num
    _picture_order(r)
    references = r.unsigned()
    r.bit()
    coded_width, rows = (r.unsigned() + 1) * 16, r.unsigned() + 1
    frames_only = r.bit()
    coded_height = rows * 16 * (2 - frames_only)
    if not frames_only:
        r.bit()  # mb_adaptive_frame_field_flag
    r.bit()  # direct_8x8_inference_flag
    width, height = _cropped(r, coded_width, coded_height, chroma, frames_only)
    aspect, fps = _vui(r) if r.bit() else ((1, 1), 0.0)
    size = (width, height, fps, references, coded_width, coded_height)
    return Sps(profile, chroma, depth, not frames_only, *size, number, aspect)


def _chroma(r: Bits) -> tuple[int, int]:
    """chroma_format_idc and the larger bit depth."""
    chroma = r.unsigned()
    if chroma == 3:
        r.bit()
    depth = 8 + max(r.unsigned(), r.unsigned())
    r.bit()
    if r.bit():  # seq_scaling_matrix_present_flag
        for i in range(12 if chroma == 3 else 8):
            if r.bit():
                _skip_scaling_list(r, 16 if i < 6 else 64)
    return chroma, depth


def _skip_scaling_list(r: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + r.signed()) % 256
        last = following or last


def _picture_order(r: Bits) -> None:
    kind = r.unsigned()
    if kind == 0:
        r.unsigned()
    elif kind == 1:
        r.bit()
        r.signed()
        r.signed()
        for _ in range(r.unsigned()):
            r.signed()


def _cropped(r: Bits, width: int, height: int, chroma: int, frames_only: int) -> tuple[int, int]:
    if not r.bit():
        return width, height
    step_x = 2 if chroma in (1, 2) else 1
    step_y = (2 if chroma == 1 else 1) * (2 - frames_only)
    left, right, top, bottom = (r.unsigned() for _ in range(4))
    if step_x * (left + right) >= width or step_y * (top + bottom) >= height:
        raise IndexError("cropped to nothing")
    return width - step_x * (left + right), height - step_y * (top + bottom)


def _vui(r: Bits) -> tuple[tuple[int, int], float]:
    """Sample aspect ratio and frame rate; what is cut off or makes no sense counts as not said."""
    aspect, fps = (1, 1), 0.0
    with suppress(IndexError):
        aspect = _aspect(r)
        fps = _fps(r)
    return aspect, fps


def _aspect(r: Bits) -> tuple[int, int]:
    if not r.bit():
        return 1, 1
    known = r.bits(8)
    if known == _EXTENDED_SAR:
        width, height = r.bits(16), r.bits(16)
    else:
        width, height = _SAMPLE_ASPECTS[known - 1] if 0 < known <= len(_SAMPLE_ASPECTS) else (1, 1)
    makes_sense = width and height and max(width, height) <= MAX_ASPECT * min(width, height)
    return (width, height) if makes_sense else (1, 1)


def _fps(r: Bits) -> float:
    """0 where the VUI has none."""
    if r.bit():  # overscan_info
        r.bit()
    if r.bit():  # video_signal_type
        r.bits(4)
        if r.bit():
            r.bits(24)
    if r.bit():  # chroma_loc_info
        r.unsigned()
        r.unsigned()
    if not r.bit():  # timing_info
        return 0.0
    units, scale = r.bits(32), r.bits(32)
    fps = scale / (2 * units) if units else 0.0
    return fps if MIN_FPS <= fps <= MAX_FPS else 0.0
