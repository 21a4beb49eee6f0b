"""When what failed is begun again: after growing pauses, and with each reason said once in a row."""

import logging
from collections.abc import Callable

from petcam.errors import PetcamError

FIRST_RETRY_SECONDS = 1.0  # until it is begun again; twice as long after each further failure
MAX_RETRY_SECONDS = 30.0
RECOVERED_NS = 10_000_000_000  # what ran for so long has recovered: its next failure is a first one again

log = logging.getLogger("petcam.feed")


class Retries:
    """Of one thing that may fail, for one thread; others may read ``reason``."""

    def __init__(self, name: str, trouble: str, mended: str) -> None:
        """In the log ``trouble`` stands before a reason, ``mended`` alone."""
        self._name, self._trouble, self._mended = name, trouble, mended
        self._pause = FIRST_RETRY_SECONDS
        self.reason = ""  # why it failed last, as logged; empty once it has recovered

    def attempt(self, run: Callable[[], None]) -> str | None:
        """Why ``run`` failed, or ``None`` where it just ended."""
        try:
            run()
            return None
        except PetcamError as error:
            return error.message
        except OSError as error:
            return error.strerror or str(error)
        except Exception as error:  # a defect in a source must be seen, and must not end the service
            reason = f"internal error: {error!r}"
            if reason != self.reason:
                log.exception("%s: internal error", self._name)
            return reason

    def wait(self, reason: str, wait: Callable[[float], object]) -> None:
        """Say why, and let ``wait`` pass the pause (seconds) before it is begun again."""
        if reason != self.reason:
            self.reason = reason
            again = f"tried again in {self._pause:g} s, later every {MAX_RETRY_SECONDS:g} s at most"
            log.warning("%s: %s; %s", self._trouble, reason, again)
        wait(self._pause)
        self._pause = min(self._pause * 2, MAX_RETRY_SECONDS)

    def recovered(self) -> None:
        """Forget the failures before: the next one is retried soon, and logged."""
        self._pause = FIRST_RETRY_SECONDS
        if self.reason:
            log.info(self._mended)
            self.reason = ""
