"""Writes NAL units of H.264 field by field: what a stream says of itself, without any picture."""


def sps_of(
    width: int,
    height: int,
    references: int = 1,
    number: int = 0,
    profile: int = 66,
    interlaced: bool = False,
    timing: tuple[int, int] | None = None,
    aspect: tuple[int, int] | None = None,
) -> bytes:
    """An SPS of the profiles 66, 77 and 88; width and height are multiples of 16 (of 32 where it is interlaced).

    ``timing`` is (num_units_in_tick, time_scale), ``aspect`` a sample's width and height.
    """
    fields = [number, 0, 2, references]  # id, log2_max_frame_num - 4, picture order, reference frames
    rows = height // 32 if interlaced else height // 16
    bits = "".join(map(exp_golomb, fields)) + "0" + exp_golomb(width // 16 - 1) + exp_golomb(rows - 1)
    bits += "00" if interlaced else "1"
    bits += "1" + "0"  # direct_8x8_inference, no cropping
    bits += _vui(timing, aspect) if timing or aspect else "0"
    return bytes((0x67, profile, 0, 0x33)) + _padded(bits)


def _vui(timing: tuple[int, int] | None, aspect: tuple[int, int] | None) -> str:
    bits = "1"
    bits += f"1{255:08b}{aspect[0]:016b}{aspect[1]:016b}" if aspect else "0"
    bits += "000"  # overscan, video signal, chroma location
    bits += f"1{timing[0]:032b}{timing[1]:032b}1" if timing else "0"
    return bits + "0000"  # no HRD of either kind, no picture structure, no bitstream restriction


def pps_of(number: int = 0, sps: int = 0, mark: int = 0) -> bytes:
    """A PPS; ``mark`` makes two of one id differ."""
    return b"\x68" + _padded(exp_golomb(number) + exp_golomb(sps) + "00" + exp_golomb(mark))


def slice_of(kind: str = "P", pps: int = 0, idr: bool = False, first: int = 0, data: bytes = b"data") -> bytes:
    """The head of a slice, of kind "P", "B" or "I", with something behind it."""
    head = exp_golomb(first) + exp_golomb("PBI".index(kind)) + exp_golomb(pps)
    return (b"\x65" if idr else b"\x41") + _padded(head) + data


def exp_golomb(value: int) -> str:
    code = f"{value + 1:b}"
    return "0" * (len(code) - 1) + code


def _padded(bits: str) -> bytes:
    """With the bit that ends each NAL unit; emulation prevention is put in."""
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    raw = int(bits, 2).to_bytes(len(bits) // 8, "big")
    out = bytearray()
    for byte in raw:
        if byte <= 3 and out[-2:] == b"\0\0":
            out.append(3)
        out.append(byte)
    return bytes(out)
