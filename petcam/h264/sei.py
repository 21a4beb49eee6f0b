"""Supplemental enhancement information (ITU-T H.264, 7.3.2.3 and D.1.8)."""

RECOVERY_POINT = 6  # payloadType: decoding may begin here, and the picture is whole some pictures later


def payload_types(nal: bytes) -> list[int]:
    """Of each message in a NAL unit of type 6, its header byte included; what is cut off ends the list."""
    data, at, found = nal[1:].replace(b"\0\0\3", b"\0\0"), 0, []
    while at + 1 < len(data) and data[at] != 0x80:  # the bit that ends the NAL unit
        kind, at = _length(data, at)
        size, at = _length(data, at)
        if at + size > len(data):
            break
        found.append(kind)
        at += size
    return found


def _length(data: bytes, at: int) -> tuple[int, int]:
    """A number that is written as its 255s and the rest, and where it ends."""
    value = 0
    while at < len(data) and data[at] == 255:
        value, at = value + 255, at + 1
    return (value + data[at], at + 1) if at < len(data) else (value, at)
