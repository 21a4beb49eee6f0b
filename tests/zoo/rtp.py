"""H.264, H.265 and PCMA in RTP packets (RFC 3550, RFC 6184, RFC 7798)."""

import random
import struct
from collections.abc import Iterator

MAX_PAYLOAD_BYTES = 1200
VIDEO, PCMA = 96, 8  # payload types


class RtpStream:
    """Numbers the packets of one track. Of ``lost`` packets one is numbered and not sent; 0: all are sent.

    ``evenly``: a NAL unit that is too large is cut into pieces of the same size, and not into the largest and a rest.
    """

    def __init__(self, payload_type: int, lost: int = 0, is_h265: bool = False, evenly: bool = False) -> None:
        self._type, self._lost = payload_type, lost
        self._is_h265, self._evenly = is_h265, evenly
        self._sequence = 0
        self._chance = random.Random(1)

    def packet(self, payload: bytes, stamp: int, marker: bool) -> bytes | None:
        """``None``: it is lost. ``stamp`` wraps here."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        if self._lost and self._chance.randrange(self._lost) == 0:
            return None
        return struct.pack(">BBHII", 0x80, marker << 7 | self._type, self._sequence, stamp & 0xFFFFFFFF, 1) + payload

    def packets(self, nals: list[bytes], stamp: int) -> list[bytes | None]:
        """Those of one access unit, the last with the marker."""
        parts = [part for nal in nals for part in payloads(nal, self._is_h265, self._evenly)]
        return [self.packet(part, stamp, number == len(parts)) for number, part in enumerate(parts, 1)]


def payloads(nal: bytes, is_h265: bool = False, evenly: bool = False) -> Iterator[bytes]:
    """The NAL unit as it is, or as fragments where it is larger."""
    if len(nal) <= MAX_PAYLOAD_BYTES:
        yield nal
        return
    header = 2 if is_h265 else 1
    count = -(-(len(nal) - header) // MAX_PAYLOAD_BYTES)
    size = -(-(len(nal) - header) // count) if evenly else MAX_PAYLOAD_BYTES
    starts = range(header, len(nal), size)
    for at in starts:
        flags = (at == starts[0]) << 7 | (at == starts[-1]) << 6
        if is_h265:
            head = bytes((nal[0] & 0x81 | 49 << 1, nal[1], flags | nal[0] >> 1 & 63))
        else:
            head = bytes((nal[0] & 0xE0 | 28, flags | nal[0] & 31))
        yield head + nal[at : at + size]
