"""Publishing records by the numbered steps W1-W9 of docs/shm-layout.md, and the writer's heartbeat."""

import contextlib
import os
import threading
import time
import zlib
from typing import TypeVar

import numpy as np

from petcam.errors import Code, PetcamError
from petcam.shm import futex, mapping
from petcam.shm.layout import Shape
from petcam.shm.segment import create_segment

HEARTBEAT_INTERVAL_SECONDS = 0.1  # well under HEARTBEAT_NS, so that a busy machine does not look like a dead writer

Self = TypeVar("Self", bound="Writer")


class Writer:
    """The one writer of a segment, from its creation to :meth:`close`.

    ``_lock`` guards the mapping: between publishing (any thread), the heartbeat (a thread of its own, ended by
    ``_stop`` and joined in :meth:`close`) and closing.
    """

    def __init__(self, name: str, shape: Shape, writer_name: str) -> None:
        self.name = name
        self._shape = shape
        self._segment = create_segment(name, shape, writer_name)
        self._slot = np.zeros(1, shape.slot)  # where a record is put together, out of the readers' sight
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._heartbeat = threading.Thread(target=self._run_heartbeat, name=f"heartbeat {name}", daemon=True)
        self._heartbeat.start()

    def close(self) -> None:
        """Take the segment away and let sleeping readers notice."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._heartbeat.join()
        with self._lock:
            if not self._segment.gone:  # otherwise the name is another segment's
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(mapping.path(self.name))
            self._wake_readers()
            self._segment.close()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run_heartbeat(self) -> None:
        while not self._stop.wait(HEARTBEAT_INTERVAL_SECONDS):
            self._segment.live["heartbeat_ns"] = time.monotonic_ns()

    def _check_owned(self) -> None:
        """Nobody reads a segment that has lost its name: an error is better than writing on. Hold ``_lock``."""
        if self._stop.is_set():
            raise PetcamError(Code.BAD_SEGMENT, f"{self.name}: this writer is closed; open another")
        if self._segment.gone:
            raise PetcamError(Code.BAD_SEGMENT, f"{self.name}: was removed or replaced by another writer; open it anew")

    def _begin(self, n: int) -> None:
        """W4: mark record n's slot as being written."""
        self._segment.slots["sequence"][n % self._shape.slot_count] = 2 * n + 1

    def _finish(self, n: int) -> None:
        """W6-W9: what ``_slot`` holds becomes record n."""
        segment, slot, index = self._segment, self._slot, n % self._shape.slot_count
        slot["sequence"] = 2 * n + 2
        slot["publish_ns"] = now = time.monotonic_ns()
        slot["slot_crc"] = zlib.crc32(slot.tobytes()[:-4])
        segment.slots.view(np.uint8).reshape(-1, self._shape.slot_size)[index, 8:] = slot.view(np.uint8)[8:]
        segment.slots["sequence"][index] = 2 * n + 2  # W7
        segment.live["next_record"] = n + 1
        segment.live["heartbeat_ns"] = now
        self._wake_readers()

    def _wake_readers(self) -> None:
        """W9: change the futex word ``news``, and wake who sleeps on it."""
        self._segment.live["news"] = (self._segment.news + 1) % 2**32
        futex.wake_all(self._segment.news_address)


def require(condition: bool, message: str) -> None:
    """W1: refuse a record that breaks the rules, before anything was touched."""
    if not condition:
        raise PetcamError(Code.BAD_REQUEST, message)


def require_frame(frame_number: int, capture_ns: int, width: int, height: int) -> None:
    """W1 for what every record has."""
    require(0 <= frame_number < 2**64, f"frame_number {frame_number} does not fit 64 bits")
    require(0 <= capture_ns < 2**64, f"capture_ns {capture_ns} does not fit 64 bits")
    require(1 <= width < 2**16 and 1 <= height < 2**16, f"a picture of {width}x{height} pixels is not possible")
