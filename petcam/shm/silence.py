"""After how long without a picture a stream is silent: the rule of docs/shm-layout.md, Silence.

streamer/internal/shm is the same in Go; tests/silence-cases.yaml holds both together.
"""

import statistics
from collections.abc import Iterable

from petcam.shm.layout import STALE_NS

MAX_SILENCE_NS = 10_000_000_000  # however slow a stream is
PACE_COUNT = 6  # the pictures that its pace is told from
MIN_PACE_COUNT = 4  # with fewer it is not known


def silent_after_ns(published_ns: Iterable[int]) -> int:
    """2.5 usual intervals of the last of these times; 1 s at least, 10 s at most."""
    last = sorted(set(published_ns))[-PACE_COUNT:]
    if len(last) < MIN_PACE_COUNT:
        return STALE_NS
    usual = statistics.median_low(after - before for before, after in zip(last, last[1:], strict=False))
    return min(max(STALE_NS, usual * 5 // 2), MAX_SILENCE_NS)
