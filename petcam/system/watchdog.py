"""Tells systemd that a service is ready, alive or stopping. Outside systemd it does nothing."""

import os
from collections.abc import Callable, Mapping

import sdnotify

DEFAULT_INTERVAL_SECONDS = 10.0


class Watchdog:
    """``checks`` are the parts of the service by name; each tells whether that part is still alive."""

    def __init__(self, checks: Mapping[str, Callable[[], bool]]) -> None:
        self._checks = checks
        self._notifier = sdnotify.SystemdNotifier() if os.environ.get("NOTIFY_SOCKET") else None
        microseconds = int(os.environ.get("WATCHDOG_USEC") or 0)
        self.interval = microseconds / 2e6 if microseconds else DEFAULT_INTERVAL_SECONDS  # seconds between beats

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
