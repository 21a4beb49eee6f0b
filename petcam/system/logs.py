"""The log of a service, on standard error: what a client sent cannot forge lines, and nobody can flood the disk.

A message is one line of printable characters. Each place in the code that logs has a bucket of lines, and all have one
together; what is over is left out and counted in the next line of that place. Tracebacks have a bucket of their own.
Whatever happens, the log grows by less than 1 KB a second of ASCII (4 KB of other scripts), after 200 KB at once.
"""

import logging
import threading
import time
from collections.abc import Callable

FORMAT = "%(levelname)s %(name)s: %(message)s"
MAX_MESSAGE_CHARACTERS = 1000
MAX_TRACEBACK_CHARACTERS = 8000  # its end is kept, where the error is
LINES_OF_PLACE, SECONDS_PER_LINE_OF_PLACE = 50, 10.0
LINES, SECONDS_PER_LINE = 100, 2.0
TRACEBACKS, SECONDS_PER_TRACEBACK = 10, 60.0


def log_to_stderr() -> None:
    """Does nothing where a handler is there already."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine(FORMAT))
    handler.addFilter(LineLimit())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


class OneLine(logging.Formatter):
    """Escapes what is not printable, and cuts what is long. A traceback, which is ours, keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        text = super().formatMessage(record)
        if not text.isprintable():
            text = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
        return text if len(text) <= MAX_MESSAGE_CHARACTERS else text[:MAX_MESSAGE_CHARACTERS] + " …"

    def formatException(self, ei: object) -> str:
        text: str = super().formatException(ei)  # type: ignore[arg-type]
        return text[-MAX_TRACEBACK_CHARACTERS:]


class Bucket:
    """Holds at most ``size`` lines; one is added every ``seconds``. Not safe for threads."""

    def __init__(self, size: int, seconds: float, now: float) -> None:
        self._size, self._seconds = size, seconds
        self._left, self._at = float(size), now

    def has_line(self, now: float) -> bool:
        self._left = min(self._size, self._left + (now - self._at) / self._seconds)
        self._at = now
        return self._left >= 1

    def take(self) -> None:
        self._left -= 1


class LineLimit(logging.Filter):
    """The number of places is that of the calls in the code, so what is remembered has a bound."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()  # guards all below
        self._all = Bucket(LINES, SECONDS_PER_LINE, clock())
        self._tracebacks = Bucket(TRACEBACKS, SECONDS_PER_TRACEBACK, clock())
        self._places: dict[tuple[str, int], Bucket] = {}
        self._left_out: dict[tuple[str, int], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        place = record.pathname, record.lineno
        with self._lock:
            now = self._clock()
            bucket = self._places.setdefault(place, Bucket(LINES_OF_PLACE, SECONDS_PER_LINE_OF_PLACE, now))
            if not (bucket.has_line(now) and self._all.has_line(now)):
                self._left_out[place] = self._left_out.get(place, 0) + 1
                return False
            bucket.take()
            self._all.take()
            left_out = self._left_out.pop(place, 0)
            if record.exc_info and not self._may_have_traceback(now):
                record.msg, record.args = f"{record.getMessage()} ({_describe(record)}; traceback left out)", None
                record.exc_info = record.exc_text = None
        if left_out:
            record.msg, record.args = f"({left_out} like this left out) {record.getMessage()}", None
        return True

    def _may_have_traceback(self, now: float) -> bool:
        """To be called with the lock."""
        found = self._tracebacks.has_line(now)
        if found:
            self._tracebacks.take()
        return found


def _describe(record: logging.LogRecord) -> str:
    """The exception of ``record``."""
    return repr(record.exc_info[1]) if record.exc_info else ""
