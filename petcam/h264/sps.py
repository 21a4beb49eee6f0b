"""The sequence parameter set of H.264 (ITU-T H.264, 7.3.2.1.1 and E.1.1): the fields that petcam needs."""

from dataclasses import dataclass

from petcam.errors import Code, PetcamError

_PROFILES_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})  # 7.3.2.1.1
_BROWSER_PROFILES = {66: "baseline", 77: "main", 100: "high"}
_EXTENDED_SAR = 255
MAX_SPS_BYTES = 8192  # that are looked at; the fields before the end of the scaling lists take less than half of that


@dataclass(frozen=True)
class Sps:
    """``width`` and ``height`` in pixels after cropping, ``coded_…`` before; ``fps`` is 0 where the stream does not
    say."""

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

    def fault(self) -> str | None:
        """Why a browser cannot play it live, in words; ``None``: it can."""
        if self.profile not in _BROWSER_PROFILES:
            return f"its profile {self.profile} is not baseline, main or high"
        if self.chroma_format != 1 or self.bit_depth != 8:
            return "it is not 8-bit 4:2:0"
        return "it is interlaced" if self.interlaced else None


class Bits:
    """Reads the payload of a NAL unit (behind its header byte), emulation prevention taken out.

    Raises ``IndexError`` behind the end.
    """

    def __init__(self, payload: bytes) -> None:
        self._data = payload.replace(b"\0\0\3", b"\0\0")
        self._position = 0

    def bit(self) -> int:
        value = self._data[self._position >> 3] >> (7 - (self._position & 7)) & 1
        self._position += 1
        return value

    def bits(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | self.bit()
        return value

    def unsigned(self) -> int:
        """ue(v) of 9.1."""
        zeros = 0
        while not self.bit():
            zeros += 1
            if zeros > 32:
                raise IndexError("an Exp-Golomb code of over 32 bits")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        """se(v) of 9.1.1."""
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def parse(nal: bytes) -> Sps:
    """The SPS in a NAL unit, its header byte included. Raises :class:`PetcamError` (``BAD_SOURCE``)."""
    try:
        return _parse(Bits(nal[1:MAX_SPS_BYTES]))
    except IndexError as error:
        raise PetcamError(Code.BAD_SOURCE, "its sequence parameter set is broken") from error


def _parse(r: Bits) -> Sps:
    profile = r.bits(8)
    r.bits(16)  # constraint flags, level
    r.unsigned()  # id
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
    fps = _fps(r) if r.bit() else 0.0
    size = (width, height, fps, references, coded_width, coded_height)
    return Sps(profile, chroma, depth, not frames_only, *size)


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


def _fps(r: Bits) -> float:
    """The frame rate in the VUI; 0 where there is none."""
    if r.bit() and r.bits(8) == _EXTENDED_SAR:
        r.bits(32)
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
    return scale / (2 * units) if units else 0.0
