"""Where the pictures of a source that petcam plays itself are, for its sound, which is played on another thread."""

import threading
from dataclasses import dataclass
from typing import Protocol

LOOK_SECONDS = 0.1  # from look to look at the stop


class Stop(Protocol):
    def is_set(self) -> bool: ...


@dataclass(frozen=True)
class Mark:
    """The newest picture: ``run``: how often the source has begun until then. Times in ns."""

    run: int
    media_ns: int
    due_ns: int  # CLOCK_MONOTONIC

    def due_of(self, media_ns: int) -> int:
        """When what has this media time is due."""
        return self.due_ns + media_ns - self.media_ns


class Playhead:
    """``_changed`` guards both others. The pictures' thread notes, the sound's asks."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._run = 0
        self._mark: Mark | None = None

    def begin(self) -> None:
        """The source is played from its beginning."""
        with self._changed:
            self._run += 1

    def note(self, media_ns: int | None, due_ns: int) -> None:
        """A picture is due."""
        if media_ns is None:
            return
        with self._changed:
            self._mark = Mark(self._run, media_ns, due_ns)
            self._changed.notify_all()

    def newest(self) -> Mark | None:
        with self._changed:
            return self._mark

    def wait_for_run(self, after: int, stop: Stop) -> Mark | None:
        """The newest mark of a later run than ``after``; None: the stop."""
        while not stop.is_set():
            with self._changed:
                if self._mark is not None and self._mark.run > after:
                    return self._mark
                self._changed.wait(LOOK_SECONDS)
        return None
