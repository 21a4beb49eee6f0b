"""When each frame of a file is due: its media time as real time, which is its capture time too."""

import threading
import time

MAX_LAG_NS = 1_000_000_000  # further behind, the schedule starts anew rather than play faster to catch up
MAX_FRAME_STEP_NS = 5_000_000_000  # from frame to frame; what is longer is a jump in the file's clock


class PlaybackSchedule:
    """Maps media time to CLOCK_MONOTONIC on an absolute schedule, so that nothing drifts.

    Media time that jumps or begins again, as it does when a file is played once more, goes on by the usual step.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._media_ns: int | None = None
        self._step_ns = 1_000_000_000 // 30
        self._due_ns = 0

    def wait(self, media_ns: int | None) -> int:
        """Wait until the frame of ``media_ns`` is due, or until the stop; return when it is due (CLOCK_MONOTONIC)."""
        now = time.monotonic_ns()
        if not self._due_ns:
            self._due_ns = now
        else:
            step = 0 if media_ns is None or self._media_ns is None else media_ns - self._media_ns
            self._step_ns = step if 0 < step <= MAX_FRAME_STEP_NS else self._step_ns
            self._due_ns += self._step_ns
        self._media_ns = media_ns
        if now - self._due_ns > MAX_LAG_NS:
            self._due_ns = now
        self._stop.wait(max(0, self._due_ns - now) / 1e9)
        return self._due_ns
