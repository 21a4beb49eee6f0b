"""Whether sound comes: looked at in the audio segment when somebody asks, and without decoding anything."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from petcam.errors import PetcamError

FRESH_NS = 1_000_000_000  # a packet that is older says nothing of now
KEPT_SECONDS = 0.5  # for which an answer is good for others too


class Packet(Protocol):
    """What is used of :class:`petcam.shm.audio.AudioPacket`; levels in dBFS."""

    @property
    def publish_ns(self) -> int: ...

    @property
    def rms_db(self) -> float: ...

    @property
    def peak_db(self) -> float: ...


class Reader(Protocol):
    """A reader of :mod:`petcam.shm.audio`, which begins at the newest packet."""

    def read(self, timeout: float) -> Packet | None: ...


OpenReader = Callable[[], AbstractContextManager[Reader]]


class Ear:
    """Safe in any thread."""

    def __init__(self, open_reader: OpenReader) -> None:
        self._open_reader = open_reader
        self._lock = threading.Lock()
        self._look_again, self._heard = 0.0, False  # guarded by _lock

    def hears(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if now >= self._look_again:
                self._heard, self._look_again = self._look(), now + KEPT_SECONDS
            return self._heard

    def _look(self) -> bool:
        try:
            with self._open_reader() as reader:
                newest = reader.read(0)
        except PetcamError:
            return False  # petcam shm check says what is wrong with the segment
        return newest is not None and time.monotonic_ns() - newest.publish_ns < FRESH_NS
