"""A program that writes video to its standard output: started, listened to, always ended and reaped."""

import os
import signal
import subprocess
import threading
from types import TracebackType

TERM_TIMEOUT_SECONDS = 1.0  # from SIGTERM to SIGKILL
MAX_STDERR_BYTES = 2000  # of the program's log that are kept, the last


class VideoProgram:
    """A context manager: entering starts the program, leaving ends it.

    Owns the thread ``video program stderr``, which reads all that the program logs, so that it never blocks on
    that, and keeps the end. The thread ends with the program's standard error.
    """

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._stderr_end = b""  # written by the thread; read after it was joined

    def __enter__(self) -> "VideoProgram":
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for petcam, which then ends the program
        )
        self._listener = threading.Thread(target=self._listen, name="video program stderr", daemon=True)
        self._listener.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.end()
        assert self._process.stdout is not None and self._process.stderr is not None
        self._process.stdout.close()
        self._process.stderr.close()

    @property
    def stdout(self) -> int:
        """The descriptor to read from."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def end(self, patience: float = 0) -> str:
        """End the program, after ``patience`` seconds in which it may do so itself; what became of it, in words."""
        ended_itself = self._ends_within(patience)
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self._ends_within(0):
                os.killpg(self._process.pid, number)  # with what it may have started
                self._ends_within(TERM_TIMEOUT_SECONDS)
        self._listener.join(TERM_TIMEOUT_SECONDS)
        fate = f"ended with status {self._process.returncode}" if ended_itself else "was stopped"
        return f"{fate}; its last words: {self._last_line()}"

    def _ends_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def _last_line(self) -> str:
        lines = [line.strip() for line in self._stderr_end.decode("utf-8", "replace").splitlines()]
        return next(filter(None, reversed(lines)), "none")

    def _listen(self) -> None:
        assert self._process.stderr is not None
        while chunk := os.read(self._process.stderr.fileno(), 4096):
            self._stderr_end = (self._stderr_end + chunk)[-MAX_STDERR_BYTES:]
