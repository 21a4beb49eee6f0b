"""A detector that publishes the same two boxes all the time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

from petcam.shm.detections import Box, DetectionWriter

BOXES = [Box("cat", 0.93, 412.5, 300.0, 180.0, 120.0), Box("dog", 0.88, 40.0, 310.5, 220.0, 160.0)]


@contextmanager
def publishing(segment: str, rate: int) -> Iterator[None]:
    """Publishes ``rate`` results a second while the context lasts."""
    stop = threading.Event()

    def publish() -> None:
        with DetectionWriter(segment, writer_name="bench") as writer:
            number, begin = 0, time.monotonic()
            while not stop.wait(max(0.0, begin + number / rate - time.monotonic())):
                number += 1
                frame = SimpleNamespace(frame_number=number, capture_ns=time.monotonic_ns(), width=1280, height=720)
                writer.publish(frame, BOXES)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
