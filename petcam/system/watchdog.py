"""systemd's view of a service: ready, alive, stopping. Outside systemd all of it does nothing."""

import os
from collections.abc import Callable, Mapping

import sdnotify

DEFAULT_INTERVAL = 10.0  # seconds


class Watchdog:
    """``checks`` are the rounds that the service's work makes; each says whether it still goes round."""

    def __init__(self, checks: Mapping[str, Callable[[], bool]]) -> None:
        self._checks = checks
        self._notifier = sdnotify.SystemdNotifier() if os.environ.get("NOTIFY_SOCKET") else None
        microseconds = int(os.environ.get("WATCHDOG_USEC") or 0)
        self.interval = microseconds / 2e6 if microseconds else DEFAULT_INTERVAL  # seconds between beats

    def ready(self, status: str) -> None:
        self._notify(f"READY=1\nSTATUS={status}")

    def beat(self, status: str) -> list[str]:
        """Feed the watchdog if every check is well; return the names of those that are not."""
        failed = [name for name, is_well in self._checks.items() if not is_well()]
        if failed:
            self._notify(f"STATUS=not answering: {', '.join(failed)}")
        else:
            self._notify(f"WATCHDOG=1\nSTATUS={status}")
        return failed

    def stopping(self) -> None:
        """The last word."""
        self._notify("STOPPING=1")
        if self._notifier is not None and self._notifier.socket is not None:
            self._notifier.socket.close()

    def _notify(self, state: str) -> None:
        if self._notifier is not None:
            self._notifier.notify(state)
