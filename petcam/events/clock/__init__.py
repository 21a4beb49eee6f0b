"""Time that outlives a wrong clock: a boot and its ``CLOCK_MONOTONIC``, and which wall time that was.

All but ``read_clock`` is pure. docs/events-db.md, Time.
"""

from petcam.events.clock.boots import Boot, Known, Offset, Trust, corrected, is_same_boot, resolve
from petcam.events.clock.days import day_of, day_span
from petcam.events.clock.reading import Reading, read_clock

__all__ = [
    "Boot",
    "Known",
    "Offset",
    "Reading",
    "Trust",
    "corrected",
    "day_of",
    "day_span",
    "is_same_boot",
    "read_clock",
    "resolve",
]
