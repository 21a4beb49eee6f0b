"""A picture for clients without WebRTC, the options by which it is made, and the limit of its rate."""

import time
from dataclasses import dataclass

from petcam.shm import rtp

MAX_LIVE_AGE_NS = 5_000_000_000  # an older picture is not shown as live, unless the camera sends fewer
CAPTURE_JITTER_NS = 2_000_000  # by which capture times may be irregular


@dataclass(frozen=True)
class Picture:
    jpeg: bytes
    capture_ns: int  # CLOCK_MONOTONIC
    max_age_ns: int = MAX_LIVE_AGE_NS  # up to which it is live

    @property
    def rtp_timestamp(self) -> int:
        """The timestamp that WebRTC and the detector's results use for the same frame."""
        return rtp.timestamp(self.capture_ns)

    def age(self) -> float:
        """Seconds since its capture."""
        return (time.monotonic_ns() - self.capture_ns) / 1e9

    def is_fresh(self) -> bool:
        return time.monotonic_ns() - self.capture_ns < self.max_age_ns


@dataclass(frozen=True)
class PictureOptions:
    """How a picture is made: clients that want the same options share one scaling and one encoding."""

    width: int = 0  # pixels, at most the camera's; 0: as the camera sends it
    boxes: bool = False  # whether the detector's boxes are drawn into it


class FrameRateLimiter:
    """Chooses which pictures of a stream to take, so that they are ``fps`` a second. For one thread."""

    def __init__(self, fps: float) -> None:
        self.interval_ns = int(1e9 / fps)
        self._due_ns = 0

    def is_due(self, capture_ns: int, early: float = 0.0) -> bool:
        """``early``: the fraction of an interval by which a picture may come before it is due; negative: it must be
        later than due by so much."""
        return capture_ns + CAPTURE_JITTER_NS + int(early * self.interval_ns) >= self._due_ns

    def mark_taken(self, capture_ns: int) -> None:
        self._due_ns = max(self._due_ns + self.interval_ns, capture_ns + self.interval_ns // 2)
