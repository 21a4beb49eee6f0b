"""Writes an SPS that claims any size: what a camera sends before its pictures, and all that has to be looked at."""


def sps_of(width: int, height: int, references: int = 1) -> bytes:
    """The NAL unit of a baseline SPS; width and height are multiples of 16."""
    fields = [0, 0, 2, references]  # id, log2_max_frame_num - 4, picture order, reference frames
    bits = "".join(map(_exp_golomb, fields)) + "0" + _exp_golomb(width // 16 - 1) + _exp_golomb(height // 16 - 1)
    bits += "1" + "1" + "0" + "0" + "1"  # frames only, direct_8x8_inference, no cropping, no VUI, the end
    bits += "0" * (-len(bits) % 8)
    return b"\x67\x42\x00\x33" + int(bits, 2).to_bytes(len(bits) // 8, "big")


def _exp_golomb(value: int) -> str:
    code = f"{value + 1:b}"
    return "0" * (len(code) - 1) + code
