"""The thread that keeps the login's state while nobody asks: ends what has ended by itself, and writes what is due."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from petcam.access import FirstHour
from petcam.errors import PetcamError
from petcam.web.login.sessions import Sessions

SWEEP_SECONDS = 1.0  # within this, streams end whose session has ended by itself
STOP_TIMEOUT_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Keeper:
    """``end_streams`` is called with the id of each session that has expired, was pushed out, or whose password another
    process has changed."""

    def __init__(self, sessions: Sessions, first_hour: FirstHour, end_streams: Callable[[str | None], None]) -> None:
        self._sessions, self._first_hour, self._end_streams = sessions, first_hour, end_streams
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Writes how old the sessions are, so that a restart makes none younger."""
        if not self._thread.is_alive():
            return
        self._stopping.set()
        self._thread.join(STOP_TIMEOUT_SECONDS)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.wait(SWEEP_SECONDS):
            self.tend()
        with suppress(PetcamError):  # it is in the log
            self._sessions.save()

    def tend(self) -> None:
        """What there is to do now."""
        try:
            for session in self._sessions.take_ended():
                self._end_streams(session)
            self._sessions.save_if_due()
            self._first_hour.mark()
        except Exception:  # a defect must not end what ends sessions
            _log.exception("defect")
