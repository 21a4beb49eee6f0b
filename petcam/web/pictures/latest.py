"""The latest value of a feed, for any number of waiting threads. Values are not queued: a slow thread misses some."""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._number = 0  # guarded by _changed, like all below
        self._value: T | None = None
        self._error: Exception | None = None  # why there are no values for now
        self._closed = False

    def publish(self, value: T) -> None:
        with self._changed:
            self._number += 1
            self._value, self._error = value, None
            self._changed.notify_all()

    def fail(self, error: Exception | None) -> None:
        """Every thread that waits gets ``error`` raised, until there is a value or this is None."""
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def wait(self, after: int, timeout: float) -> tuple[int, T] | None:
        """Number and value of the latest once it is newer than ``after`` (0: any); None at time-out or when closed.

        Raises what ``fail`` was given.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._error or self._number > after, timeout)
            if self._error is not None and not self._closed:
                raise self._error.with_traceback(None)  # or each thread's would be added to it
            if self._closed or self._value is None or self._number <= after:
                return None
            return self._number, self._value

    @property
    def closed(self) -> bool:
        with self._changed:
            return self._closed

    def close(self) -> None:
        """Wake every waiting thread; no more values come."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
