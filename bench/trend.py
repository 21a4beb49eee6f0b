"""Whether a quantity that goes up and down grows."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CERTAIN = 3.0  # standard errors


@dataclass(frozen=True)
class Trend:
    growth: float  # over the whole span, by the straight line that fits best
    noise: float  # how far the growth may be off by chance alone
    tolerated: float  # what is too little to matter

    @property
    def grows(self) -> bool:
        return self.growth > max(self.noise, self.tolerated)


def trend(times: Sequence[float], values: Sequence[float], tolerated: float) -> Trend:
    """Of at least three ``values`` at their ``times`` in seconds."""
    slope, begin = statistics.linear_regression(times, values)
    middle, span = statistics.fmean(times), times[-1] - times[0]
    off = [value - begin - slope * time for time, value in zip(times, values, strict=True)]
    spread = sum((time - middle) ** 2 for time in times)
    error = (sum(each**2 for each in off) / (len(off) - 2) / spread) ** 0.5
    return Trend(slope * span, CERTAIN * error * span, tolerated)
