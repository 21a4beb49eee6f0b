"""Small clips of H.264 and JPEGs whose pictures bear their numbers; and how they get damaged."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import av

from petcam.h264 import annexb
from tests.zoo.painted import SIZE, painted

PICTURES = 200
REFRESHED_IN = 20  # pictures, by intra refresh
# One bit of a P slice's header as x264 writes it (first_mb_in_slice 0, slice_type 5): with it slice_type is 6, B.
B_INSTEAD_OF_P = (1, 0x04)  # byte of the NAL unit, mask
GARBLED = tuple((byte, 0x10) for byte in range(30, 60, 5))  # behind the header of a slice


@cache
def h264(
    keyint: int = 20, intra_refresh: bool = False, size: tuple[int, int] = SIZE, slices: int = 1
) -> list[list[bytes]]:
    """Access units, ``PICTURES`` of them. Constrained baseline; with intra refresh the first alone is an IDR picture,
    and every ``keyint`` there is a recovery point."""
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.framerate, encoder.time_base = "yuv420p", Fraction(20), Fraction(1, 20)
    params = f"keyint={keyint}:min-keyint={keyint}:scenecut=0:bframes=0:repeat-headers=1:annexb=1:threads=1"
    params += f":slices={slices}"
    params += ":intra-refresh=1" if intra_refresh else ""
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "x264-params": params}
    return [list(annexb.nal_units(bytes(packet))) for packet in _packets(encoder, size)]


@cache
def h265(size: tuple[int, int] = SIZE) -> list[list[bytes]]:
    """Like :func:`h264`, of H.265."""
    encoder: Any = av.CodecContext.create("libx265", "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.framerate, encoder.time_base = "yuv420p", Fraction(20), Fraction(1, 20)
    params = "keyint=20:min-keyint=20:scenecut=0:bframes=0:repeat-headers=1:log-level=none:pools=1:frame-threads=1"
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x265-params": params}
    return [list(annexb.nal_units(bytes(packet))) for packet in _packets(encoder, size)]


@cache
def jpegs(size: tuple[int, int] = SIZE) -> list[bytes]:
    """As many, each whole by itself."""
    encoder: Any = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.framerate, encoder.time_base = "yuvj420p", Fraction(20), Fraction(1, 20)
    return [bytes(packet) for packet in _packets(encoder, size)]


def _packets(encoder: Any, size: tuple[int, int]) -> Iterator[Any]:
    for number in range(PICTURES):
        frame = av.VideoFrame.from_ndarray(painted(number, size), format="rgb24").reformat(format=encoder.pix_fmt)
        frame.pts = number
        yield from encoder.encode(frame)
    yield from encoder.encode(None)


def with_bits_flipped(nal: bytes, places: tuple[tuple[int, int], ...]) -> bytes:
    """``places``: byte and mask; those behind its end are passed over."""
    damaged = bytearray(nal)
    for byte, mask in places:
        if byte < len(damaged):
            damaged[byte] ^= mask
    return bytes(damaged)


def with_damaged_slices(
    units: list[list[bytes]], at: set[int], places: tuple[tuple[int, int], ...]
) -> list[list[bytes]]:
    """In the access units ``at`` every slice has these bits flipped."""
    return [
        [with_bits_flipped(nal, places) if is_slice(nal) and number in at else nal for nal in nals]
        for number, nals in enumerate(units)
    ]


def with_short_sps(units: list[list[bytes]], at: set[int]) -> list[list[bytes]]:
    """In the access units ``at`` the SPS is two bytes long."""
    return [
        [nal[:2] if annexb.nal_type(nal) == annexb.SPS and number in at else nal for nal in nals]
        for number, nals in enumerate(units)
    ]


def is_slice(nal: bytes) -> bool:
    return annexb.nal_type(nal) in (annexb.SLICE, annexb.IDR)
