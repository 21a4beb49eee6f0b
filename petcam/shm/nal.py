"""As much of H.264 as the contract speaks of: start codes, and where decoding can begin."""

from collections.abc import Iterator

SPS, PPS, IDR = 7, 8, 5


def is_annexb(data: bytes) -> bool:
    """Whether the data begins with a start code."""
    return data.startswith((b"\0\0\1", b"\0\0\0\1"))


def is_keyframe(data: bytes) -> bool:
    """Whether decoding can begin at this access unit (Annex-B): SPS and PPS, and its first slice is an IDR's."""
    kinds = list(_kinds(data))
    return kinds[-1:] == [IDR] and {SPS, PPS} <= set(kinds)


def has_idr(data: bytes) -> bool:
    """Whether this access unit (Annex-B) is an IDR picture, decodable by itself or not."""
    return list(_kinds(data))[-1:] == [IDR]


def _kinds(data: bytes) -> Iterator[int]:
    """The types of the NAL units up to the first slice; what follows is the same picture."""
    position = data.find(b"\0\0\1")
    while 0 <= position < len(data) - 3:
        kind = data[position + 3] & 0x1F
        yield kind
        if 1 <= kind <= IDR:
            return
        position = data.find(b"\0\0\1", position + 3)
