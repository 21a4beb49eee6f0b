"""The capture time of a live stream's pictures, from its own timestamps and from when they arrive."""

import time

DRIFT = 200e-6  # of the camera's clock against ours, at most
JUMP_NS = 2_000_000_000  # a timestamp this far from its place begins a new count


class LiveClock:
    """Keeps the camera's even spacing where the network does not, and never puts a capture after its arrival.

    The pictures that came fastest tell how the two clocks stand to each other; that is followed as the clocks drift.
    """

    def __init__(self) -> None:
        self._offset_ns: float | None = None
        self._last_ns = 0

    def capture_ns(self, media_ns: int) -> int:
        """The moment on CLOCK_MONOTONIC of a picture that has just come; ``media_ns`` below 0: it has no timestamp."""
        now = time.monotonic_ns()
        if media_ns < 0:
            return now
        offset = now - media_ns
        if self._offset_ns is None or abs(offset - self._offset_ns) > JUMP_NS:
            self._offset_ns = offset
        else:
            self._offset_ns = min(offset, self._offset_ns + DRIFT * max(0, media_ns - self._last_ns))
        self._last_ns = media_ns
        return int(media_ns + self._offset_ns)
