"""When the frames of a file are due."""

import threading
import time

import pytest

from petcam.feed.timing import playback_schedule
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
    return clock


def test_frames_are_due_on_an_absolute_schedule_that_work_between_them_does_not_delay(clock):
    schedule = PlaybackSchedule(clock)
    begin = clock.now
    due = []
    for media_ns in range(0, 1_000_000_000, 40_000_000):
        due.append(schedule.wait(media_ns) - begin)
        clock.now += 15_000_000  # work between the frames does not add up
    assert due == list(range(0, 1_000_000_000, 40_000_000))


def test_when_a_file_begins_again_its_first_frame_is_due_one_frame_step_after_the_last(clock):
    schedule = PlaybackSchedule(clock)
    begin = clock.now
    due = [schedule.wait(media_ns) - begin for media_ns in (0, 50, 100, 0, 50, 100, 0)]
    assert due == [0, 50, 100, 150, 200, 250, 300]


@pytest.mark.parametrize("jump", [-7_000_000_000, 95_000_000_000, -1])
def test_a_jump_in_the_files_timestamps_counts_as_one_frame_step(clock, jump):
    schedule = PlaybackSchedule(clock)
    begin = clock.now
    assert [schedule.wait(ns) - begin for ns in (0, 40_000_000, jump)][-1] == 80_000_000


def test_a_schedule_that_fell_far_behind_begins_anew_at_normal_speed(clock):
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
