"""For how long pictures have come of which none is a keyframe, so that nobody who comes newly can begin to decode."""

import time

from petcam.errors import Code, PetcamError

MIN_SECONDS = 2.0  # without a keyframe, before that is a trouble
MAX_KEYFRAME_AGE_SECONDS = 12.0  # of one that somebody new may still begin at
MIN_SILENCE_NS = 5_000_000_000  # since the newest picture, before none come any more, which is another trouble


class KeyframeSearch:
    """What a stream's reader passed over in vain. Times are ``CLOCK_MONOTONIC``; for the reader's thread only."""

    def __init__(self) -> None:
        self._oldest_ns = self._newest_ns = 0  # when the pictures that it passed over were published; 0: none was

    def pass_over(self, oldest_ns: int, newest_ns: int) -> None:
        """Pictures that were published from ``oldest_ns`` to ``newest_ns`` are no keyframes."""
        self._oldest_ns = min(self._oldest_ns or oldest_ns, oldest_ns)
        self._newest_ns = max(self._newest_ns, newest_ns)

    def end(self) -> None:
        """There is a keyframe, or it begins anew."""
        self._oldest_ns = self._newest_ns = 0

    def seconds(self, silent_after_ns: int) -> float:
        """Since the oldest of them; 0 where none is passed over, and where no more pictures come."""
        now_ns = time.monotonic_ns()
        if not self._newest_ns or now_ns - self._newest_ns > max(MIN_SILENCE_NS, silent_after_ns):
            return 0.0
        return (now_ns - self._oldest_ns) / 1e9


def no_keyframe(seconds: float) -> PetcamError | None:
    """What is said of so many seconds without a keyframe; None: they are too few for that."""
    if seconds < MIN_SECONDS:
        return None
    return PetcamError(Code.NO_KEYFRAME, no_keyframe_words(seconds))


def no_keyframe_words(seconds: float) -> str:
    return f"no keyframe for {int(seconds)} s: lower the camera's keyframe interval"
