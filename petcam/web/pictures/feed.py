"""Makes the pictures for clients without WebRTC, in one thread for all, only while somebody is subscribed.

Every access unit is decoded once; each rendition that somebody wants is then scaled and encoded once. All of it stays
within a budget of bytes: a camera's pictures that do not fit are refused before they are decoded.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from typing import Any, Protocol

from petcam.errors import Code, PetcamError
from petcam.media import pyav
from petcam.media.budget import PictureBudget
from petcam.shm.reading import READ_TIMEOUT, RETRY_PAUSE, ReadingLoop
from petcam.web.pictures.heap import trim_heap
from petcam.web.pictures.held import HeldPictures
from petcam.web.pictures.latest import Latest
from petcam.web.pictures.picture import MAX_LIVE_AGE_NS, Picture, PictureOptions
from petcam.web.pictures.rendition import Rendition
from petcam.web.pictures.source import Source, SourceSelector

HELD_READ_TIMEOUT_SECONDS = 0.02  # while a picture is held for its boxes
MAX_RENDITIONS = 8  # at once, since each is scaled and encoded
MAX_ENCODING_WAIT_SECONDS = 4.0  # until other pictures have given back what encoding needs
MAX_RESULTS = 60  # results of the detector that are kept, which is 2 s

_log = logging.getLogger(__name__)


class Reader(Protocol):
    """A reader of :mod:`petcam.shm.detections`; ``read`` returns ``Detections``, or None at its time-out."""

    def read(self, timeout: float) -> Any: ...


class PictureFeed:
    def __init__(
        self,
        sources: SourceSelector,
        open_results: Callable[[], AbstractContextManager[Reader]],
        budget: PictureBudget,
    ) -> None:
        self._sources = sources
        self._open_results = open_results
        self._budget = budget
        self._lock = threading.Lock()
        self._renditions: dict[PictureOptions, Rendition] = {}  # guarded by _lock, like the three below
        self._rates: dict[object, tuple[PictureOptions, float]] = {}  # options and fps of each subscription
        self._refusal: PetcamError | None = None  # why the camera's pictures cannot be made into JPEGs for now
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def supports(self, options: PictureOptions) -> bool:
        return pyav.is_installed() or (options == PictureOptions() and self._sources.gives_jpeg())

    def subscribe(self, options: PictureOptions, fps: float) -> tuple[Latest[Picture], Callable[[], None]]:
        """Returns the latest picture in the rendition ``options``, and the function that ends the subscription.

        Raises ``BUSY`` where too many different renditions are in use. Waiting for the latest raises ``UNSUPPORTED``
        where the camera's pictures are too large, ``BUSY`` where others take the memory, ``NO_KEYFRAME``.
        """
        subscription = object()
        with self._lock:
            if options not in self._renditions and len(self._renditions) >= MAX_RENDITIONS:
                raise PetcamError(
                    Code.BUSY, f"pictures are made in {MAX_RENDITIONS} sizes already; ask for one of those"
                )
            if options not in self._renditions:
                self._renditions[options] = self._rendition(options)
            rendition = self._renditions[options]
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

    def _rendition(self, options: PictureOptions) -> Rendition:
        """Called with the lock held."""
        rendition = Rendition(options, self._budget)
        if self._refusal is not None:
            rendition.latest.fail(self._refusal)
        return rendition

    def _unsubscribe(self, subscription: object) -> None:
        with self._lock:
            options, _ = self._rates.pop(subscription, (None, 0.0))
            if options is not None and all(options != other for other, _ in self._rates.values()):
                self._renditions.pop(options).close()

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
            self._thread = self._refusal = None
            return True

    def _run(self) -> None:
        ReadingLoop("pictures", _log).run(self._read, self._may_end, self._stopping.wait)
        trim_heap()

    def _read(self) -> None:
        """A method of its own, so that the decoder is freed before the heap is trimmed."""
        held = HeldPictures(self._budget)
        try:
            with self._encoding_share(), self._sources.open(self._budget) as source, self._open_results() as results:
                self._make_pictures(source, results, held)
        except PetcamError as error:
            if error.code in (Code.UNSUPPORTED, Code.BUSY):
                self._refuse(error)
            raise
        finally:
            held.clear()

    def _encoding_share(self) -> AbstractContextManager[Any]:
        """What scaling and encoding take; nothing without PyAV, where only ready JPEGs are passed on."""
        if not pyav.is_installed():
            return nullcontext()
        from petcam.media.jpeg import MAX_ENCODING_BYTES  # here: PyAV is optional, and costs memory

        return self._budget.wait(MAX_ENCODING_BYTES, MAX_ENCODING_WAIT_SECONDS)

    def _note_trouble(self, trouble: PetcamError | None) -> None:
        """Why a source has no picture; it is known at each look, other than what ended an attempt."""
        with self._lock:
            before = self._refusal
        had_trouble = before is not None and before.code is Code.NO_KEYFRAME
        if trouble is not None and not had_trouble:
            _log.warning("pictures: %s", trouble)
        if trouble is not None or had_trouble:
            self._refuse(trouble)

    def _refuse(self, error: PetcamError | None) -> None:
        """Tell all who wait that there are no pictures for now, and why; None: there are again."""
        with self._lock:
            if error is self._refusal:
                return
            self._refusal = error
            for rendition in self._renditions.values():
                rendition.latest.fail(error)

    def _make_pictures(self, source: Source, reader: Reader, held: HeldPictures) -> None:
        """Publish pictures until nobody is subscribed any more."""
        results: deque[Any] = deque(maxlen=MAX_RESULTS)
        encoder = cache(_encoder)
        while self._current_renditions():
            self._take_next(source, held, encoder)
            with_boxes = [rendition for rendition in self._current_renditions() if rendition.options.boxes]
            if not with_boxes:
                held.clear()
                continue
            _read_waiting_results(reader, results)
            for ready in held.ready(results, time.monotonic_ns()):
                for rendition in with_boxes:
                    rendition.show_with_boxes(ready, encoder)

    def _take_next(self, source: Source, held: HeldPictures, encoder: Callable[[], Any]) -> None:
        """A method of its own, so that the source's frame is freed before it makes the next."""
        picture = source.read(HELD_READ_TIMEOUT_SECONDS if held else READ_TIMEOUT)
        if picture is None:
            return self._note_trouble(source.trouble())
        self._refuse(None)
        renditions = self._current_renditions()  # with those that were subscribed to meanwhile
        for rendition in renditions:
            rendition.max_age_ns = max(MAX_LIVE_AGE_NS, picture.silent_after_ns)
            if not rendition.options.boxes:
                rendition.show(picture, encoder)
        widths = [rendition.options.width for rendition in renditions if rendition.options.boxes]
        if widths:
            held.add(picture, 0 if 0 in widths else max(widths))


def _encoder() -> Any:
    from petcam.media.jpeg import Encoder  # here: PyAV is optional, and costs memory

    return Encoder()


def _read_waiting_results(reader: Reader, results: deque[Any]) -> None:
    try:
        while (result := reader.read(0)) is not None:
            results.append(result)
    except PetcamError:  # the detections cannot be read: no boxes; the event stream's thread logs the reason
        results.clear()
