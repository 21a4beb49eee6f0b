"""When a live picture was captured, whatever its camera's clock says: docs/feeding.md. Simulated, in no real time."""

import itertools
import os
import random

import pytest

from petcam.feed.timing.live_clock import MAX_LATENESS, MAX_STALL, LiveClock
from tests.unit.feed.simulated_camera import SENT_LATE, Camera

SETTLED = 2.0  # seconds after which the clock has found the camera's rate
EVERYTHING = os.environ.get("PETCAM_ZOO") == "all"


def errors(camera, seconds, after=SETTLED, stall=0.0):
    """By how many seconds each capture was wrong, and how late each picture was; what must always hold is checked."""
    clock, last = LiveClock(), 0
    found = []
    for picture in camera.pictures(seconds):
        capture = clock.capture_ns(picture.media_ns, picture.arrival_ns)
        assert last <= capture <= picture.arrival_ns
        assert picture.arrival_ns - capture <= (MAX_STALL if stall else MAX_LATENESS)
        last = capture
        if picture.taken > after:
            found.append((capture / 1e9 - SENT_LATE - picture.taken, picture.taken))
    return found


def worst(found):
    return max(abs(error) for error, _ in found)


@pytest.mark.parametrize("fps", [2, 5, 15, 30, 60])
@pytest.mark.parametrize("stamped", [0.5, 0.6, 0.7, 0.8, 0.84, 0.9, 0.95, 0.99, 1, 1.01, 1.05, 1.1])
def test_a_camera_that_stamps_another_rate_than_it_sends_is_followed(stamped, fps):
    slowest = max(SETTLED, 15 / fps)
    assert worst(errors(Camera(fps=fps, stamped=stamped), 30 + slowest, after=slowest)) < 0.050


def test_pictures_are_spaced_as_the_camera_says_where_the_network_is_uneven():
    found = errors(Camera(jitter=0.030), 60)
    steps = [later[0] - sooner[0] for sooner, later in itertools.pairwise(found)]
    assert max(map(abs, steps)) < 0.008 and sorted(map(abs, steps))[len(steps) // 2] < 0.0005


@pytest.mark.parametrize("jump", [-3600, -10, -1.5, -0.3, -0.1, 0.1, 0.3, 1.9, 10, 3600])
def test_nothing_is_seen_of_a_jump_of_the_timestamps(jump):
    assert worst(errors(Camera(jumps=[(8, jump), (20, jump)]), 30)) < 0.020


@pytest.mark.parametrize("glitch", [-3600, -1.5, -0.1, 0.05, 0.3, 1.9, 3600])
def test_nothing_is_seen_of_one_timestamp_out_of_place(glitch):
    assert worst(errors(Camera(glitches=[(8, glitch), (8.5, glitch), (20, glitch)]), 30)) < 0.020


def test_a_camera_that_begins_to_lie_at_dusk_is_right_again_after_two_seconds():
    camera = Camera(changes=[(20, 15, 0.5), (40, 30, 1), (60, 25, 25 / 30), (80, 30, 1)])
    found = errors(camera, 100)
    assert worst([(error, at) for error, at in found if at % 20 > 2]) < 0.050


def test_a_camera_that_honestly_sends_less_at_dusk_is_believed():
    assert worst(errors(Camera(changes=[(20, 7.5, 1), (40, 30, 1)]), 60)) < 0.015


def test_captures_keep_their_spacing_while_the_network_stalls():
    camera = Camera(stalls=[(10, 0.3), (20, 0.5), (30, 0.9)])
    assert worst(errors(camera, 40, stall=1)) < 0.030


def test_nothing_is_seen_of_timestamps_that_are_those_of_the_picture_before():
    found = errors(Camera(held=30, jitter=0.001), 60)
    assert worst(found) < 0.003
    steps = [later[0] - sooner[0] for sooner, later in itertools.pairwise(found)]
    assert max(map(abs, steps)) < 0.003


def test_lost_pictures_do_not_move_the_others():
    assert worst(errors(Camera(loss=0.3), 60)) < 0.015


def test_timestamps_that_wrap_are_no_jump():
    assert worst(errors(Camera(wrap=2**20), 60)) < 0.015


@pytest.mark.parametrize("stamp", [lambda n: 5, lambda n: random.Random(n).randrange(10**12), lambda n: -n * 10**7])
def test_timestamps_that_are_worth_nothing_are_not_believed(stamp):
    clock = LiveClock()
    for n, picture in enumerate(Camera().pictures(20)):
        capture = clock.capture_ns(stamp(n), picture.arrival_ns)
        assert n < 30 or picture.arrival_ns - capture < 1_000_000


def test_pictures_without_timestamps_were_captured_when_they_came():
    clock = LiveClock()
    assert [clock.capture_ns(None, arrival) for arrival in (10, 20, 40)] == [10, 20, 40]


def test_after_a_long_pause_everything_begins_anew():
    clock = LiveClock()
    clock.capture_ns(0, 10**12)
    assert clock.capture_ns(33_000_000, 10**12 + 60 * 10**9) == 10**12 + 60 * 10**9


@pytest.mark.parametrize("hours", [24 if EVERYTHING else 1])
def test_a_day_of_drift_jumps_and_wraps(hours):
    chance, seconds = random.Random(5), hours * 3600
    moments = sorted(chance.uniform(5, seconds) for _ in range(seconds // 120))
    camera = Camera(
        drift=200e-6,
        jitter=0.015,
        loss=0.001,
        wrap=2**32,
        jumps=[(at, chance.choice([-3600, -10, -1.5, -0.3, -0.1, 0.1, 0.5, 1.9, 10, 3600])) for at in moments[::2]],
        glitches=[(at, chance.choice([-1.5, -0.3, 0.3, 1.9, 20])) for at in moments[1::2]],
    )
    assert worst(errors(camera, seconds)) < 0.050
