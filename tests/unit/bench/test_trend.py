"""The soak's verdict."""

import random

import pytest

from bench.trend import trend

TIMES = [30.0 * n for n in range(40)]


def noise(seed):
    rng = random.Random(seed)
    return [rng.gauss(0, 2) for _ in TIMES]


@pytest.mark.parametrize("seed", range(20))
def test_what_only_goes_up_and_down_is_flat(seed):
    assert not trend(TIMES, [50 + up for up in noise(seed)], 1.0).grows


@pytest.mark.parametrize("seed", range(20))
def test_a_slow_leak_shows_through_the_noise(seed):
    found = trend(TIMES, [50 + up + 10 * time / TIMES[-1] for time, up in zip(TIMES, noise(seed), strict=True)], 1.0)
    assert found.grows
    assert 5 < found.growth < 15


def test_what_grows_by_too_little_to_matter_is_flat():
    assert not trend(TIMES, [9 + 0.9 * time / TIMES[-1] for time in TIMES], 1.0).grows
    assert trend(TIMES, [9 + 1.1 * time / TIMES[-1] for time in TIMES], 1.0).grows


def test_what_shrinks_does_not_grow():
    assert not trend(TIMES, [90 - time / 10 for time in TIMES], 1.0).grows


def test_a_single_step_is_no_more_than_its_height():
    steps = [9.0 + (time > TIMES[-1] / 2) for time in TIMES]
    assert trend(TIMES, steps, 1.0).growth == 1.0
    assert not trend(TIMES, steps, 1.0).grows
    assert trend(TIMES, [2 * step for step in steps], 1.0).grows
