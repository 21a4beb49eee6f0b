"""The capture time of a live stream's pictures, from its own timestamps and from when they arrive."""

import time

MAX_CLOCK_DRIFT = 200e-6  # of the camera's clock against ours, seconds in a second
MAX_DEVIATION_NS = 2_000_000_000  # of a timestamp from where it is expected; beyond, the camera counts anew


class LiveClock:
    """Keeps the camera's even spacing where the network does not, and never puts a capture after its arrival.

    The offset between the camera's clock and ours is the smallest seen, that of the picture with the least delay; it
    may grow again by ``MAX_CLOCK_DRIFT``, so that it follows clocks that drift apart.
    """

    def __init__(self) -> None:
        self._offset_ns: float | None = None
        self._last_media_ns = 0

    def capture_ns(self, media_ns: int) -> int:
        """The moment on CLOCK_MONOTONIC of a picture that has just come; ``media_ns`` below 0: it has no timestamp."""
        now = time.monotonic_ns()
        if media_ns < 0:
            return now
        offset = now - media_ns
        if self._offset_ns is None or abs(offset - self._offset_ns) > MAX_DEVIATION_NS:
            self._offset_ns = offset
        else:
            self._offset_ns = min(offset, self._offset_ns + MAX_CLOCK_DRIFT * max(0, media_ns - self._last_media_ns))
        self._last_media_ns = media_ns
        return int(media_ns + self._offset_ns)
