"""The beginning of a slice of H.264 (ITU-T H.264, 7.3.3)."""

from dataclasses import dataclass

from petcam.errors import Code, PetcamError
from petcam.h264.bits import Bits
from petcam.h264.pps import MAX_ID as MAX_PPS_ID

HEAD_BYTES = 24  # in which all that is read here is
MAX_MACROBLOCKS = 139_264  # of a picture, level 6.2
_KINDS = ("P", "B", "I", "SP", "SI")  # slice_type; from 5 on all slices of the picture are of that type


@dataclass(frozen=True)
class SliceHeader:
    first_macroblock: int
    kind: str  # "P", "B", "I", "SP" or "SI"
    pps_id: int


def parse(nal: bytes) -> SliceHeader:
    """Of a NAL unit of type 1 or 5, its header byte included. Raises :class:`PetcamError` (``BAD_SOURCE``)."""
    bits = Bits(nal[1:HEAD_BYTES])
    try:
        first, kind, pps_id = bits.unsigned(), bits.unsigned(), bits.unsigned()
    except IndexError:
        first, kind, pps_id = 0, 10, 0
    if first > MAX_MACROBLOCKS or kind > 9 or pps_id > MAX_PPS_ID:
        raise PetcamError(Code.BAD_SOURCE, "a slice of it is broken")
    return SliceHeader(first, _KINDS[kind % 5], pps_id)
