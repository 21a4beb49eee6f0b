"""From NAL units to pictures that a browser can play live."""

from collections import deque
from dataclasses import dataclass

from petcam.errors import PetcamError
from petcam.h264 import annexb, slice_header
from petcam.h264.annexb import nal_type
from petcam.h264.parameter_sets import ParameterSets
from petcam.h264.slice_header import SliceHeader
from petcam.h264.sps import BASELINE, Sps

UNPLAYABLE = 3  # pictures that tell what a stream is like; one or two may be damaged
OF_PICTURES = 30  # among so many
# Of no use to anybody but a decoder's neighbour: delimiters, fillers, and the types that RTP has for itself.
_LEFT_OUT = frozenset({0, annexb.DELIMITER, 12, *range(24, 32)})


class NotPlayable(Exception):
    """A browser cannot play this live; the message says why. It has to be transcoded."""


@dataclass(frozen=True)
class CodedPicture:
    """One access unit in Annex-B form; a keyframe has its SPS and PPS. Sizes in pixels, ``aspect`` is that of one."""

    data: bytes
    keyframe: bool
    width: int
    height: int
    aspect: tuple[int, int] = (1, 1)


class Assembler:
    """Knows a stream's parameter sets, and gives each keyframe those that it and the pictures after it need.

    What is damaged is left out and counted in ``skipped``; what the stream is like is told by several pictures.
    """

    def __init__(self, parameter_sets: list[bytes] | None = None) -> None:
        self.skipped = 0  # pictures and parameter sets
        self._sets = ParameterSets()
        self._sps: Sps | None = None  # of the newest picture
        self._faults: deque[str] = deque(maxlen=OF_PICTURES)  # why pictures cannot be played; empty words: they can
        for nal in parameter_sets or []:
            self._sets.take(nal)

    @property
    def is_playable(self) -> bool:
        """Whether all of the last ``OF_PICTURES`` could be played."""
        return len(self._faults) == OF_PICTURES and not any(self._faults)

    @property
    def fps(self) -> float:
        """Of the newest picture's SPS; 0 where there is none, or where it does not say."""
        return self._sps.fps if self._sps else 0.0

    def picture(self, nals: list[bytes]) -> CodedPicture | None:
        """The picture of an access unit's NAL units; ``None`` where there is none, it is damaged, or what it needs has
        not come.

        Raises :class:`NotPlayable`.
        """
        kept, slices = self._sorted_out(nals)
        if not slices:
            return None
        try:
            self._sps = self._sets.sps_of(slices[0].pps_id)
        except PetcamError:
            return None
        has_b = any(each.kind == "B" for each in slices)
        fault = self._sps.fault() or ("it has B-frames" if has_b and self._sps.profile != BASELINE else "")
        self._faults.append(fault)
        if self._faults.count(fault) >= UNPLAYABLE and fault:
            raise NotPlayable(fault)
        if fault or has_b:  # baseline has no B-frames: a damaged slice reads as one
            self.skipped += 1
            return None
        keyframe = any(nal_type(nal) == annexb.IDR for nal in kept)
        if keyframe:
            others = [nal for nal in kept if nal_type(nal) not in (annexb.SPS, annexb.PPS)]
            kept = self._sets.needed_from(slices[0].pps_id) + others
        return CodedPicture(annexb.join(kept), keyframe, self._sps.width, self._sps.height, self._sps.aspect)

    def _sorted_out(self, nals: list[bytes]) -> tuple[list[bytes], list[SliceHeader]]:
        """The NAL units that are of use, and the headers of the slices among them."""
        kept: list[bytes] = []
        slices: list[SliceHeader] = []
        for nal in nals:
            if nal_type(nal) in _LEFT_OUT:
                continue
            if self._is_whole(nal, slices):
                kept.append(nal)
            else:
                self.skipped += 1
        return kept, slices

    def _is_whole(self, nal: bytes, slices: list[SliceHeader]) -> bool:
        """As far as can be seen. Parameter sets are remembered, a slice's header is added to ``slices``."""
        kind = nal_type(nal)
        if kind in (annexb.SPS, annexb.PPS):
            return self._sets.take(nal)
        if kind in (annexb.SLICE, annexb.IDR):
            try:
                slices.append(slice_header.parse(nal))
            except PetcamError:
                return False
        return True
