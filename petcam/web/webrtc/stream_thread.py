"""Reads the stream in a thread of its own and knows the camera's state."""

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

MAX_SILENCE_SECONDS = 1.0  # then the camera counts as silent
RATE_SPAN_PICTURES = 90  # rates are computed over so many pictures

_log = logging.getLogger(__name__)


class StreamThread:
    """Calls ``sink`` with each access unit, in its own thread."""

    def __init__(self, open_reader: Callable[[], AbstractContextManager[Any]], sink: Callable[[AccessUnit], None]):
        self._open_reader, self._sink = open_reader, sink
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)
        self._lock = threading.Lock()
        self._recent: deque[tuple[int, int]] = deque(maxlen=RATE_SPAN_PICTURES)  # capture_ns, bytes; guarded by _lock
        self._latest: AccessUnit | None = None  # guarded by _lock, like the one below
        self._latest_at = 0.0
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
            latest, recent, latest_at = self._latest, list(self._recent), self._latest_at
        trouble = _message(self._loop.trouble)
        if latest is None:
            state = "error" if trouble else "waiting"
            return {"state": state, "message": trouble, "width": 0, "height": 0, "fps": 0, "bitrate": 0, "age_ms": -1}
        live = time.monotonic() - latest_at < MAX_SILENCE_SECONDS
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
            self._latest, self._latest_at = unit, time.monotonic()
            self._recent.append((unit.capture_ns, len(unit.data)))
        self._sink(unit)


def _message(trouble: Exception | None) -> str:
    """What anybody may read; the details of anything but a ``PetcamError`` are for the log only."""
    if trouble is None or isinstance(trouble, PetcamError):
        return str(trouble or "")
    return "the stream cannot be read; petcam-web's log says more"
