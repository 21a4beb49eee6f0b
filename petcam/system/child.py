"""A child process that is restarted when it ends, and that never outlives its parent."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
# Environment variables that are for this process alone.
NOT_INHERITED = ("GO_SERVER_URL", "NOTIFY_SOCKET", "WATCHDOG_USEC", "CREDENTIALS_DIRECTORY", "PETCAM_VIEWING_TOKENS")
MIN_STABLE_SECONDS = 5.0  # a child that ran this long is restarted at once
FIRST_RESTART_PAUSE_SECONDS = 0.5  # before a child that ended sooner; doubled each time
MAX_RESTART_PAUSE_SECONDS = 10.0


def petcam_environment(state: Path) -> dict[str, str]:
    """For a petcam process with a state directory of its own; Python imports this same copy of the package."""
    kept = {key: value for key, value in os.environ.items() if key not in NOT_INHERITED}
    return {**kept, "STATE_DIRECTORY": str(state), "PYTHONPATH": str(Path(__file__).parents[2])}


class Child:
    """Use it from the main thread only: the kernel ends the child when the *thread* that started it ends."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: IO[bytes]) -> None:
        self.name = name
        self._command, self._environment, self._log = command, environment, log
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = self._restart_at = 0.0
        self._restart_pause = FIRST_RESTART_PAUSE_SECONDS

    def start(self) -> None:
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,  # so that Ctrl-C in the terminal reaches the parent only
            preexec_fn=_die_with_parent(os.getpid()),
        )

    @property
    def pid(self) -> int:
        """Valid while it runs."""
        assert self._process is not None
        return self._process.pid

    def poll_exit(self) -> str:
        """How it ended, reported once; empty while it runs, and while it waits for its restart."""
        if self._process is None or self._process.poll() is None:
            return ""
        code, self._process = self._process.returncode, None
        was_stable = time.monotonic() - self._started_at > MIN_STABLE_SECONDS
        longer = min(2 * self._restart_pause, MAX_RESTART_PAUSE_SECONDS)
        self._restart_pause = FIRST_RESTART_PAUSE_SECONDS if was_stable else longer
        self._restart_at = time.monotonic() + (0.0 if was_stable else self._restart_pause)
        return f"signal {-code}" if code < 0 else f"exit {code}"

    def restart_if_due(self) -> None:
        if self._process is None and time.monotonic() >= self._restart_at:
            self.start()

    def terminate(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def wait_or_kill(self, deadline: float) -> None:
        """Wait for its end until ``deadline`` (``time.monotonic()``), then kill it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _die_with_parent(parent: int) -> Callable[[], None]:
    """What the child runs between fork and exec. Whatever may allocate memory is done here, before the fork."""
    prctl = ctypes.CDLL(None).prctl

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)

    return prepare
