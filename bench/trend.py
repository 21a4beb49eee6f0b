"""Decides whether a fluctuating quantity grows over time."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

MIN_STANDARD_ERRORS = 3.0  # by which a growth must exceed chance


@dataclass(frozen=True)
class Trend:
    growth: float  # over the whole time, by linear regression, but never more than from the lowest to the highest value
    noise: float  # by which the growth may be wrong by chance
    tolerated: float  # growth that is too small to matter

    @property
    def grows(self) -> bool:
        return self.growth > max(self.noise, self.tolerated)


def trend(times: Sequence[float], values: Sequence[float], tolerated: float) -> Trend:
    """The trend of at least three ``values`` at their ``times`` in seconds."""
    slope, begin = statistics.linear_regression(times, values)
    middle, span = statistics.fmean(times), times[-1] - times[0]
    off = [value - begin - slope * time for time, value in zip(times, values, strict=True)]
    spread = sum((time - middle) ** 2 for time in times)
    error = (sum(each**2 for each in off) / (len(off) - 2) / spread) ** 0.5
    growth = min(slope * span, max(values) - min(values))  # a line through a single step rises by more than the step
    return Trend(growth, MIN_STANDARD_ERRORS * error * span, tolerated)
