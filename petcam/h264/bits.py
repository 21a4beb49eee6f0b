"""Reads the bits of a NAL unit (ITU-T H.264, 7.2 and 9.1)."""


class Bits:
    """Reads the payload of a NAL unit (behind its header byte), emulation prevention taken out.

    Raises ``IndexError`` behind the end.
    """

    def __init__(self, payload: bytes) -> None:
        self._data = payload.replace(b"\0\0\3", b"\0\0")
        self._position = 0

    def bit(self) -> int:
        value = self._data[self._position >> 3] >> (7 - (self._position & 7)) & 1
        self._position += 1
        return value

    def bits(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | self.bit()
        return value

    def unsigned(self) -> int:
        """ue(v) of 9.1."""
        zeros = 0
        while not self.bit():
            zeros += 1
            if zeros > 32:
                raise IndexError("an Exp-Golomb code of over 32 bits")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        """se(v) of 9.1.1."""
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)
