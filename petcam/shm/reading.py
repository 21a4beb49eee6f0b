"""Reading for as long as a thread lives: whatever ends an attempt, the next segment may be good."""

import logging
from collections.abc import Callable

from petcam.errors import PetcamError

READ_TIMEOUT = 0.5  # seconds that a read waits at most; also how soon a thread notices that it is to end
RETRY_PAUSE = 2.0  # seconds after an attempt that failed


class ReadingLoop:
    """Attempts again and again. Each new trouble is logged once, not every two seconds.

    Runs in its owner's thread; ``trouble`` may be read by any.
    """

    def __init__(self, what: str, log: logging.Logger) -> None:
        self._what, self._log = what, log
        self.trouble: Exception | None = None  # of the last attempt that failed

    def run(self, attempt: Callable[[], None], may_end: Callable[[], bool], pause: Callable[[float], object]) -> None:
        """``attempt`` opens the segment and reads until ``may_end()``; an error ends it, and after ``pause`` it is made
        anew."""
        while not may_end():
            try:
                attempt()
            except Exception as error:
                self._note(error)
                pause(RETRY_PAUSE)

    def _note(self, error: Exception) -> None:
        known, self.trouble = self.trouble, error
        if known is None or str(known) != str(error):
            self._log.error("%s: %s", self._what, error, exc_info=not isinstance(error, PetcamError))
