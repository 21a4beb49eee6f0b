"""What became of pictures that were sent: which came, in which order, and when."""

from dataclasses import dataclass
from typing import Any

import av

from petcam.h264 import annexb
from petcam.shm.stream import AccessUnit
from tests.zoo.clips import is_slice
from tests.zoo.painted import number_in


@dataclass(frozen=True)
class Comparison:
    """``places``: of each picture that came its place among those that were sent; ``lost``: the places between those of
    the first and the last that are missing; ``strange``: how many came that had not been sent like that."""

    places: list[int]
    lost: list[int]
    strange: int


def compared(sent: list[list[bytes]], came: list[list[bytes]]) -> Comparison:
    """NAL units of pictures, by the slices among them, as parameter sets may be added and delimiters left out."""
    slices = [[nal for nal in nals if is_slice(nal)] for nals in sent]
    places: list[int] = []
    at = strange = 0
    for nals in came:
        wanted = [nal for nal in nals if is_slice(nal)]
        if wanted not in slices[at:]:
            strange += 1
            continue
        places.append(slices.index(wanted, at))
        at = places[-1] + 1
    lost = sorted(set(range(places[0], at)) - set(places)) if places else []
    return Comparison(places, lost, strange)


def require_true_captures(came: list[AccessUnit]) -> None:
    """They rise, and none is after its publishing."""
    assert all(before.capture_ns < after.capture_ns for before, after in zip(came, came[1:], strict=False))
    assert all(unit.capture_ns <= unit.publish_ns for unit in came)


def require_said(log: list[str], says: tuple[str, ...]) -> None:
    """These are in the log's warnings, one in each, and nothing else is."""
    warnings = [line for line in log if not line.startswith("INFO")]
    assert len(warnings) == len(says)
    assert all(said in line for said, line in zip(says, warnings, strict=True))


def nal_units(came: list[AccessUnit]) -> list[list[bytes]]:
    return [list(annexb.nal_units(unit.data)) for unit in came]


def numbers(came: list[AccessUnit]) -> list[int]:
    """Those painted in the pictures, as a decoder shows them that begins at the first; -1: one that it cannot."""
    decoder: Any = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1  # several would hold pictures back
    found = []
    for unit in came:
        try:
            frames = decoder.decode(av.Packet(unit.data))
        except av.error.FFmpegError:
            frames = []
        found.append(number_in(frames[0].to_ndarray(format="gray")) if frames else -1)
    return found
