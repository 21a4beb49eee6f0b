"""Annex-B byte streams: NAL units behind start codes, gathered into access units."""

from collections.abc import Iterator

from petcam.errors import Code, PetcamError

START = b"\0\0\0\1"
MAX_ACCESS_UNIT = 4 * 1024 * 1024  # bytes; the shared memory takes no larger one

SLICE, IDR, SEI, SPS, PPS, DELIMITER = 1, 5, 6, 7, 8, 9  # nal_unit_type
_BEGINS = frozenset({SEI, SPS, PPS, DELIMITER, 14, 15, 16, 17, 18})  # before the first slice of a picture, 7.4.1.2.3


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
    return START + START.join(nals)


class Splitter:
    """Cuts a byte stream into access units, whatever the chunks it comes in.

    An access unit is known to be whole when the next one begins, so each is given out one later; ``flush`` gives the
    last. Memory is bounded: what is no access unit after ``MAX_ACCESS_UNIT`` bytes is an error.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at = 0  # everything before has been searched for start codes
        self._sliced = False  # the access unit at the buffer's start has a slice already

    def push(self, chunk: bytes) -> list[list[bytes]]:
        """The access units, as NAL units, that ``chunk`` completes.

        Raises :class:`PetcamError` (``BAD_SOURCE``) where this is no H.264, or far too much of it.
        """
        self._buffer += chunk
        units = []
        while (start := self._buffer.find(b"\0\0\1", self._at)) >= 0 and start + 4 < len(self._buffer):
            kind, first_mb = self._buffer[start + 3] & 31, self._buffer[start + 4]
            is_slice = kind in (SLICE, IDR)
            begins = kind in _BEGINS or (is_slice and first_mb & 0x80)  # first_mb_in_slice is 0
            if begins and self._sliced:
                units.append(list(nal_units(bytes(self._buffer[:start]))))
                del self._buffer[:start]
                start, self._sliced = 0, False
            self._sliced = self._sliced or is_slice
            self._at = start + 3
        if start < 0:
            self._at = max(self._at, len(self._buffer) - 2)
        if len(self._buffer) > MAX_ACCESS_UNIT:
            raise PetcamError(Code.BAD_SOURCE, f"no H.264 in Annex-B form: no picture within {MAX_ACCESS_UNIT} bytes")
        return units

    def flush(self) -> list[list[bytes]]:
        """The last access unit, at the stream's end."""
        rest, sliced = bytes(self._buffer), self._sliced
        self.__init__()  # type: ignore[misc]
        return [list(nal_units(rest))] if sliced else []
