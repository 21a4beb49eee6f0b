"""From NAL units to pictures that a browser can play live."""

from dataclasses import dataclass

from petcam.h264 import annexb, sps
from petcam.h264.annexb import nal_type


class NotPlayable(Exception):
    """A browser cannot play this live; the message says why. It has to be transcoded."""


@dataclass(frozen=True)
class CodedPicture:
    """One access unit in Annex-B form; a keyframe has its SPS and PPS. Sizes in pixels."""

    data: bytes
    keyframe: bool
    width: int
    height: int


class Assembler:
    """Remembers the parameter sets of a stream, and puts them before the keyframes that lack them."""

    def __init__(self, parameter_sets: list[bytes] | None = None) -> None:
        self._sets: dict[int, list[bytes]] = {annexb.SPS: [], annexb.PPS: []}
        self._sps: sps.Sps | None = None
        self._remember(parameter_sets or [])

    @property
    def fps(self) -> float:
        """Of the newest SPS; 0 where there is none, or where it does not say."""
        return self._sps.fps if self._sps else 0.0

    def picture(self, nals: list[bytes]) -> CodedPicture | None:
        """The picture of an access unit's NAL units; ``None`` where it cannot be decoded for lack of parameter sets.

        Raises :class:`NotPlayable`, and :class:`petcam.errors.PetcamError` for a broken SPS.
        """
        self._remember(nals)
        if self._sps is None or not self._sets[annexb.PPS]:
            return None
        kinds = {nal_type(nal) for nal in nals}
        if not kinds & {annexb.SLICE, annexb.IDR}:
            return None
        if any(_is_b_slice(nal) for nal in nals if nal_type(nal) == annexb.SLICE):
            raise NotPlayable("it has B-frames")
        keyframe = annexb.IDR in kinds
        if keyframe and not {annexb.SPS, annexb.PPS} <= kinds:
            others = [nal for nal in nals if nal_type(nal) not in (annexb.DELIMITER, annexb.SPS, annexb.PPS)]
            nals = self._sets[annexb.SPS] + self._sets[annexb.PPS] + others
        return CodedPicture(annexb.join(nals), keyframe, self._sps.width, self._sps.height)

    def _remember(self, nals: list[bytes]) -> None:
        for kind, known in self._sets.items():
            found = [nal for nal in nals if nal_type(nal) == kind]
            if found and found != known:
                self._sets[kind] = found
                if kind == annexb.SPS:
                    self._parse_sps(found[0])

    def _parse_sps(self, nal: bytes) -> None:
        self._sps = sps.parse(nal)
        fault = self._sps.fault()
        if fault is not None:
            raise NotPlayable(fault)


def _is_b_slice(nal: bytes) -> bool:
    bits = sps.Bits(nal[1:32])
    try:
        bits.unsigned()  # first_mb_in_slice
        return bits.unsigned() % 5 == 1
    except IndexError:
        return False
