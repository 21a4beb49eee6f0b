"""The detector's results: one thread reads the segment, and serialises each result once for all clients."""

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from petcam.errors import PetcamError
from petcam.web.newest import Newest

READ_TIMEOUT = 0.5  # seconds; also how soon the thread notices stop()
RETRY_PAUSE = 2.0
ROUND_LIMIT = 10.0  # seconds after which a thread that has not gone round is stuck
FRESH_NS = 500_000_000  # older results belong to no picture that anybody still sees

_log = logging.getLogger(__name__)


class Reader(Protocol):
    """Of :mod:`petcam.shm.detections`; ``read`` gives ``Detections``, or None at its time-out."""

    def read(self, timeout: float) -> Any: ...


@dataclass(frozen=True)
class Event:
    data: bytes  # one server-sent event
    publish_ns: int

    def is_fresh(self) -> bool:
        return time.monotonic_ns() - self.publish_ns < FRESH_NS


class DetectionFeed:
    """``open_reader`` may be called again and again: a segment that cannot be read now may be replaced."""

    def __init__(self, open_reader: Callable[[], AbstractContextManager[Reader]]) -> None:
        self.newest: Newest[Event] = Newest()
        self._open_reader = open_reader
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="detections", daemon=True)
        self._last_round = time.monotonic()  # written by the thread only

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, wake every waiting client."""
        self._stopping.set()
        self.newest.close()
        if self._thread.is_alive():
            self._thread.join(READ_TIMEOUT + RETRY_PAUSE)

    def goes_round(self) -> bool:
        return self._thread.is_alive() and time.monotonic() - self._last_round < ROUND_LIMIT

    def _run(self) -> None:
        reason = ""
        while not self._stopping.is_set():
            try:
                with self._open_reader() as reader:
                    self._follow(reader)
            except Exception as error:  # whatever it is, the next segment may be good
                if str(error) != reason:  # said once, not every two seconds
                    reason = str(error)
                    _log.error("detections: %s", reason, exc_info=not isinstance(error, PetcamError))
                self._last_round = time.monotonic()
                self._stopping.wait(RETRY_PAUSE)

    def _follow(self, reader: Reader) -> None:
        while not self._stopping.is_set():
            self._last_round = time.monotonic()
            result = reader.read(READ_TIMEOUT)
            if result is not None:
                self.newest.publish(Event(serialise(result), result.publish_ns))


def serialise(result: Any) -> bytes:
    """The server-sent event of one ``Detections``; docs/http-api.md has its shape."""
    body = {
        "detections": [
            {
                "class_name": box.class_name,
                "confidence": round(float(box.confidence), 4),
                "bbox": {side: round(float(getattr(box, side)), 2) for side in "xywh"},
            }
            for box in result.boxes
        ],
        "frame_number": int(result.frame_number),
        "capture_ns": int(result.capture_ns),
        "rtp_timestamp": int(result.capture_ns) * 9 // 100_000 % 2**32,
        "width": int(result.width),
        "height": int(result.height),
    }
    return f"data: {json.dumps(body, separators=(',', ':'))}\n\n".encode()
