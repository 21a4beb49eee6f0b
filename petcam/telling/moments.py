"""How a phone gets at what happened, as petcam-web says: asked for once, whichever ways tell of it."""

import time
from collections.abc import Callable
from threading import Event, Lock

from petcam.telling.message import Moment

PATIENCE_SECONDS = 2.0  # that an alert of what has just begun waits for a petcam-web that is being restarted
PAUSE_SECONDS = 0.25
KEPT_SECONDS = 60.0
MAX_KEPT = 4  # each may have a picture of 256 KiB


class Moments:
    """Safe in any thread."""

    def __init__(
        self,
        ask: Callable[[int], Moment | None],
        seconds: float = PATIENCE_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``ask`` gives None where petcam-web does not answer; it may take a while for the picture."""
        self._ask, self._seconds, self._monotonic = ask, seconds, monotonic
        self._closing = Event()
        self._lock = Lock()  # held while it is asked, so that the second who wants the same waits for it
        self._kept: dict[tuple[int, bool], tuple[float, Moment]] = {}

    def close(self) -> None:
        self._closing.set()

    def of(self, event_id: int, *, is_over: bool, waits: bool) -> Moment | None:
        """``waits``: for petcam-web, for a moment."""
        with self._lock:
            key, now = (event_id, is_over), self._monotonic()
            at, kept = self._kept.get(key, (0.0, None))
            if kept is not None and now - at < KEPT_SECONDS:
                return kept
            found = self._ask(event_id)
            while waits and found is None and self._monotonic() - now < self._seconds:
                if self._closing.wait(PAUSE_SECONDS):
                    break
                found = self._ask(event_id)
            if found is not None:
                self._kept[key] = self._monotonic(), found
                while len(self._kept) > MAX_KEPT:
                    del self._kept[next(iter(self._kept))]
            return found
