"""A sound card's clock against ours: what is off goes into timestamps."""

import numpy as np
import pytest

from petcam.feed.hearing.card_clock import ERRORS, CardClock

HOUR = 180_000  # observations, of 20 ms
BEGIN = 1_000_000_000_000_000


def worst_ms(ppm, jitter_ns, count, after=0, warms_to=None):
    """By how much the time of a sample is off, at most, behind the first ``after`` observations."""
    clock, noise, worst, true = CardClock(48_000), np.random.default_rng(3), 0.0, float(BEGIN)
    for number in range(count):
        now = ppm if warms_to is None else ppm + (warms_to - ppm) * number / count
        step = 20e6 / (1 + now / 1e6)
        assert clock.observe(number * 960, round(true + noise.uniform(-1, 1) * jitter_ns))
        if number >= after:
            worst = max(worst, abs(clock.time_ns(number * 960) - true))
        true += step
    return worst / 1e6


@pytest.mark.parametrize("ppm", [0, 200, -200, 1000])
def test_a_card_that_is_fast_or_slow_is_followed_for_an_hour(ppm):
    assert worst_ms(ppm, jitter_ns=1_000_000, count=HOUR, after=50) < 1.0


def test_a_card_that_becomes_warm_is_followed():
    assert worst_ms(-50, jitter_ns=1_000_000, count=HOUR // 10, after=50, warms_to=150) < 1.0


def test_the_first_observations_are_no_further_off_than_their_jitter():
    assert worst_ms(200, jitter_ns=2_000_000, count=50) < 2.5


def test_it_says_by_how_much_a_card_is_fast():
    clock = CardClock(48_000)
    for number in range(2000):
        clock.observe(number * 960, BEGIN + round(number * 20e6 / 1.0002))
    assert clock.parts_per_million == pytest.approx(200, abs=5)


def test_one_late_stamp_changes_nothing():
    clock = CardClock(48_000)
    for number in range(100):
        clock.observe(number * 960, BEGIN + number * 20_000_000 + (300_000_000 if number == 60 else 0))
    assert clock.time_ns(99 * 960) == pytest.approx(BEGIN + 99 * 20_000_000, abs=1000)


@pytest.mark.parametrize("jump_ns", [100_000_000, -100_000_000])
def test_stamps_that_stay_elsewhere_say_that_samples_are_missing(jump_ns):
    clock = CardClock(48_000)
    said = [clock.observe(n * 960, BEGIN + n * 20_000_000 + (jump_ns if n >= 50 else 0)) for n in range(53)]
    assert said == [True] * (52) + [False] and ERRORS == 3


def test_times_lie_between_samples_and_before_the_first():
    clock = CardClock(48_000)
    clock.observe(0, BEGIN)
    assert clock.time_ns(-312) == BEGIN - 6_500_000 and clock.time_ns(0.5) == BEGIN + 10_417
