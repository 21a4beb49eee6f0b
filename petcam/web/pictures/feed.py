"""Pictures for those who cannot play WebRTC: one thread makes them for all, only while somebody looks.

All access units are decoded, once; each view that somebody has is then scaled and encoded once.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol

from petcam.errors import Code, PetcamError
from petcam.media import pyav
from petcam.shm.reading import READ_TIMEOUT, RETRY_PAUSE, ReadingLoop
from petcam.web.pictures.heap import give_back
from petcam.web.pictures.latest import Latest
from petcam.web.pictures.picture import Picture, View
from petcam.web.pictures.rendition import Rendition
from petcam.web.pictures.source import Cameras, Source

HELD_READ_TIMEOUT = 0.02  # seconds, while a picture waits for its boxes
MOST_VIEWS = 8  # different ones at once, as each costs an encoder
MOST_RESULTS = 60  # of the detector that are kept: 2 s

_log = logging.getLogger(__name__)


class Reader(Protocol):
    """Of :mod:`petcam.shm.detections`; ``read`` gives ``Detections``, or None at its time-out."""

    def read(self, timeout: float) -> Any: ...


class PictureFeed:
    def __init__(self, cameras: Cameras, open_results: Callable[[], AbstractContextManager[Reader]]) -> None:
        self._cameras = cameras
        self._open_results = open_results
        self._lock = threading.Lock()
        self._renditions: dict[View, Rendition] = {}  # guarded by _lock, like the two below
        self._rates: dict[object, tuple[View, float]] = {}  # of each who looks
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def supports(self, view: View) -> bool:
        return pyav.is_installed() or (view == View() and self._cameras.gives_jpeg())

    def look(self, view: View, fps: float) -> tuple[Latest[Picture], Callable[[], None]]:
        """Begin to look: pictures come until the second of what is returned is called.

        Raises ``BUSY`` where too many different views are looked at.
        """
        looker = object()
        with self._lock:
            if view not in self._renditions and len(self._renditions) >= MOST_VIEWS:
                raise PetcamError(Code.BUSY, f"pictures are made in {MOST_VIEWS} sizes already; ask for one of those")
            rendition = self._renditions.setdefault(view, Rendition(view))
            self._rates[looker] = view, fps
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pictures", daemon=True)
                self._thread.start()
        return rendition.latest, partial(self._leave, looker)

    def stop(self) -> None:
        self._stopping.set()
        with self._lock:
            thread = self._thread
            for rendition in self._renditions.values():
                rendition.latest.close()
        if thread is not None:
            thread.join(READ_TIMEOUT + RETRY_PAUSE)

    def _leave(self, looker: object) -> None:
        with self._lock:
            view, _ = self._rates.pop(looker, (None, 0.0))
            if view is not None and all(view != other for other, _ in self._rates.values()):
                del self._renditions[view]

    def _wanted(self) -> list[Rendition]:
        """What is looked at now, each at the rate of its fastest looker."""
        with self._lock:
            if self._stopping.is_set():
                return []
            for view, rendition in self._renditions.items():
                rendition.set_rate(max(fps for other, fps in self._rates.values() if other == view))
            return list(self._renditions.values())

    def _may_end(self) -> bool:
        """Asked by the thread; after a yes it ends, and the next who looks starts another."""
        with self._lock:
            if self._renditions and not self._stopping.is_set():
                return False
            self._thread = None
            return True

    def _run(self) -> None:
        ReadingLoop("pictures", _log).run(self._read, self._may_end, self._stopping.wait)
        give_back()

    def _read(self) -> None:
        """A function of its own, so that nothing of the decoder is left when memory is given back."""
        with self._cameras.open() as source, self._open_results() as results:
            self._follow(source, results)

    def _follow(self, source: Source, reader: Reader) -> None:
        """Show what comes until nobody looks any more."""
        results: deque[Any] = deque(maxlen=MOST_RESULTS)
        while renditions := self._wanted():
            held = any(rendition.holds for rendition in renditions)
            still = source.read(HELD_READ_TIMEOUT if held else READ_TIMEOUT)
            renditions = self._wanted()  # who came meanwhile sees it too
            if still is not None:
                for rendition in renditions:
                    rendition.take(still)
            if any(rendition.view.boxes for rendition in renditions):
                _drain(reader, results)
                for rendition in renditions:
                    rendition.show_held(results, time.monotonic_ns())


def _drain(reader: Reader, results: deque[Any]) -> None:
    try:
        while (result := reader.read(0)) is not None:
            results.append(result)
    except PetcamError:  # no detector that can be read: pictures come without boxes, the event stream's thread says why
        results.clear()
