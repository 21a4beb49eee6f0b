"""Tells systemd that a service is ready, alive, waiting or stopping. Outside systemd it does nothing."""

import logging
import os
from collections.abc import Callable, Mapping
from typing import TypeVar

import sdnotify

from petcam.errors import Code, PetcamError
from petcam.system.signals import Signals

DEFAULT_INTERVAL_SECONDS = 10.0
RETRY_SECONDS = 2.0

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Watchdog:
    """``checks`` are the parts of the service by name; each tells whether that part is still alive."""

    def __init__(self, checks: Mapping[str, Callable[[], bool]]) -> None:
        self._checks = checks
        self._notifier = sdnotify.SystemdNotifier() if os.environ.get("NOTIFY_SOCKET") else None
        microseconds = int(os.environ.get("WATCHDOG_USEC") or 0)
        self.interval = microseconds / 2e6 if microseconds else DEFAULT_INTERVAL_SECONDS  # seconds between beats

    @property
    def is_watched(self) -> bool:
        """Whether systemd is there to be told."""
        return self._notifier is not None

    def ready(self, status: str) -> None:
        self._notify(f"READY=1\nSTATUS={status}")

    def beat(self, status: str) -> list[str]:
        """Feed the watchdog if every check succeeds; return the names of those that fail."""
        failed = [name for name, is_alive in self._checks.items() if not is_alive()]
        if failed:
            self._notify(f"STATUS=not answering: {', '.join(failed)}")
        else:
            self._notify(f"WATCHDOG=1\nSTATUS={status}")
        return failed

    def stopping(self) -> None:
        """Tell systemd that the service is about to end; nothing is sent after it."""
        self._notify("STOPPING=1")
        if self._notifier is not None and self._notifier.socket is not None:
            self._notifier.socket.close()

    def _notify(self, state: str) -> None:
        if self._notifier is not None:
            self._notifier.notify(state)


def keep_trying(make: Callable[[], T], signals: Signals, passing: Code = Code.PORT_UNAVAILABLE) -> T | None:
    """What ``make`` returns, as soon as it does not raise ``passing``, which time may mend; None once a signal comes.

    A service waits, and says for what: systemd would start it anew each second, or, after a bad configuration, never
    again. In a terminal the error is raised at once.
    """
    watchdog, said = Watchdog({}), ""
    while True:
        try:
            return make()
        except PetcamError as error:
            if error.code is not passing or not watchdog.is_watched:
                raise
            if error.message != said:
                _log.warning("%s; tried again each %g s", error.message, RETRY_SECONDS)
            said = error.message
        watchdog.ready(f"waiting: {said}")
        watchdog.beat(f"waiting: {said}")
        if signals.wait(RETRY_SECONDS) is not None:
            return None
