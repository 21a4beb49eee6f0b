"""The parameter sets of a stream by their ids, and which of them a picture needs (ITU-T H.264, 7.4.1.2.1)."""

from dataclasses import dataclass

from petcam.errors import Code, PetcamError
from petcam.h264 import annexb, pps, sps
from petcam.h264.pps import Pps
from petcam.h264.sps import Sps

MAX_PPS_BYTES = 64 * 1024  # of all PPS together; a stream has one or two, of some ten bytes each


@dataclass(frozen=True)
class _StoredSps:
    nal: bytes
    parsed: Sps


@dataclass(frozen=True)
class _StoredPps:
    nal: bytes
    parsed: Pps


class ParameterSets:
    """A set that is broken changes nothing. One that browsers cannot play does not take the place of one that they
    can before it has come twice: it may be damaged."""

    def __init__(self) -> None:
        self._sps: dict[int, _StoredSps] = {}
        self._pps: dict[int, _StoredPps] = {}
        self._suspects: dict[int, bytes] = {}  # SPS that have come once, by id

    def take(self, nal: bytes) -> bool:
        """Remember an SPS or PPS; False: it is broken, or not to be believed yet."""
        try:
            return self._take_sps(nal) if annexb.nal_type(nal) == annexb.SPS else self._take_pps(nal)
        except PetcamError:
            return False

    def _take_sps(self, nal: bytes) -> bool:
        if len(nal) > sps.MAX_SPS_BYTES:
            return False
        parsed = sps.parse(nal)
        known = self._sps.get(parsed.id)
        suspect = self._suspects.pop(parsed.id, None)
        if known is not None and known.parsed.fault() is None and parsed.fault() is not None and suspect != nal:
            self._suspects[parsed.id] = nal
            return False
        self._sps[parsed.id] = _StoredSps(nal, parsed)
        return True

    def _take_pps(self, nal: bytes) -> bool:
        parsed = pps.parse(nal)
        self._pps.pop(parsed.id, None)
        if sum(len(each.nal) for each in self._pps.values()) + len(nal) > MAX_PPS_BYTES:
            return False
        self._pps[parsed.id] = _StoredPps(nal, parsed)
        return True

    def sps_of(self, pps_id: int) -> Sps:
        """That which a slice uses. Raises ``BAD_SOURCE`` where it has not come."""
        return self._stored_sps(pps_id).parsed

    def needed_from(self, pps_id: int) -> list[bytes]:
        """What a decoder needs that begins at an IDR picture: its SPS, and all PPS that the pictures after it may use,
        that of ``pps_id`` first."""
        stored = self._stored_sps(pps_id)
        mine = [each for each in self._pps.values() if each.parsed.sps_id == stored.parsed.id]
        mine.sort(key=lambda each: each.parsed.id != pps_id)
        return [stored.nal, *(each.nal for each in mine)]

    def _stored_sps(self, pps_id: int) -> _StoredSps:
        try:
            return self._sps[self._pps[pps_id].parsed.sps_id]
        except KeyError:
            raise PetcamError(Code.BAD_SOURCE, "a picture's parameter sets are missing") from None
