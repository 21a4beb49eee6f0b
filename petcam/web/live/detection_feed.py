"""The detector's results: one thread reads the segment while there are subscribers, serialises each result once
for all, and sends it to each."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Protocol

from petcam.shm.reading import READ_TIMEOUT, RETRY_PAUSE, ReadingLoop
from petcam.web.live.subscribers import LONGEST_AGE, Subscribers

LONGEST_ROUND = 10.0  # seconds after which a thread that has not come round is stuck

_log = logging.getLogger(__name__)


class Reader(Protocol):
    """Of :mod:`petcam.shm.detections`; ``read`` gives ``Detections``, or None at its time-out."""

    def read(self, timeout: float) -> Any: ...


class DetectionFeed:
    """``open_reader`` may be called again and again: a segment that cannot be read now may be replaced."""

    def __init__(self, open_reader: Callable[[], AbstractContextManager[Reader]]) -> None:
        self.subscribers = Subscribers()
        self.ended = threading.Event()
        self._open_reader = open_reader
        self._thread = threading.Thread(target=self._run, name="detections", daemon=True)
        self._last_round = time.monotonic()  # written by the thread only

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and the stream of every subscriber."""
        self.ended.set()
        if self._thread.is_alive():
            self._thread.join(READ_TIMEOUT + RETRY_PAUSE)

    def is_alive(self) -> bool:
        return self._thread.is_alive() and time.monotonic() - self._last_round < LONGEST_ROUND

    def _run(self) -> None:
        ReadingLoop("detections", _log).run(self._read, self.ended.is_set, self._pause)

    def _pause(self, seconds: float) -> None:
        self._last_round = time.monotonic()
        self.ended.wait(seconds)

    def _read(self) -> None:
        with self._open_reader() as reader:
            self._follow(reader)

    def _follow(self, reader: Reader) -> None:
        while not self.ended.is_set():
            self._last_round = time.monotonic()
            if not self.subscribers.wait(READ_TIMEOUT):
                continue
            result = reader.read(READ_TIMEOUT)
            if result is not None and time.monotonic_ns() - result.publish_ns < LONGEST_AGE * 1e9:
                self.subscribers.publish(serialise(result))


def serialise(result: Any) -> bytes:
    """The server-sent event of one ``Detections``; docs/http-api.md has its shape.

    Written by hand: the json module takes three times as long, thirty times a second. Every number was proved finite.
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
