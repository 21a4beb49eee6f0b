"""Annex-B byte streams: NAL units behind start codes, gathered into access units."""

from collections.abc import Iterator
from dataclasses import dataclass

from petcam.errors import Code, PetcamError

START_CODE = b"\0\0\0\1"
MAX_ACCESS_UNIT_BYTES = 4 * 1024 * 1024  # the shared memory takes no larger one

SLICE, IDR, SEI, SPS, PPS, DELIMITER = 1, 5, 6, 7, 8, 9  # nal_unit_type


@dataclass(frozen=True)
class Syntax:
    """How NAL units begin: with a header of so many bytes, the first of which has the type.

    The first bit behind it says of a slice whether it is a picture's first. ``before_first_slice``: types that begin a
    picture, as well.
    """

    header_bytes: int
    slices: frozenset[int]
    before_first_slice: frozenset[int]

    def kind(self, first_byte: int) -> int:
        return first_byte & 31 if self.header_bytes == 1 else first_byte >> 1 & 63


H264 = Syntax(1, frozenset({SLICE, IDR}), frozenset({SEI, SPS, PPS, DELIMITER, *range(14, 19)}))  # 7.4.1.2.3
H265 = Syntax(2, frozenset(range(32)), frozenset({*range(32, 36), 39, *range(41, 45), *range(48, 56)}))  # 7.4.2.4.4


def nal_type(nal: bytes) -> int:
    return nal[0] & 31


def nal_units(data: bytes) -> Iterator[bytes]:
    """The NAL units of a piece of byte stream that begins with a start code, each without it."""
    start = data.find(b"\0\0\1")
    while start >= 0:
        end = data.find(b"\0\0\1", start + 3)
        nal = data[start + 3 : end if end >= 0 else None].rstrip(b"\0")
        if nal:
            yield nal
        start = end


def join(nals: list[bytes]) -> bytes:
    """One access unit of NAL units."""
    return START_CODE + START_CODE.join(nals)


class Splitter:
    """Cuts a byte stream into access units, whatever the chunks it comes in.

    An access unit is known to be complete when the next one begins, so each is returned one later; ``flush``
    returns the last, also where nothing more has come for a while. Memory is bounded: what has no access unit in
    ``MAX_ACCESS_UNIT_BYTES`` is an error.
    """

    def __init__(self, syntax: Syntax = H264) -> None:
        self._syntax = syntax
        self._buffer = bytearray()
        self.was_cut = False  # what the last `flush` returned went on after all
        self._searched = 0  # bytes of the buffer that have been searched for start codes
        self._has_slice = False  # whether the access unit at the buffer's start has a slice already
        self._flushed = False  # whether nothing has come since the last `flush`

    def push(self, chunk: bytes) -> list[list[bytes]]:
        """The access units, as NAL units, that ``chunk`` completes.

        Raises :class:`PetcamError` (``BAD_SOURCE``) where this is no H.264, or far too much of it.
        """
        self.was_cut = self._flushed and self._goes_on(chunk)
        self._flushed = self._flushed and not chunk
        self._buffer += chunk
        units = []
        header = 3 + self._syntax.header_bytes
        while (start := self._buffer.find(b"\0\0\1", self._searched)) >= 0 and start + header < len(self._buffer):
            kind = self._syntax.kind(self._buffer[start + 3])
            is_slice = kind in self._syntax.slices
            begins = kind in self._syntax.before_first_slice or (is_slice and self._buffer[start + header] & 0x80)
            if begins and self._has_slice:
                units.append(list(nal_units(bytes(self._buffer[:start]))))
                del self._buffer[:start]
                start, self._has_slice = 0, False
            self._has_slice = self._has_slice or is_slice
            self._searched = start + 3
        if start < 0:
            self._searched = max(self._searched, len(self._buffer) - 2)
        if len(self._buffer) > MAX_ACCESS_UNIT_BYTES:
            raise PetcamError(
                Code.BAD_SOURCE, f"no H.264 in Annex-B form: no picture within {MAX_ACCESS_UNIT_BYTES} bytes"
            )
        return units

    @property
    def is_empty(self) -> bool:
        return not self._buffer

    @property
    def has_picture(self) -> bool:
        """Whether ``flush`` would return something."""
        return self._has_slice

    def flush(self) -> list[list[bytes]]:
        """The access unit that has come last."""
        rest, has_slice = bytes(self._buffer), self._has_slice
        self._buffer, self._searched, self._has_slice = bytearray(), 0, False
        self._flushed = has_slice
        return [list(nal_units(rest))] if has_slice else []

    def _goes_on(self, chunk: bytes) -> bool:
        """Whether it is no beginning: the rest of a NAL unit, or a picture's further slice."""
        bare = chunk.lstrip(b"\0")
        if not bare:
            return False
        header = self._syntax.header_bytes
        is_slice = len(bare) > 1 + header and self._syntax.kind(bare[1]) in self._syntax.slices
        return bare[0] != 1 or len(chunk) - len(bare) < 2 or (is_slice and not bare[1 + header] & 0x80)
