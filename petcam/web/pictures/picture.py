"""What viewers without WebRTC are shown."""

import time
from dataclasses import dataclass

from petcam.shm import rtp

OLDEST_LIVE_NS = 5_000_000_000  # a picture older than this is not shown as live


@dataclass(frozen=True)
class Picture:
    jpeg: bytes
    capture_ns: int  # CLOCK_MONOTONIC

    @property
    def rtp_timestamp(self) -> int:
        """What WebRTC and the detector's results call its moment."""
        return rtp.timestamp(self.capture_ns)

    def age(self) -> float:
        """Seconds since its capture."""
        return (time.monotonic_ns() - self.capture_ns) / 1e9

    def is_fresh(self) -> bool:
        return time.monotonic_ns() - self.capture_ns < OLDEST_LIVE_NS


@dataclass(frozen=True)
class View:
    """How a picture is shown: what one scaling and one encoding make for all who want it so."""

    width: int = 0  # pixels, at most the camera's; 0: as the camera sends it
    boxes: bool = False  # burned in


class Cadence:
    """Which pictures of a stream to take, so that there are ``fps`` a second of them. For one thread."""

    def __init__(self, fps: float) -> None:
        self.interval_ns = int(1e9 / fps)
        self._due_ns = 0

    def is_due(self, capture_ns: int, early: float = 0.0) -> bool:
        """``early``: the part of an interval by which it may come before its time; below 0 it has to be late."""
        return capture_ns + JITTER_NS + int(early * self.interval_ns) >= self._due_ns

    def took(self, capture_ns: int) -> None:
        self._due_ns = max(self._due_ns + self.interval_ns, capture_ns + self.interval_ns // 2)


JITTER_NS = 2_000_000  # of a camera's clock
