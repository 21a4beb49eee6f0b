"""How often the detector looks and how late its results are, told from the latest ones: whether a picture is worth
waiting with, and for how long boxes stay. The page has the same rule (``static/lib/detector_pace.js``)."""

import statistics
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

PACE_COUNT = 6  # the results that it is told from
MIN_PACE_COUNT = 3  # with fewer nobody says that the detector is slow
MIN_LIFETIME_NS = 500_000_000  # of boxes without a newer result
MAX_LIFETIME_NS = 3_000_000_000
IN_TIME_NS = 150_000_000  # how late a result may be to count as in time
MAX_LATE_NS = 2_000_000_000  # a result later than that is not waited for
SLOW_GAP_NS = 150_000_000  # between results: more is slow where pictures were left out


def max_box_age_ns(results: Sequence[Any]) -> int:
    """How old boxes may be for the picture that they are drawn into; ``results`` are ``Detections``, oldest first."""
    latest = list(results)[-PACE_COUNT:]
    usual = 5 * _usual_gap_ns(latest) // 2
    late = min(max((result.publish_ns - result.capture_ns for result in latest), default=0), MAX_LATE_NS)
    return min(max(MIN_LIFETIME_NS, usual), MAX_LIFETIME_NS) + (late if late > IN_TIME_NS else 0)


def keeps_up(results: Sequence[Any], max_late_ns: int) -> bool:
    """Whether the detector looks at every picture, or often enough, and says what it found within ``max_late_ns``."""
    latest = list(results)[-PACE_COUNT:]
    if len(latest) < MIN_PACE_COUNT:
        return True
    late = statistics.median_low(result.publish_ns - result.capture_ns for result in latest)
    often = _usual_gap_ns(latest) <= SLOW_GAP_NS or _usual_step(result.frame_number for result in latest) == 1
    return late <= max_late_ns and often


def _usual_gap_ns(results: Sequence[Any]) -> int:
    return _usual_step(result.capture_ns for result in results)


def _usual_step(values: Iterable[int]) -> int:
    """The median of the differences, the lower one; 0 where there are none."""
    steps = [after - before for before, after in pairwise(values)]
    return statistics.median_low(steps) if steps else 0
