"""Reads the stream in a thread of its own, and knows how the camera does."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from petcam.errors import PetcamError
from petcam.shm.stream import AccessUnit

READ_TIMEOUT = 0.5  # seconds; also how soon the thread notices stop()
RETRY_PAUSE = 2.0
SILENT = 1.0
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
        self._newest: AccessUnit | None = None  # guarded by _lock, like the two below
        self._came_at = 0.0
        self._trouble = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(READ_TIMEOUT + RETRY_PAUSE)

    def health(self) -> dict[str, object]:
        """The camera's state, as the streamer's ``/health`` has it."""
        with self._lock:
            newest, recent, trouble, came_at = self._newest, list(self._recent), self._trouble, self._came_at
        if newest is None:
            state = "error" if trouble else "waiting"
            return {"state": state, "message": trouble, "width": 0, "height": 0, "fps": 0, "bitrate": 0, "age_ms": -1}
        live = time.monotonic() - came_at < SILENT
        span = (recent[-1][0] - recent[0][0]) / 1e9 if live else 0
        return {
            "state": "error" if trouble else "live" if live else "silent",
            "message": trouble,
            "width": newest.width,
            "height": newest.height,
            "fps": round((len(recent) - 1) / span, 1) if span else 0,
            "bitrate": round(sum(size for _, size in recent[1:]) * 8 / span) if span else 0,
            "age_ms": (time.monotonic_ns() - newest.capture_ns) // 1_000_000,
        }

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._open_reader() as reader:
                    self._follow(reader)
            except Exception as error:  # whatever it is, the next segment may be good
                known = isinstance(error, PetcamError)
                trouble = str(error) if known else "the stream cannot be read; petcam-web's log says more"
                with self._lock:
                    changed, self._trouble = trouble != self._trouble, trouble
                if changed:
                    _log.error("stream: %s", error, exc_info=not known)
                self._stopping.wait(RETRY_PAUSE)

    def _follow(self, reader: Any) -> None:
        while not self._stopping.is_set():
            unit = reader.read(READ_TIMEOUT)
            if unit is None:
                continue
            with self._lock:
                self._newest, self._came_at, self._trouble = unit, time.monotonic(), ""
                self._recent.append((unit.capture_ns, len(unit.data)))
            self._sink(unit)
