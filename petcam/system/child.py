"""A child process that is started again when it dies, and that never outlives its parent."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
FOREIGN = ("GO_SERVER_URL", "NOTIFY_SOCKET", "WATCHDOG_USEC", "CREDENTIALS_DIRECTORY", "PETCAM_VIEWING_TOKENS")
SETTLED = 5.0  # seconds; who lived that long is started again at once
LONGEST_PAUSE = 10.0


def petcam_environment(state: Path) -> dict[str, str]:
    """For a service or command of ours with a state directory of its own; Python finds this very package."""
    kept = {key: value for key, value in os.environ.items() if key not in FOREIGN}
    return {**kept, "STATE_DIRECTORY": str(state), "PYTHONPATH": str(Path(__file__).parents[2])}


class Child:
    """Used from the main thread only: the kernel ends the child when the *thread* that started it ends."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: IO[bytes]) -> None:
        self.name = name
        self._command, self._environment, self._log = command, environment, log
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = self._due_at = 0.0
        self._pause = 0.5

    def start(self) -> None:
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C in the terminal is the parent's alone
            preexec_fn=_die_with_parent(os.getpid()),
        )

    @property
    def pid(self) -> int:
        """While it runs."""
        assert self._process is not None
        return self._process.pid

    def ended(self) -> str:
        """How it ended, once; empty while it runs, or is about to be started again."""
        if self._process is None or self._process.poll() is None:
            return ""
        code, self._process = self._process.returncode, None
        settled = time.monotonic() - self._started_at > SETTLED
        self._pause = 0.5 if settled else min(2 * self._pause, LONGEST_PAUSE)
        self._due_at = time.monotonic() + (0.0 if settled else self._pause)
        return f"signal {-code}" if code < 0 else f"exit {code}"

    def start_if_due(self) -> None:
        if self._process is None and time.monotonic() >= self._due_at:
            self.start()

    def ask_to_end(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def end(self, deadline: float) -> None:
        """Wait until ``deadline`` (``time.monotonic()``), then end it by force."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _die_with_parent(parent: int) -> Callable[[], None]:
    """What the child does between fork and exec; everything that may allocate is done here, before the fork."""
    prctl = ctypes.CDLL(None).prctl

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return prepare
