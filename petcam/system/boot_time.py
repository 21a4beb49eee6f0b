"""Time that setting the clock does not change: milliseconds since this boot, and which boot it is.

A stored moment is the pair of both. In another boot only what was counted until then is known of it.
"""

import os
import time
from pathlib import Path

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
BOOT_ID_PATTERN = r"[\w-]{1,64}"


def boottime_ms() -> int:
    """CLOCK_BOOTTIME, which counts while the board sleeps, too; the streamer reads the same one."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def read_boot_id() -> str:
    """``$PETCAM_BOOT_ID``, which petcam's systemd units set because they hide ``/proc/sys``, else the kernel's."""
    return os.environ.get("PETCAM_BOOT_ID") or BOOT_ID_FILE.read_text().strip()
