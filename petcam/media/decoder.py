"""H.264 to frames, by PyAV: a picture's size is known and paid for before anything is decoded. For one thread."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import islice
from typing import Any

import av
import av.error

from petcam.errors import Code, PetcamError
from petcam.h264 import annexb, sps
from petcam.media.budget import PictureBudget, Share

# What FFmpeg takes for each pixel, measured with FFmpeg 5 to 8: a decoder, and each frame that it keeps (with the
# tables beside the samples).
FIXED_BYTES, DECODER_BYTES_PER_PIXEL, TABLE_BYTES_PER_PIXEL = 2**20, 0.5, 0.6
SAMPLES_PER_PIXEL = {0: 1.5, 1: 1.5, 2: 2.0, 3: 3.0}  # by chroma_format_idc
MAX_DECODER_BYTES = 56 * 2**20  # 3840x2160 with one reference frame takes 55 MiB
MAX_WAIT_SECONDS = 4.0  # until other pictures have given back what this one needs
MAX_WITHHELD = 1  # pictures that a decoder may keep back: access units come in the order in which they are shown
MAX_REFERENCE_FRAMES, MAX_SETS = 16, 32  # by the standard: of a stream, and different SPS in it
PROFILES = frozenset({66, 77, 88, 100, 110, 122, 244, 44})  # whose SPS FFmpeg reads as petcam.h264 does
WIDTH_ALIGNMENT = 64  # FFmpeg compares max_pixels with a width that is rounded up to this
NANOSECONDS = Fraction(1, 1_000_000_000)


class Decoder:
    """What cannot be decoded is skipped up to the next keyframe. Close it: it holds a share of the budget."""

    def __init__(self, budget: PictureBudget) -> None:
        self._budget = budget
        self.aspect = (1, 1)  # width and height of a pixel in the frames to come
        self._share: Share | None = None
        self._sets: list[bytes] = []  # the sequence parameter sets that the share was taken for
        self._max_pixels = 0
        self._context: Any = None
        self._withheld = 0  # access units of this context that have given no frame so far

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        self._context, self._sets = None, []
        if self._share is not None:
            self._share.release()
            self._share = None

    def feed(self, unit: Any) -> Any:
        """The frame that one ``AccessUnit`` gives, its ``pts`` the capture's nanoseconds; None where there is none.

        Raises ``UNSUPPORTED`` where its SPS claims pictures that are too large, ``BUSY`` where others take the room.
        """
        if not self._prepare(unit):
            return None
        packet: Any = av.Packet(unit.data)
        packet.pts, packet.time_base = unit.capture_ns, NANOSECONDS
        try:
            frames = self._context.decode(packet)
        except av.error.FFmpegError:
            frames, self._context = [], None
        self._withheld += 1 - len(frames)
        if self._withheld > MAX_WITHHELD:  # it would keep more frames than were paid for
            self._context = None
        return frames[-1] if frames and not frames[-1].is_corrupt else None

    def _prepare(self, unit: Any) -> bool:
        """Have a context whose size was checked; false where this unit has to be skipped."""
        sets = list(islice(_sequence_parameter_sets(unit.data), MAX_SETS + 1))
        if sets and sets != self._sets:
            self.close()  # its frames go before those of the new size come
            try:
                needed, self._max_pixels, self.aspect = _needs(sets)
            except _Broken:
                return False
            self._share, self._sets = self._budget.wait(needed, MAX_WAIT_SECONDS), sets
        if unit.keyframe and self._sets and (self._context is None or unit.discontinuity):
            self._context, self._withheld = open_decoder("h264", self._max_pixels), 0
        return self._context is not None


class _Broken(Exception):
    """An SPS that cannot be read, as in damaged data."""


def open_decoder(name: str, max_pixels: int) -> Any:
    """A context that gives each picture at once and refuses larger ones; without threads, each with frames of its
    own."""
    av.logging.set_level(av.logging.PANIC)  # of damaged data FFmpeg would write lines past the log, for each picture
    context: Any = av.CodecContext.create(name, "r")
    context.options = {"threads": "1", "flags": "low_delay", "max_pixels": str(max_pixels)}
    return context


def max_pixels_for(width: int, height: int) -> int:
    return -(-width // WIDTH_ALIGNMENT) * WIDTH_ALIGNMENT * height


def _sequence_parameter_sets(data: bytes) -> Iterable[bytes]:
    """Found without copying the rest of an access unit, which has some 100 KB."""
    start = data.find(b"\0\0\1")
    while start >= 0:
        end = data.find(b"\0\0\1", start + 3)
        if start + 3 < len(data) and data[start + 3] & 31 == annexb.SPS:
            yield data[start + 3 : end if end >= 0 else None].rstrip(b"\0")
        start = end


def _needs(sets: list[bytes]) -> tuple[int, int, tuple[int, int]]:
    """Bytes that decoding takes at most, the largest picture in FFmpeg's pixels, and the shape of a pixel, by the first
    set: that is the one in use.

    Raises ``UNSUPPORTED`` where that is too much, ``_Broken`` where a set cannot be read.
    """
    if len(sets) > MAX_SETS:
        raise _Broken
    needed = pixels = 0
    aspects = []
    for each in sets:
        try:
            parsed = sps.parse(each)
        except PetcamError as error:
            raise _Broken from error
        if parsed.reference_frames > MAX_REFERENCE_FRAMES:
            raise _Broken
        aspects.append(parsed.aspect)
        needed = max(needed, _decoder_bytes(parsed))
        pixels = max(pixels, max_pixels_for(parsed.coded_width, parsed.coded_height))
    return needed, pixels, aspects[0]


def _decoder_bytes(parsed: sps.Sps) -> int:
    """Raises ``UNSUPPORTED`` where that is too much."""
    if parsed.profile not in PROFILES or parsed.chroma_format not in SAMPLES_PER_PIXEL:
        raise PetcamError(Code.UNSUPPORTED, f"no JPEGs are made of H.264 of profile {parsed.profile}")
    pixels = parsed.coded_width * parsed.coded_height
    sample_bytes = 1 if parsed.bit_depth == 8 else 2
    per_frame = pixels * (SAMPLES_PER_PIXEL[parsed.chroma_format] * sample_bytes + TABLE_BYTES_PER_PIXEL)
    frames = parsed.reference_frames + 1 + MAX_WITHHELD
    needed = int(FIXED_BYTES + pixels * DECODER_BYTES_PER_PIXEL + frames * per_frame)
    if needed > MAX_DECODER_BYTES:
        size = f"{parsed.width}x{parsed.height} pixels with {parsed.reference_frames} reference frames"
        raise PetcamError(
            Code.UNSUPPORTED,
            f"unsupported picture size: {size} would take {needed >> 20} MiB of memory, of {MAX_DECODER_BYTES >> 20}",
        )
    return needed
