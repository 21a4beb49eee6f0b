"""The ear: what reaches the segment, the owner's switch, and when a source is opened again."""

import logging
import threading
import time

import pytest

from petcam.errors import Code, PetcamError
from petcam.feed.hearing import Ear, SoundPacket
from petcam.feed.retries import RECOVERED_NS
from tests.unit.feed.hearing.cards import Event

TIMEOUT = 10.0


class Script:
    """Plays each of ``takes`` once, the last again and again; an exception in a take is raised."""

    name = "the script"

    def __init__(self, *takes):
        self.takes, self.opened, self.closed = list(takes), 0, 0

    def packets(self, stop):
        take = self.takes.pop(0) if len(self.takes) > 1 else self.takes[0]
        self.opened += 1
        try:
            for item in take:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed += 1


class Segments:
    """Writers, of which each is open for a while. ``changed`` guards all."""

    def __init__(self, error=None):
        self.changed, self.error = threading.Condition(), error
        self.published, self.opened, self.closed = [], 0, 0

    def open(self):
        if self.error is not None:
            raise self.error
        with self.changed:
            self.opened += 1
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with self.changed:
            self.closed += 1
            self.changed.notify_all()

    def publish(self, data, **record):
        with self.changed:
            self.published.append(record)
            self.changed.notify_all()
        return len(self.published) - 1

    @property
    def times(self):
        """Milliseconds."""
        return [each["capture_ns"] // 1_000_000 for each in self.published]

    def wait_for(self, what):
        with self.changed:
            assert self.changed.wait_for(what, TIMEOUT)


def packet(at_ms, discontinuity=False):
    return SoundPacket(b"\xf8\xff\xfe", at_ms * 1_000_000, -50.0, -40.0, discontinuity)


def endless():
    """Packets as fast as they are taken."""
    at = time.monotonic_ns() // 1_000_000
    while True:
        at += 20
        yield packet(at)
        time.sleep(0)


def run(source, segments, pauses=3, is_on=lambda: True):
    """Until so many pauses were made; the stop event."""
    stop = Event(pauses)
    ear = Ear(source, segments.open, is_on, stop)
    ear.start()
    ear._thread.join(TIMEOUT)
    assert not ear.alive
    return stop, ear


def test_what_is_heard_is_published_and_the_segment_ends_with_the_source():
    segments, source = Segments(), Script([packet(20, True), packet(40)], [])
    run(source, segments)
    assert segments.times == [20, 40]
    assert [each["discontinuity"] for each in segments.published] == [True, False]
    assert segments.published[0]["rms_db"] == -50.0 and segments.published[0]["peak_db"] == -40.0
    assert segments.opened == segments.closed == 1 and source.opened == source.closed


def test_without_a_packet_there_is_no_segment():
    segments = Segments()
    run(Script([PetcamError(Code.BAD_SOURCE, "is not there")]), segments)
    assert segments.opened == 0


def test_time_that_goes_back_is_left_out_and_marked():
    segments = Segments()
    run(Script([packet(20), packet(40), packet(30), packet(41), packet(60), packet(80)], []), segments)
    assert segments.times == [20, 40, 60, 80]
    assert [each["discontinuity"] for each in segments.published] == [False, False, True, False]


def test_time_rises_also_over_the_next_opening():
    segments = Segments()
    run(Script([packet(100)], [packet(50), packet(120)], []), segments, pauses=6)
    assert segments.times == [100, 120]


def test_a_failure_is_said_once_and_tried_again_with_growing_pauses(caplog):
    caplog.set_level(logging.INFO, "petcam.feed")
    stop, ear = run(Script([PetcamError(Code.BAD_SOURCE, "the microphone x is not there")]), Segments(), pauses=400)
    said = [record.message for record in caplog.records]
    assert said == ["no sound: the microphone x is not there; tried again in 1 s, later every 30 s at most"]
    assert ear.status == "no sound: the microphone x is not there"
    assert sum(stop.waited[:4]) == 1.0 and sum(stop.waited[4:12]) == 2.0 and sum(stop.waited[12:28]) == 4.0
    assert sum(stop.waited[124:244]) == 30.0


def test_another_reason_is_said_too(caplog):
    first, second = (PetcamError(Code.BAD_SOURCE, word) for word in ("is busy", "was unplugged"))
    run(Script([first], [second], [second]), Segments(), pauses=30)
    assert [record.message.split(";")[0] for record in caplog.records] == [
        "no sound: is busy",
        "no sound: was unplugged",
    ]


def test_one_that_is_heard_again_says_so_once_it_has_lasted(caplog):
    caplog.set_level(logging.INFO, "petcam.feed")
    later = (time.monotonic_ns() + 2 * RECOVERED_NS) // 1_000_000
    run(Script([OSError(5, "broken")], [packet(later)], []), Segments(), pauses=8)
    said = [record.message for record in caplog.records]
    assert said[0].startswith("no sound: broken") and said[1] == "hears the script again"


def test_a_defect_in_a_source_ends_nothing(caplog):
    run(Script([ValueError("odd")]), Segments(), pauses=20)
    assert (
        sum("internal error" in record.message for record in caplog.records) == 2
    )  # with its traceback, and as reason


def test_a_segment_that_another_feed_has_is_said_and_tried_again(caplog):
    segments = Segments(PetcamError(Code.CONFLICT, "/petcam_audio: another writer lives"))
    source = Script([packet(1)])
    run(source, segments, pauses=30)
    assert source.opened > 2 and source.closed == source.opened
    assert len(caplog.records) == 1 and "another writer lives" in caplog.records[0].message


@pytest.fixture
def running():
    """An ear that hears for ever behind a switch, which is the list's only element."""
    switch, segments, source = [True], Segments(), Script(endless())
    source.packets = lambda stop: endless()
    ear = Ear(source, segments.open, lambda: switch[0])
    ear.start()
    yield ear, switch, segments
    ear.stop()
    assert not ear.alive and segments.opened == segments.closed


def test_the_owner_ends_it_and_the_segment_goes_until_it_is_begun_again(running):
    ear, switch, segments = running
    segments.wait_for(lambda: len(segments.published) > 5)
    assert ear.status == "hears the script"
    switch[0] = False
    segments.wait_for(lambda: segments.closed == 1)
    count = len(segments.published)
    assert ear.status == "the microphone is off"
    switch[0] = True
    segments.wait_for(lambda: len(segments.published) > count and segments.opened == 2)


def test_while_it_is_off_nothing_is_opened_at_all():
    source = Script([packet(1)])
    run(source, Segments(), pauses=10, is_on=lambda: False)
    assert source.opened == 0


def test_an_end_by_the_owner_is_no_failure(running, caplog):
    _, switch, segments = running
    segments.wait_for(lambda: segments.published)
    switch[0] = False
    segments.wait_for(lambda: segments.closed == 1)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
