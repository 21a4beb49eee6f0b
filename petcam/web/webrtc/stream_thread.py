"""Reads the stream in a thread of its own, and knows how the camera does."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from petcam.errors import PetcamError
from petcam.shm.reading import READ_TIMEOUT, RETRY_PAUSE, ReadingLoop
from petcam.shm.stream import AccessUnit

LONGEST_SILENCE = 1.0  # seconds
RATE_SPAN = 90  # pictures that rates are taken over

_log = logging.getLogger(__name__)


class StreamThread:
    """Gives each access unit to ``sink``, in its thread."""

    def __init__(self, open_reader: Callable[[], AbstractContextManager[Any]], sink: Callable[[AccessUnit], None]):
        self._open_reader, self._sink = open_reader, sink
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)
        self._lock = threading.Lock()
        self._recent: deque[tuple[int, int]] = deque(maxlen=RATE_SPAN)  # capture_ns, bytes; guarded by _lock
        self._latest: AccessUnit | None = None  # guarded by _lock, like the one below
        self._came_at = 0.0
        self._loop = ReadingLoop("stream", _log)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(READ_TIMEOUT + RETRY_PAUSE)

    def health(self) -> dict[str, object]:
        """The camera's state, as the streamer's ``/health`` has it."""
        with self._lock:
            latest, recent, came_at = self._latest, list(self._recent), self._came_at
        trouble = _in_words(self._loop.trouble)
        if latest is None:
            state = "error" if trouble else "waiting"
            return {"state": state, "message": trouble, "width": 0, "height": 0, "fps": 0, "bitrate": 0, "age_ms": -1}
        live = time.monotonic() - came_at < LONGEST_SILENCE
        span = (recent[-1][0] - recent[0][0]) / 1e9 if live else 0
        return {
            "state": "error" if trouble else "live" if live else "silent",
            "message": trouble,
            "width": latest.width,
            "height": latest.height,
            "fps": round((len(recent) - 1) / span, 1) if span else 0,
            "bitrate": round(sum(size for _, size in recent[1:]) * 8 / span) if span else 0,
            "age_ms": (time.monotonic_ns() - latest.capture_ns) // 1_000_000,
        }

    def _run(self) -> None:
        self._loop.run(self._read, self._stopping.is_set, self._stopping.wait)

    def _read(self) -> None:
        with self._open_reader() as reader:
            while not self._stopping.is_set():
                unit = reader.read(READ_TIMEOUT)
                if unit is not None:
                    self._take(unit)

    def _take(self, unit: AccessUnit) -> None:
        self._loop.trouble = None
        with self._lock:
            self._latest, self._came_at = unit, time.monotonic()
            self._recent.append((unit.capture_ns, len(unit.data)))
        self._sink(unit)


def _in_words(trouble: Exception | None) -> str:
    """For everybody; what is no ``PetcamError`` is for the log only."""
    if trouble is None or isinstance(trouble, PetcamError):
        return str(trouble or "")
    return "the stream cannot be read; petcam-web's log says more"
