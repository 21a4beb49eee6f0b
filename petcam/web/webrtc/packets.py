"""An access unit as RTP payloads (RFC 6184, packetization-mode 1), made once for all viewers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from petcam.shm.stream import AccessUnit

MAX_PAYLOAD_BYTES = 1188  # as in the streamer: an IPv6 packet with all headers stays under 1280 bytes
# Access unit delimiters and filler data say nothing here; 0 and 24 to 31 are not H.264's, and RTP has a use of its own
# for most of them.
LEFT_OUT = frozenset({0, 9, 12, *range(24, 32)})
FU_A, FU_START, FU_END = 28, 0x80, 0x40
_START = re.compile(rb"\x00\x00\x01")


@dataclass(frozen=True)
class Packets:
    payloads: list[bytes]
    timestamp: int  # RTP, 90 kHz
    keyframe: bool
    size: int  # bytes


def packetize(unit: AccessUnit) -> Packets:
    payloads = [payload for nal in nals(unit.data) for payload in _split(nal)]
    return Packets(payloads, unit.rtp_timestamp, unit.keyframe, sum(map(len, payloads)))


def nals(data: bytes) -> Iterator[bytes]:
    """The NAL units of Annex-B data that RTP carries."""
    starts = [found.start() for found in _START.finditer(data)]
    for start, end in zip(starts, [*starts[1:], len(data)], strict=False):
        nal = data[start + 3 : end].rstrip(b"\0")  # the first zero byte of a four-byte start code that follows
        if nal and nal[0] & 0x1F not in LEFT_OUT:
            yield nal


def _split(nal: bytes) -> Iterator[bytes]:
    if len(nal) <= MAX_PAYLOAD_BYTES:
        yield nal
        return
    indicator, kind, step = nal[0] & 0xE0 | FU_A, nal[0] & 0x1F, MAX_PAYLOAD_BYTES - 2
    for start in range(1, len(nal), step):
        flags = (FU_START if start == 1 else 0) | (FU_END if start + step >= len(nal) else 0)
        yield bytes((indicator, flags | kind)) + nal[start : start + step]
