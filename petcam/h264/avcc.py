"""H.264 as MP4 and Matroska store it (ISO/IEC 14496-15): NAL units behind their lengths, parameter sets apart."""

from collections.abc import Generator


def length_size(extradata: bytes) -> int:
    """Bytes of each length; 0 where the stream's ``extradata`` is no AVCDecoderConfigurationRecord: it is Annex-B."""
    return extradata[4] % 4 + 1 if extradata[:1] == b"\1" else 0


def parameter_sets(extradata: bytes) -> list[bytes]:
    """The parameter sets of an AVCDecoderConfigurationRecord."""
    sets, at = [], 5
    for mask in (31, 255):  # SPS, then PPS
        count = extradata[at] & mask if at < len(extradata) else 0
        at += 1
        for _ in range(count):
            size = int.from_bytes(extradata[at : at + 2], "big")
            sets.append(extradata[at + 2 : at + 2 + size])
            at += 2 + size
    return [nal for nal in sets if nal]


def nal_units(data: bytes, length_size: int) -> Generator[bytes, None, None]:
    """The NAL units of a sample."""
    at = 0
    while at + length_size < len(data):
        size = int.from_bytes(data[at : at + length_size], "big")
        at += length_size
        if size:
            yield data[at : at + size]
        at += size
