"""Waiting for a signal without a handler: nothing runs in between other code, so nothing can deadlock."""

import signal

STOP = frozenset({signal.SIGTERM, signal.SIGINT})


def block(signals: frozenset[signal.Signals] = STOP) -> None:
    """To be called before any thread starts: threads inherit it, so that only :func:`wait` gets these."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)


def unblock() -> None:
    """For a child process between fork and exec: it inherits what is blocked."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def wait(timeout: float, signals: frozenset[signal.Signals] = STOP) -> signal.Signals | None:
    """The next of ``signals``; None after ``timeout`` seconds."""
    info = signal.sigtimedwait(signals, timeout)
    return None if info is None else signal.Signals(info.si_signo)
