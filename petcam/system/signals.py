"""Waiting for signals in the main thread, whichever thread the kernel delivers them to."""

import os
import select
import signal
from collections import deque
from collections.abc import Iterable
from types import FrameType, TracebackType

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})


class Signals:
    """A context manager. Inside it the signals interrupt nothing; :meth:`wait` returns them.

    Python's own C handler writes each signal's number into a pipe (``signal.set_wakeup_fd``), whichever thread gets it.
    Blocking the signals in all other threads is not possible: numpy's have started before petcam's code runs. No code
    of petcam's runs in a handler.
    """

    def __init__(self, numbers: Iterable[signal.Signals] = STOP_SIGNALS) -> None:
        self._numbers = frozenset(numbers)
        self._pending: deque[signal.Signals] = deque()

    def __enter__(self) -> "Signals":
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wakeup_before = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _ignore) for number in self._numbers}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._writer)
        os.close(self._reader)

    def wait(self, timeout: float) -> signal.Signals | None:
        """The next signal; ``None`` after ``timeout`` seconds."""
        if not self._pending and select.select([self._reader], [], [], max(0.0, timeout))[0]:
            self._pending.extend(signal.Signals(number) for number in os.read(self._reader, 4096))
        return self._pending.popleft() if self._pending else None


def _ignore(number: int, frame: FrameType | None) -> None:
    """Used instead of SIG_IGN: Python's handler must be installed, and a child would inherit SIG_IGN."""
