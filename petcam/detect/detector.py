"""The stream's pictures looked at for as long as the service runs: the watcher joined to shared memory and time."""

import logging
import time
from typing import Any, Protocol

from petcam.detect.account import Account
from petcam.detect.share import Share
from petcam.detect.sight import Sight
from petcam.detect.watcher import Watcher
from petcam.errors import PetcamError
from petcam.shm.detections import Box
from petcam.shm.layout import MAX_BOXES

READ_TIMEOUT = 0.5  # seconds that a read waits at most
RETRY_SECONDS = 2.0  # after pictures that cannot be read
LONGEST_PAUSE = 0.2  # seconds between two looks into the shared memory
LATEST = 0.2  # how much of a new measurement is taken

log = logging.getLogger("petcam.detect")


class Reader(Protocol):
    def read(self, timeout: float) -> Any: ...


class Writer(Protocol):
    def publish(self, frame: Any, boxes: list[Box]) -> int: ...


class Detector:
    """For one thread, which calls ``step`` again and again, and may wait for ``pause`` seconds in between."""

    def __init__(
        self, reader: Reader, writer: Writer, watcher: Watcher, sight: Sight, share: Share, max_fps: float
    ) -> None:
        self._reader, self._writer = reader, writer
        self._watcher, self._sight, self._share = watcher, sight, share
        self._interval_ns = int(1e9 / max_fps)
        self._account = Account()
        self._look_ns = 0.0  # what a look takes, on average
        self._seen_at = 0.0  # when a picture was seen last
        self._shown = False  # the camera shows something
        self._trouble = ""  # why no picture can be looked at

    @property
    def status(self) -> str:
        """For people."""
        if self._trouble:
            return self._trouble
        return self._account.words() if self._shown else "waits for pictures"

    def pause(self) -> float:
        """Seconds until the next step has something to do, pictures provided."""
        if self._trouble:
            return RETRY_SECONDS
        until_next = self._seen_at + self._interval_ns / 1e9 - time.monotonic()
        return min(max(self._share.wait_seconds(), until_next), LONGEST_PAUSE)

    def step(self) -> None:
        """Take what has come, and look at the newest picture where it is time for that.

        Raises ``BAD_SEGMENT`` where the detections' segment was taken away; trouble with pictures is ``status``.
        """
        try:
            self._take()
            if self._share.wait_seconds() > 0:
                return
            seen = self._sight.next(self._interval_ns, self._watcher.is_busy)
        except PetcamError as error:
            self._note(error.message)
            return
        self._note("")
        if seen is not None:
            self._seen_at = time.monotonic()
            unit, frame = seen
            self._watcher.see(frame)
            self._look(frame)
            boxes = self._watcher.boxes(frame)[:MAX_BOXES]
            self._account.saw(boxes)
            self._writer.publish(unit, boxes)

    def _take(self) -> None:
        """All access units that are there; where there is none, wait for one."""
        unit = self._reader.read(READ_TIMEOUT)
        self._shown = unit is not None
        while unit is not None:
            self._sight.add(unit)
            unit = self._reader.read(0)

    def _look(self, frame: Any) -> None:
        began_ns = time.perf_counter_ns()
        if self._watcher.look(frame, int(self._look_ns)):
            self._account.looked()
            took_ns = time.perf_counter_ns() - began_ns
            self._look_ns += (LATEST if self._look_ns else 1.0) * (took_ns - self._look_ns)

    def _note(self, trouble: str) -> None:
        """Logged once."""
        if trouble and trouble != self._trouble:
            log.error("%s", trouble)
        if self._trouble and not trouble:
            log.info("pictures can be looked at again")
        self._trouble = trouble
