"""Makes the pictures for clients without WebRTC, in one thread for all, only while somebody is subscribed.

Every access unit is decoded once; each rendition that somebody wants is then scaled and encoded once.
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
from petcam.web.pictures.heap import trim_heap
from petcam.web.pictures.latest import Latest
from petcam.web.pictures.picture import Picture, PictureOptions
from petcam.web.pictures.rendition import Rendition
from petcam.web.pictures.source import Source, SourceSelector

HELD_READ_TIMEOUT_SECONDS = 0.02  # while a picture is held for its boxes
MAX_RENDITIONS = 8  # at once, since each needs an encoder
MAX_RESULTS = 60  # results of the detector that are kept, which is 2 s

_log = logging.getLogger(__name__)


class Reader(Protocol):
    """A reader of :mod:`petcam.shm.detections`; ``read`` returns ``Detections``, or None at its time-out."""

    def read(self, timeout: float) -> Any: ...


class PictureFeed:
    def __init__(self, sources: SourceSelector, open_results: Callable[[], AbstractContextManager[Reader]]) -> None:
        self._sources = sources
        self._open_results = open_results
        self._lock = threading.Lock()
        self._renditions: dict[PictureOptions, Rendition] = {}  # guarded by _lock, like the two below
        self._rates: dict[object, tuple[PictureOptions, float]] = {}  # options and fps of each subscription
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def supports(self, options: PictureOptions) -> bool:
        return pyav.is_installed() or (options == PictureOptions() and self._sources.gives_jpeg())

    def subscribe(self, options: PictureOptions, fps: float) -> tuple[Latest[Picture], Callable[[], None]]:
        """Returns the latest picture in the rendition ``options``, and the function that ends the subscription.

        Raises ``BUSY`` where too many different renditions are in use.
        """
        subscription = object()
        with self._lock:
            if options not in self._renditions and len(self._renditions) >= MAX_RENDITIONS:
                raise PetcamError(
                    Code.BUSY, f"pictures are made in {MAX_RENDITIONS} sizes already; ask for one of those"
                )
            rendition = self._renditions.setdefault(options, Rendition(options))
            self._rates[subscription] = options, fps
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pictures", daemon=True)
                self._thread.start()
        return rendition.latest, partial(self._unsubscribe, subscription)

    def stop(self) -> None:
        self._stopping.set()
        with self._lock:
            thread = self._thread
            for rendition in self._renditions.values():
                rendition.latest.close()
        if thread is not None:
            thread.join(READ_TIMEOUT + RETRY_PAUSE)

    def _unsubscribe(self, subscription: object) -> None:
        with self._lock:
            options, _ = self._rates.pop(subscription, (None, 0.0))
            if options is not None and all(options != other for other, _ in self._rates.values()):
                del self._renditions[options]

    def _current_renditions(self) -> list[Rendition]:
        """The renditions that are subscribed to now, each at the highest rate among its subscriptions."""
        with self._lock:
            if self._stopping.is_set():
                return []
            for options, rendition in self._renditions.items():
                rendition.set_rate(max(fps for other, fps in self._rates.values() if other == options))
            return list(self._renditions.values())

    def _may_end(self) -> bool:
        """Called by the thread, which ends where this is true; the next subscription then starts another."""
        with self._lock:
            if self._renditions and not self._stopping.is_set():
                return False
            self._thread = None
            return True

    def _run(self) -> None:
        ReadingLoop("pictures", _log).run(self._read, self._may_end, self._stopping.wait)
        trim_heap()

    def _read(self) -> None:
        """A method of its own, so that the decoder is freed before the heap is trimmed."""
        with self._sources.open() as source, self._open_results() as results:
            self._make_pictures(source, results)

    def _make_pictures(self, source: Source, reader: Reader) -> None:
        """Publish pictures until nobody is subscribed any more."""
        results: deque[Any] = deque(maxlen=MAX_RESULTS)
        while renditions := self._current_renditions():
            held = any(rendition.has_held_pictures for rendition in renditions)
            picture = source.read(HELD_READ_TIMEOUT_SECONDS if held else READ_TIMEOUT)
            renditions = self._current_renditions()  # with those that were subscribed to meanwhile
            if picture is not None:
                for rendition in renditions:
                    rendition.take(picture)
            if any(rendition.options.boxes for rendition in renditions):
                _read_waiting_results(reader, results)
                for rendition in renditions:
                    rendition.show_held(results, time.monotonic_ns())


def _read_waiting_results(reader: Reader, results: deque[Any]) -> None:
    try:
        while (result := reader.read(0)) is not None:
            results.append(result)
    except PetcamError:  # the detections cannot be read: no boxes; the event stream's thread logs the reason
        results.clear()
