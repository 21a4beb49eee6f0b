"""Pacing of files, and the clock of live streams."""

import threading
import time

import pytest

from petcam.feed.timing import live_clock, playback_schedule
from petcam.feed.timing.live_clock import LiveClock
from petcam.feed.timing.playback_schedule import PlaybackSchedule


class Clock:
    """Stands in for the module ``time`` and for the stop event: waiting moves it on."""

    def __init__(self) -> None:
        self.now = 1_000_000_000_000

    def monotonic_ns(self) -> int:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.now += round(seconds * 1e9)
        return False


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(playback_schedule, "time", clock)
    monkeypatch.setattr(live_clock, "time", clock)
    return clock


def test_frames_are_due_on_an_absolute_schedule(clock):
    schedule = PlaybackSchedule(clock)
    begin = clock.now
    due = []
    for media_ns in range(0, 1_000_000_000, 40_000_000):
        due.append(schedule.wait(media_ns) - begin)
        clock.now += 15_000_000  # work between the frames does not add up
    assert due == list(range(0, 1_000_000_000, 40_000_000))


def test_time_goes_on_by_the_usual_step_when_a_file_begins_again(clock):
    schedule = PlaybackSchedule(clock)
    begin = clock.now
    due = [schedule.wait(media_ns) - begin for media_ns in (0, 50, 100, 0, 50, 100, 0)]
    assert due == [0, 50, 100, 150, 200, 250, 300]


@pytest.mark.parametrize("jump", [-7_000_000_000, 95_000_000_000, -1])
def test_a_jump_in_the_files_clock_is_one_usual_step(clock, jump):
    schedule = PlaybackSchedule(clock)
    begin = clock.now
    assert [schedule.wait(ns) - begin for ns in (0, 40_000_000, jump)][-1] == 80_000_000


def test_a_schedule_that_fell_far_behind_begins_anew_instead_of_rushing(clock):
    schedule = PlaybackSchedule(clock)
    schedule.wait(0)
    clock.now += 60_000_000_000
    assert schedule.wait(40_000_000) == clock.now


def test_a_stop_ends_the_wait():
    stop = threading.Event()
    schedule = PlaybackSchedule(stop)
    schedule.wait(0)
    stop.set()
    assert schedule.wait(4_000_000_000) > time.monotonic_ns()


def test_live_pictures_keep_the_cameras_spacing_and_are_never_captured_after_they_came(clock):
    live = LiveClock()
    captured = []
    for number, late_ms in enumerate((0, 30, 5, 22, 0, 14)):
        clock.now = 1_000_000_000_000 + number * 33_000_000 + late_ms * 1_000_000
        captured.append(live.capture_ns(number * 33_000_000))
        assert captured[-1] <= clock.now
    assert [b - a for a, b in zip(captured, captured[1:], strict=False)] == pytest.approx([33_000_000] * 5, rel=0.01)


def test_a_live_stream_that_begins_to_count_anew_is_captured_now(clock):
    live = LiveClock()
    live.capture_ns(500_000_000_000)
    clock.now += 33_000_000
    assert live.capture_ns(0) == clock.now


def test_pictures_without_a_timestamp_are_captured_when_they_come(clock):
    assert LiveClock().capture_ns(-1) == clock.now
