"""Pictures for those who cannot play WebRTC: one thread decodes the stream for all, only while somebody looks."""

import importlib.util
import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from petcam.errors import PetcamError
from petcam.web.newest import Newest

READ_TIMEOUT = 0.5  # seconds; also how soon the thread notices that nobody looks any more
RETRY_PAUSE = 2.0
SILENT_NS = 5_000_000_000  # a picture older than this is not shown as live
INTERVAL_NS = 100_000_000  # between two pictures

_log = logging.getLogger(__name__)


class Reader(Protocol):
    """Of :mod:`petcam.shm.stream`; ``read`` gives an ``AccessUnit``, or None at its time-out."""

    def read(self, timeout: float) -> Any: ...


@dataclass(frozen=True)
class Picture:
    jpeg: bytes
    capture_ns: int

    def is_fresh(self) -> bool:
        return time.monotonic_ns() - self.capture_ns < SILENT_NS


class PictureFeed:
    def __init__(self, open_reader: Callable[[], AbstractContextManager[Reader]]) -> None:
        self.newest: Newest[Picture] = Newest()
        self._open_reader = open_reader
        self._lock = threading.Lock()
        self._viewers: set[object] = set()  # guarded by _lock
        self._thread: threading.Thread | None = None  # guarded by _lock
        self._stopping = threading.Event()

    @staticmethod
    def is_supported() -> bool:
        return importlib.util.find_spec("av") is not None

    def look(self) -> Callable[[], None]:
        """Begin to look: pictures come until what is returned is called."""
        viewer = object()
        with self._lock:
            self._viewers.add(viewer)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pictures", daemon=True)
                self._thread.start()
        return lambda: self._leave(viewer)

    def stop(self) -> None:
        self._stopping.set()
        self.newest.close()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(READ_TIMEOUT + RETRY_PAUSE)

    def _leave(self, viewer: object) -> None:
        with self._lock:
            self._viewers.discard(viewer)

    def _is_wanted(self) -> bool:
        with self._lock:
            return bool(self._viewers) and not self._stopping.is_set()

    def _may_end(self) -> bool:
        """Asked by the thread; after a yes it ends, and the next viewer starts another."""
        with self._lock:
            if self._viewers and not self._stopping.is_set():
                return False
            self._thread = None
            return True

    def _run(self) -> None:
        reason = ""
        while not self._may_end():
            try:
                with self._open_reader() as reader:
                    self._follow(reader)
            except Exception as error:  # whatever it is, the next segment may be good
                if str(error) != reason:
                    reason = str(error)
                    _log.error("pictures: %s", reason, exc_info=not isinstance(error, PetcamError))
                self._stopping.wait(RETRY_PAUSE)

    def _follow(self, reader: Reader) -> None:
        """Decode until nobody looks any more."""
        from petcam.web.jpeg import Transcoder  # here: PyAV is optional, and costs memory

        transcoder, due_ns = Transcoder(), 0
        while self._is_wanted():
            unit = reader.read(READ_TIMEOUT)
            if unit is None:
                continue
            jpeg = transcoder.feed(unit, wanted=unit.capture_ns >= due_ns)
            if jpeg is not None:
                self.newest.publish(Picture(jpeg, unit.capture_ns))
                due_ns = unit.capture_ns + INTERVAL_NS
