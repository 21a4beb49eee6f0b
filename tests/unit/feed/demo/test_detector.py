"""The demo's detector."""

import threading
import time

import pytest

from petcam.feed.demo.detector import DelayedDetector
from petcam.feed.source import EncodedFrame

LAST = 4  # the number of the last frame of a test


class Writer:
    def __init__(self, error: Exception | None = None) -> None:
        self.published: list[tuple[int, int, list]] = []
        self.error = error
        self.published_last = threading.Event()  # set after the last frame's boxes are in the list

    def publish(self, frame, boxes):
        if self.error is not None:
            raise self.error
        self.published.append((frame.frame_number, time.monotonic_ns() - frame.capture_ns, boxes))
        if frame.frame_number == LAST:
            self.published_last.set()
        return 0


def frame(number: int) -> EncodedFrame:
    return EncodedFrame(b"x", time.monotonic_ns(), False, 64, 48, number)


def test_results_are_published_in_order_each_after_the_set_delay():
    writer = Writer()
    with DelayedDetector(writer, 20_000_000) as detector:
        for number in range(LAST + 1):
            detector.submit(frame(number), [("cat", 0.9, 1, 2, 3, 4)] if number else [])
        assert writer.published_last.wait(20)
    assert [number for number, _, _ in writer.published] == [0, 1, 2, 3, LAST]
    assert min(delay for _, delay, _ in writer.published) >= 20_000_000
    assert writer.published[0][2] == []


def test_leaving_ends_the_thread_and_drops_results_that_are_not_due():
    writer = Writer()
    with DelayedDetector(writer, 60_000_000_000) as detector:
        detector.submit(frame(1), [])
    assert writer.published == []
    assert not [thread for thread in threading.enumerate() if thread.name == "detector"]


def test_an_error_of_the_writer_is_raised_at_the_next_submit():
    writer = Writer(ValueError("gone"))
    with DelayedDetector(writer, 0) as detector:
        detector.submit(frame(1), [])
        detector._thread.join(20)
        assert not detector._thread.is_alive()
        with pytest.raises(ValueError, match="gone"):
            detector.submit(frame(2), [])
