"""The feeder: what reaches the writer, and when a source is tried again."""

import logging
import threading
import time
from dataclasses import replace

import pytest

from petcam.errors import Code, PetcamError
from petcam.feed.feeder import MIN_CAPTURE_STEP_NS, Feeder
from petcam.feed.retries import RECOVERED_NS
from petcam.feed.source import EncodedFrame


class Pauses(threading.Event):
    """A stop event whose pauses take no time; it sets itself after ``count`` of them."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.waited: list[float] = []

    def wait(self, timeout=None):
        self.waited.append(timeout)
        if len(self.waited) >= self.count:
            self.set()
        return self.is_set()


class Script:
    """A source that plays each of ``takes`` once, the last one again and again; an exception in a take is raised."""

    name = "script"

    def __init__(self, *takes, restartable=True) -> None:
        self.takes, self.restartable, self.closed = list(takes), restartable, 0

    def frames(self, stop):
        take = self.takes.pop(0) if len(self.takes) > 1 else self.takes[0]
        try:
            for item in take:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed += 1


class Writer:
    def __init__(self, error: Exception | None = None) -> None:
        self.published: list[dict] = []
        self.error = error

    def publish(self, data, **record):
        if self.error is not None:
            raise self.error
        self.published.append({"data": data, **record})
        return len(self.published) - 1


def frame(capture_ns: int, keyframe: bool = False) -> EncodedFrame:
    return EncodedFrame(b"\0\0\0\1x", capture_ns, keyframe, 64, 48)


@pytest.fixture(autouse=True)
def info(caplog):
    caplog.set_level(logging.INFO)


def run(source, writer, pauses) -> Feeder:
    feeder = Feeder(source, writer, pauses)
    feeder.start()
    feeder._thread.join(20)
    assert not feeder.alive
    return feeder


def test_it_marks_the_first_frame_and_publishes_also_what_comes_before_a_keyframe():
    writer = Writer()
    run(Script([frame(1_000_000), frame(2_000_000, True)]), writer, Pauses(1))
    assert [(r["keyframe"], r["discontinuity"]) for r in writer.published] == [(False, True), (True, False)]


def test_damaged_units_are_counted_in_the_status_and_logged_now_and_then(caplog):
    frames = [replace(frame(1_000_000 * n, True), damaged=2) for n in range(1, 6)]
    feeder = run(Script(frames, restartable=False), Writer(), Pauses(1))
    assert feeder.status == "playing script, 10 damaged units left out"
    assert [r.message for r in caplog.records if "damaged" in r.message] == ["script: damaged units left out so far: 2"]


def test_capture_times_always_rise_by_more_than_an_rtp_tick():
    writer = Writer()
    now = time.monotonic_ns()
    run(Script([frame(now, True), frame(now), frame(now - 5)]), writer, Pauses(2))
    times = [record["capture_ns"] for record in writer.published]
    assert min(b - a for a, b in zip(times, times[1:], strict=False)) == MIN_CAPTURE_STEP_NS


def test_the_wait_before_a_retry_grows_from_one_second_to_thirty():
    pauses = Pauses(8)
    run(Script([]), Writer(), pauses)
    assert pauses.waited == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_source_that_recovered_is_retried_after_one_second_again():
    pauses = Pauses(5)
    good = [frame(time.monotonic_ns() + 2 * RECOVERED_NS, True)]
    run(Script([], [], good, []), Writer(), pauses)
    assert pauses.waited == [1, 2, 1, 2, 4]


def test_the_same_reason_is_logged_once_and_another_one_again(caplog):
    lost, cut = PetcamError(Code.BAD_SOURCE, "no camera"), OSError(5, "cable is cut")
    run(Script([lost], [lost], [cut], [lost], [lost]), Writer(), Pauses(6))
    said = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert ["no camera" in said[0], "cable is cut" in said[1], "no camera" in said[2]] == [True] * 3
    assert len(said) == 3


def test_a_failure_after_a_recovery_is_logged_again(caplog):
    lost = PetcamError(Code.BAD_SOURCE, "no camera")
    good = [frame(time.monotonic_ns() + 2 * RECOVERED_NS, True), lost]
    run(Script([lost], good, [lost]), Writer(), Pauses(4))
    assert len([r for r in caplog.records if "no camera" in r.message]) == 2
    assert any("plays again" in record.message for record in caplog.records)


def test_an_unexpected_exception_of_a_source_is_logged_with_its_traceback_once_and_the_source_retried(caplog):
    pauses = Pauses(3)
    run(Script([ZeroDivisionError("oops")]), Writer(), pauses)
    assert len(pauses.waited) == 3
    assert len([record for record in caplog.records if record.exc_info]) == 1


def test_a_source_is_always_closed():
    source = Script([frame(1, True), OSError("x")], [frame(1, True)])
    run(source, Writer(), Pauses(4))
    assert source.closed == 4


def test_a_source_that_cannot_be_restarted_ends_the_feed():
    feeder = run(Script([frame(1, True)], restartable=False), Writer(), Pauses(9))
    assert feeder.failure is None


def test_the_failure_of_a_source_that_cannot_be_restarted_is_the_feeds_failure():
    feeder = run(Script([PetcamError(Code.BAD_SOURCE, "no H.264")], restartable=False), Writer(), Pauses(9))
    assert feeder.failure is not None and "no H.264" in feeder.failure.message


def test_a_lost_segment_ends_the_feed_with_its_error():
    lost = PetcamError(Code.BAD_SEGMENT, "was replaced")
    feeder = run(Script([frame(1, True)]), Writer(lost), Pauses(9))
    assert feeder.failure is lost


@pytest.mark.parametrize("refused", [Code.TOO_LARGE, Code.BAD_REQUEST])
def test_a_frame_that_the_segment_refuses_is_a_failure_of_the_source(refused, caplog):
    pauses = Pauses(2)
    run(Script([frame(1, True)]), Writer(PetcamError(refused, "too much")), pauses)
    assert pauses.waited == [1, 2]
    assert any("too much" in record.message for record in caplog.records)
