"""Reads the stream in a thread of its own and knows the camera's state."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Any

from petcam.errors import PetcamError
from petcam.h264 import annexb, sps
from petcam.shm.keyframe_search import MAX_KEYFRAME_AGE_SECONDS, no_keyframe
from petcam.shm.layout import STALE_NS
from petcam.shm.reading import READ_TIMEOUT, RETRY_PAUSE, ReadingLoop
from petcam.shm.stream import AccessUnit

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
        self._latest: AccessUnit | None = None  # guarded by _lock, like the four below
        self._silent_after_ns = STALE_NS
        self._keyframe_ns = 0  # capture of the newest keyframe; 0 before the first
        self._aspect = (1, 1)  # a pixel's width and height, as its SPS says
        self._without_keyframe = 0.0  # seconds for which pictures have come without any keyframe
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
            latest, recent, silent_after_ns = self._latest, list(self._recent), self._silent_after_ns
            keyframe_age, aspect = self._keyframe_age(), list(self._aspect)
        live = latest is not None and time.monotonic_ns() - latest.publish_ns < silent_after_ns
        state, message = self._state(latest is not None, live, keyframe_age)
        span = (recent[-1][0] - recent[0][0]) / 1e9 if live else 0
        return {
            "state": state,
            "message": message,
            "width": latest.width if latest else 0,
            "height": latest.height if latest else 0,
            "fps": round((len(recent) - 1) / span, 1) if span else 0,
            "bitrate": round(sum(size for _, size in recent[1:]) * 8 / span) if span else 0,
            "age_ms": (time.monotonic_ns() - latest.capture_ns) // 1_000_000 if latest else -1,
            "keyframe_age_ms": int(keyframe_age * 1000) if 0 <= keyframe_age <= MAX_KEYFRAME_AGE_SECONDS else -1,
            "aspect": aspect,
            "silent_after_ms": silent_after_ns // 1_000_000,
        }

    def aspect(self) -> tuple[int, int]:
        """Width and height of a pixel, by the newest keyframe."""
        with self._lock:
            return self._aspect

    def _keyframe_age(self) -> float:
        """Seconds; -1 where there has been none. Called with the lock held."""
        return (time.monotonic_ns() - self._keyframe_ns) / 1e9 if self._keyframe_ns else -1.0

    def _state(self, has_begun: bool, live: bool, keyframe_age: float) -> tuple[str, str]:
        """The state, and what is said of it."""
        trouble = _message(self._loop.trouble)
        if trouble:
            return "error", trouble
        is_old = live and keyframe_age > MAX_KEYFRAME_AGE_SECONDS
        missing = no_keyframe(keyframe_age if is_old else self._without_keyframe)
        if missing is not None:
            return "no keyframe", missing.message
        return ("live" if live else "silent" if has_begun else "waiting"), ""

    def _run(self) -> None:
        self._loop.run(self._read, self._stopping.is_set, self._stopping.wait)

    def _read(self) -> None:
        with self._open_reader() as reader:
            while not self._stopping.is_set():
                self._read_next(reader)

    def _read_next(self, reader: Any) -> None:
        unit = reader.read(READ_TIMEOUT)
        with self._lock:
            self._without_keyframe = reader.seconds_without_keyframe()
            self._silent_after_ns = reader.silent_after_ns()
        if unit is not None:
            self._take(unit)

    def _take(self, unit: AccessUnit) -> None:
        self._loop.trouble = None
        with self._lock:
            self._latest = unit
            self._recent.append((unit.capture_ns, len(unit.data)))
            if unit.keyframe:
                self._keyframe_ns, self._aspect = unit.capture_ns, _aspect(unit)
        self._sink(unit)


def _aspect(unit: AccessUnit) -> tuple[int, int]:
    """Of a pixel of this keyframe."""
    for nal in annexb.nal_units(unit.data):
        if annexb.nal_type(nal) == annexb.SPS:
            with suppress(PetcamError):
                return sps.parse(nal).aspect
    return 1, 1


def _message(trouble: Exception | None) -> str:
    """What anybody may read; the details of anything but a ``PetcamError`` are for the log only."""
    if trouble is None or isinstance(trouble, PetcamError):
        return str(trouble or "")
    return "the stream cannot be read; petcam-web's log says more"
