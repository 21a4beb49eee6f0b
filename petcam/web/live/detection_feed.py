"""The detector's results: one thread reads the segment while anybody listens, serialises each result once for all,
and sends it to each."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Protocol

from petcam.errors import PetcamError
from petcam.web.live.subscribers import FRESH, Audience

READ_TIMEOUT = 0.5  # seconds; also how soon the thread notices stop()
RETRY_PAUSE = 2.0
ROUND_LIMIT = 10.0  # seconds after which a thread that has not gone round is stuck

_log = logging.getLogger(__name__)


class Reader(Protocol):
    """Of :mod:`petcam.shm.detections`; ``read`` gives ``Detections``, or None at its time-out."""

    def read(self, timeout: float) -> Any: ...


class DetectionFeed:
    """``open_reader`` may be called again and again: a segment that cannot be read now may be replaced."""

    def __init__(self, open_reader: Callable[[], AbstractContextManager[Reader]]) -> None:
        self.audience = Audience()
        self.ended = threading.Event()
        self._open_reader = open_reader
        self._thread = threading.Thread(target=self._run, name="detections", daemon=True)
        self._last_round = time.monotonic()  # written by the thread only

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and the stream of everybody who listens."""
        self.ended.set()
        if self._thread.is_alive():
            self._thread.join(READ_TIMEOUT + RETRY_PAUSE)

    def goes_round(self) -> bool:
        return self._thread.is_alive() and time.monotonic() - self._last_round < ROUND_LIMIT

    def _run(self) -> None:
        reason = ""
        while not self.ended.is_set():
            try:
                with self._open_reader() as reader:
                    self._follow(reader)
            except Exception as error:  # whatever it is, the next segment may be good
                if str(error) != reason:  # said once, not every two seconds
                    reason = str(error)
                    _log.error("detections: %s", reason, exc_info=not isinstance(error, PetcamError))
                self._last_round = time.monotonic()
                self.ended.wait(RETRY_PAUSE)

    def _follow(self, reader: Reader) -> None:
        while not self.ended.is_set():
            self._last_round = time.monotonic()
            if not self.audience.wait(READ_TIMEOUT):
                continue
            result = reader.read(READ_TIMEOUT)
            if result is not None and time.monotonic_ns() - result.publish_ns < FRESH * 1e9:
                self.audience.tell(serialise(result))


def serialise(result: Any) -> bytes:
    """The server-sent event of one ``Detections``; docs/http-api.md has its shape.

    Written by hand: the json module takes three times as long, thirty times a second. Every number was proved finite.
    """
    boxes = ",".join(_box(box) for box in result.boxes)
    return (
        f'data: {{"detections":[{boxes}],"frame_number":{result.frame_number},"capture_ns":{result.capture_ns},'
        f'"rtp_timestamp":{result.capture_ns * 9 // 100_000 % 2**32},'
        f'"width":{result.width},"height":{result.height}}}\n\n'
    ).encode()


def _box(box: Any) -> str:
    return (
        f'{{"class_name":{quoted(box.class_name)},"confidence":{box.confidence:.4f},'
        f'"bbox":{{"x":{box.x:.2f},"y":{box.y:.2f},"w":{box.w:.2f},"h":{box.h:.2f}}}}}'
    )
