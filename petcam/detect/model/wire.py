"""Protocol Buffers' wire format, reading only: a message is a row of fields, each a number, a kind and a value.

Nothing here knows ONNX, and nothing is copied: a message is a view of the file. All messages of a file share one
budget of fields, so that a hostile file cannot keep the reader busy.
Source: "Encoding" in the documentation of Protocol Buffers.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from petcam.detect.model.refusal import refusal

FIELDS = 500_000  # of a file, each number of a packed list included; the largest detectors have a tenth of it
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FIXED_SIZES = {FIXED64: 8, FIXED32: 4}
DAMAGED = "it ends in the middle, is damaged, or is no ONNX file; copy or download it anew"


@dataclass
class Budget:
    left: int = FIELDS

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise refusal(f"it has more than {FIELDS} fields; a detector for a small board has fewer")


@dataclass(frozen=True)
class Message:
    """A message, a string or plain bytes, as its field's user takes it. All methods raise ``BAD_MODEL``."""

    raw: memoryview
    budget: Budget

    def fields(self) -> Iterator[tuple[int, "int | Message"]]:
        """Each field's number and its value: a varint, or what else it has as a message."""
        at, end = 0, len(self.raw)
        while at < end:
            self.budget.spend()
            tag, at = self._varint(at)
            number, kind = tag >> 3, tag & 7
            if kind == VARINT:
                value, at = self._varint(at)
                yield number, value
                continue
            if kind == BYTES:
                size, at = self._varint(at)
            else:
                size = FIXED_SIZES.get(kind, end)
            if size > end - at:
                raise refusal(DAMAGED)
            yield number, Message(self.raw[at : at + size], self.budget)
            at += size

    def text(self, most: int) -> str:
        """A string of at most ``most`` bytes."""
        if len(self.raw) > most:
            raise refusal(f"a name in it is longer than {most} bytes")
        try:
            return bytes(self.raw).decode()
        except UnicodeDecodeError:
            raise refusal(DAMAGED) from None

    def float32(self) -> float:
        if len(self.raw) != 4:
            raise refusal(DAMAGED)
        return float(struct.unpack("<f", self.raw)[0])

    def float32s(self) -> NDArray[np.float32]:
        """A repeated float field's numbers, one or several, as a view."""
        if len(self.raw) % 4:
            raise refusal(DAMAGED)
        return np.frombuffer(self.raw, "<f4")

    def integers(self, most: int) -> list[int]:
        """A packed repeated integer field's numbers, at most ``most``."""
        numbers: list[int] = []
        at = 0
        while at < len(self.raw):
            self.budget.spend()
            number, at = self._varint(at)
            numbers.append(signed(number))
            if len(numbers) > most:
                raise refusal(f"a list in it has more than {most} numbers")
        return numbers

    def _varint(self, at: int) -> tuple[int, int]:
        """The number of up to 64 bits at ``at``, and where the next thing begins."""
        value = 0
        for shift in range(0, 70, 7):
            if at >= len(self.raw):
                break
            byte = self.raw[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF, at
        raise refusal(DAMAGED)


def signed(number: int) -> int:
    """A varint as the signed 64 bits that it stands for."""
    return number - (1 << 64) if number >> 63 else number


def whole(value: int | Message) -> int:
    """A field that must be a varint."""
    if isinstance(value, int):
        return value
    raise refusal(DAMAGED)


def inner(value: int | Message) -> Message:
    """A field that must not be a varint."""
    if isinstance(value, Message):
        return value
    raise refusal(DAMAGED)


def integers(value: int | Message, most: int) -> list[int]:
    """A repeated integer field: one number, or several packed."""
    return [signed(value)] if isinstance(value, int) else value.integers(most)
