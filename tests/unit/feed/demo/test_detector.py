"""The demo's detector."""

import threading
import time

import pytest

from petcam.feed.demo.detector import DelayedDetector
from petcam.feed.source import EncodedFrame


class Writer:
    def __init__(self, error: Exception | None = None) -> None:
        self.published: list[tuple[int, int, list]] = []
        self.error = error
        self.news = threading.Event()

    def publish(self, frame, boxes):
        self.news.set()
        if self.error is not None:
            raise self.error
        self.published.append((frame.frame_number, time.monotonic_ns() - frame.capture_ns, boxes))
        if frame.frame_number < 4:
            self.news.clear()
        return 0


def frame(number: int) -> EncodedFrame:
    return EncodedFrame(b"x", time.monotonic_ns(), False, 64, 48, number)


def test_results_come_in_order_each_as_late_as_told():
    writer = Writer()
    with DelayedDetector(writer, 20_000_000) as detector:
        for number in range(5):
            detector.submit(frame(number), [("cat", 0.9, 1, 2, 3, 4)] if number else [])
        assert writer.news.wait(20)
        writer.news.clear()
    assert [number for number, _, _ in writer.published][:4] == [0, 1, 2, 3]
    assert min(delay for _, delay, _ in writer.published) >= 20_000_000
    assert writer.published[0][2] == []


def test_leaving_ends_its_thread_and_drops_what_is_not_due():
    writer = Writer()
    with DelayedDetector(writer, 60_000_000_000) as detector:
        detector.submit(frame(1), [])
    assert writer.published == []
    assert not [thread for thread in threading.enumerate() if thread.name == "detector"]


def test_a_writer_that_fails_is_told_to_who_submits():
    writer = Writer(ValueError("gone"))
    with DelayedDetector(writer, 0) as detector:
        detector.submit(frame(1), [])
        assert writer.news.wait(20)
        detector._thread.join(20)
        with pytest.raises(ValueError, match="gone"):
            detector.submit(frame(2), [])
