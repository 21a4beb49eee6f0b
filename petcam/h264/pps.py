"""The picture parameter set of H.264 (ITU-T H.264, 7.3.2.2): which one it is, and to which SPS it belongs."""

from dataclasses import dataclass

from petcam.errors import Code, PetcamError
from petcam.h264.bits import Bits
from petcam.h264.sps import MAX_ID as MAX_SPS_ID

MAX_ID = 255  # pic_parameter_set_id
HEAD_BYTES = 16  # in which both ids are


@dataclass(frozen=True)
class Pps:
    id: int
    sps_id: int


def parse(nal: bytes) -> Pps:
    """The PPS in a NAL unit, its header byte included. Raises :class:`PetcamError` (``BAD_SOURCE``)."""
    bits = Bits(nal[1:HEAD_BYTES])
    try:
        pps = Pps(bits.unsigned(), bits.unsigned())
    except IndexError:
        pps = Pps(MAX_ID + 1, 0)
    if pps.id > MAX_ID or pps.sps_id > MAX_SPS_ID:
        raise PetcamError(Code.BAD_SOURCE, "its picture parameter set is broken")
    return pps
