"""What arrivals and timestamps tell of a camera and its network. All times are ns."""

from dataclasses import dataclass
from itertools import pairwise
from statistics import linear_regression, median, quantiles

SETTLES_NS = 1_000_000_000  # after the first picture: those that came before it was looked at come at once
MIN_PICTURES = 10  # with fewer nothing is said
USUAL = (0.5, 1.5)  # times the usual step: one picture on
MIN_EVEN = 0.75  # of the steps are usual ones; with fewer no gap says that a picture is missing
MAX_MISSING = 60  # pictures that a step leaves out; more of them are a jump
JUMP_NS = 500_000_000  # by which a step of the timestamps differs from that of the arrivals


@dataclass(frozen=True)
class Arrivals:
    """``fps`` as they came; ``late_ns``: nineteen of twenty pictures came at most so much later than the earliest."""

    fps: float
    late_ns: int

    @classmethod
    def of(cls, arrivals: list[int], stamps: list[int]) -> "Arrivals | None":
        """Of pictures in the order of their coming; a stamp below 0 is none. None: there are too few."""
        if not arrivals:
            return None
        settled = [each for each in zip(arrivals, stamps, strict=True) if each[0] - arrivals[0] >= SETTLES_NS]
        if len(settled) < MIN_PICTURES:
            return None
        came = [arrival for arrival, _ in settled]
        fps = (len(came) - 1) / max(1e-9, (came[-1] - came[0]) / 1e9)
        return cls(fps, _lateness(came, [stamp for _, stamp in settled]))


def _lateness(arrivals: list[int], stamps: list[int]) -> int:
    """Against the even run of the camera's clock, at whatever rate that runs; without one, of its pictures."""
    due = [0.0]
    usual = _usual(stamps)
    for (before, stamp), (came_before, came) in zip(pairwise(stamps), pairwise(arrivals), strict=True):
        step = stamp - before
        if not usual:
            step = 1
        elif min(before, stamp) < 0 or step <= 0 or abs(step - (came - came_before)) > JUMP_NS:
            step = usual
        due.append(due[-1] + step)
    slope, offset = linear_regression(due, [arrival - arrivals[0] for arrival in arrivals])
    late = [arrival - arrivals[0] - offset - slope * at for at, arrival in zip(due, arrivals, strict=True)]
    return int(quantiles(late, n=20)[-1] - min(late))


@dataclass(frozen=True)
class Timestamps:
    """``fps`` as they say; ``jumps``: steps back, or far from what the arrivals say; ``missing``: pictures that an
    otherwise even run leaves out."""

    fps: float
    jumps: int
    missing: int

    @classmethod
    def of(cls, stamps: list[int], arrivals: list[int] | None) -> "Timestamps | None":
        """Of pictures in the order of decoding. ``arrivals`` are None where they tell nothing, as of a file."""
        usual = _usual(stamps)
        if not usual or len(stamps) < MIN_PICTURES:
            return None
        jumps = missing = even = 0
        came = arrivals or stamps
        for i in range(1, len(stamps)):
            step, gap = stamps[i] - stamps[i - 1], came[i] - came[i - 1]
            left_out = round(step / usual) - 1
            if USUAL[0] * usual <= step <= USUAL[1] * usual:
                even += 1
            elif step <= 0 or abs(step - gap) > max(JUMP_NS, 2 * usual) or left_out > MAX_MISSING:
                jumps += 1
            else:
                missing += max(0, left_out)
        is_even = even > MIN_EVEN * (len(stamps) - 1)
        return cls(1e9 / usual, jumps, missing if is_even else 0)


def _usual(stamps: list[int]) -> int:
    """The step from picture to picture; 0 where most have no timestamp, or the same."""
    steps = [after - before for before, after in pairwise(stamps) if min(before, after) >= 0]
    return max(0, int(median(steps))) if len(steps) > len(stamps) / 2 else 0
