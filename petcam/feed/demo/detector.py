"""The demo's stand-in for a detector: it is given the boxes, and publishes them as late as a real one would."""

import threading
import time
from collections import deque
from types import TracebackType
from typing import Any, Protocol

from petcam.feed.source import EncodedFrame

Box = tuple[str, float, float, float, float, float]  # class_name, confidence, x, y, w, h


class Writer(Protocol):
    """The part of :class:`petcam.shm.detections.DetectionWriter` that detecting needs."""

    def publish(self, frame: Any, boxes: list[Box]) -> int: ...


class DelayedDetector:
    """Publishes each frame's boxes ``delay_ns`` after the frame's capture. Owns the thread ``detector``.

    A context manager: entering starts the thread, leaving ends it; what is not due by then is dropped.
    """

    def __init__(self, writer: Writer, delay_ns: int) -> None:
        self._writer = writer
        self._delay_ns = delay_ns
        self._changed = threading.Condition()  # guards the three below, and is notified of each change
        self._waiting: deque[tuple[EncodedFrame, list[Box]]] = deque()
        self._closed = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="detector", daemon=True)

    def __enter__(self) -> "DelayedDetector":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def submit(self, frame: EncodedFrame, boxes: list[Box]) -> None:
        """Have ``boxes`` published for ``frame`` when its time has come; an empty list says that there is nothing.

        Raises what publishing raised, which ended the thread.
        """
        with self._changed:
            if self._error is not None:
                raise self._error
            self._waiting.append((frame, boxes))
            self._changed.notify()

    def _run(self) -> None:
        try:
            while (due := self._next_due()) is not None:
                self._writer.publish(*due)
        except Exception as error:  # for the thread that submits: it owns this one
            with self._changed:
                self._error = error

    def _next_due(self) -> tuple[EncodedFrame, list[Box]] | None:
        """Wait for the oldest submission to become due; ``None`` at the end."""
        with self._changed:
            while not self._closed:
                if not self._waiting:
                    self._changed.wait()
                    continue
                left_ns = self._waiting[0][0].capture_ns + self._delay_ns - time.monotonic_ns()
                if left_ns <= 0:
                    return self._waiting.popleft()
                self._changed.wait(left_ns / 1e9)
        return None
