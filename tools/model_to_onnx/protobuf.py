"""Protocol buffers as bytes: a message is its fields, joined."""

import struct


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; a negative number as its 64 bits."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def integer(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def real(field: int, number: float) -> bytes:
    return varint(field << 3 | 5) + struct.pack("<f", number)


def block(field: int, content: bytes) -> bytes:
    """A message, text or raw bytes, with its length in front."""
    return opening(field, len(content)) + content


def opening(field: int, length: int) -> bytes:
    """What stands in front of a block's content."""
    return varint(field << 3 | 2) + varint(length)


def text(field: int, words: str) -> bytes:
    return block(field, words.encode())
