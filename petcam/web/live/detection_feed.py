"""Distributes the detector's results: one thread reads the segment while there are subscribers, serialises each result
once and sends it to all of them."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Protocol

from petcam.shm.reading import READ_TIMEOUT, ReadingLoop
from petcam.web.http import MAX_AGE_SECONDS, Feed, Subscribers

_log = logging.getLogger(__name__)


class Reader(Protocol):
    """A reader of :mod:`petcam.shm.detections`; ``read`` returns ``Detections``, or None at its time-out."""

    def read(self, timeout: float) -> Any: ...


class DetectionFeed(Feed):
    """``open_reader`` is called again after an error: a segment that cannot be read may be replaced by a good one."""

    def __init__(self, open_reader: Callable[[], AbstractContextManager[Reader]]) -> None:
        super().__init__("detections", Subscribers())
        self._open_reader = open_reader

    def _run(self) -> None:
        ReadingLoop("detections", _log).run(self._read, self.ended.is_set, self._pause)

    def _read(self) -> None:
        with self._open_reader() as reader:
            self._publish_results(reader)

    def _publish_results(self, reader: Reader) -> None:
        while not self.ended.is_set():
            if not self._is_wanted():
                continue
            result = reader.read(READ_TIMEOUT)
            if result is not None and time.monotonic_ns() - result.publish_ns < MAX_AGE_SECONDS * 1e9:
                self.subscribers.publish(serialise(result))


def serialise(result: Any) -> bytes:
    """One ``Detections`` as a server-sent event, in the form that docs/http-api.md gives.

    It is formatted by hand because the json module takes three times as long, thirty times a second. The reader has
    checked that every number is finite.
    """
    boxes = ",".join(_box(box) for box in result.boxes)
    return (
        f'data: {{"detections":[{boxes}],"frame_number":{result.frame_number},"capture_ns":{result.capture_ns},'
        f'"rtp_timestamp":{result.rtp_timestamp},'
        f'"width":{result.width},"height":{result.height}}}\n\n'
    ).encode()


def _box(box: Any) -> str:
    return (
        f'{{"class_name":{quoted(box.class_name)},"confidence":{box.confidence:.4f},'
        f'"bbox":{{"x":{box.x:.2f},"y":{box.y:.2f},"w":{box.w:.2f},"h":{box.h:.2f}}}}}'
    )
