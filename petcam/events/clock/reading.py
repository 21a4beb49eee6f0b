"""What the machine's clocks say at one moment."""

import ctypes
import os
import time
from typing import NamedTuple

# There once systemd-timesyncd has set the clock since the board's start. The sandbox of a service does not let it ask
# the kernel.
TIMESYNC_MARK = "/run/systemd/timesync/synchronized"
TIME_ERROR = 5  # adjtimex(2): nobody has set the clock
TIMEX_BYTES = 256  # its struct is smaller on every machine

_adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)


class Reading(NamedTuple):
    monotonic_ns: int
    wall_ns: int  # Unix time
    slept_ns: int  # for how long the machine has been suspended since its start
    synchronised: bool  # a time server has set the clock


def read_clock() -> Reading:
    before = time.monotonic_ns()
    wall = time.time_ns()
    monotonic = (before + time.monotonic_ns()) // 2
    slept = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
    return Reading(monotonic, wall, max(slept, 0), is_synchronised())


def is_synchronised() -> bool:
    nothing_to_change = ctypes.create_string_buffer(TIMEX_BYTES)
    if _adjtimex is not None and _adjtimex(nothing_to_change) not in (-1, TIME_ERROR):
        return True
    return os.path.lexists(TIMESYNC_MARK)
