"""Dim pictures made plain for the network."""

import numpy as np

from petcam.detect.contrast import FULL_SPAN, plain


def picture(low: int, high: int, noise: float = 0.0) -> np.ndarray:
    shades = np.linspace(low, high, 300)[None, :, None] + np.zeros((300, 300, 3))
    return np.clip(shades + np.random.default_rng(1).normal(0, noise, shades.shape), 0, 255).astype(np.uint8)


def span(samples: np.ndarray) -> float:
    return float(np.percentile(samples, 99) - np.percentile(samples, 1))


def test_a_picture_of_daylight_is_left_as_it_is() -> None:
    day = picture(10, 245, noise=5)
    assert plain(day) is day


def test_a_dim_picture_is_spread_over_the_range_around_its_middle() -> None:
    raised = plain(picture(50, 140))
    assert raised.shape == (300, 300, 3) and raised.dtype == np.uint8
    assert abs(span(raised) - FULL_SPAN) < 8
    assert abs(float(raised.mean()) - 128) < 4


def test_noise_is_not_raised_as_what_is_there() -> None:
    clear, noisy = picture(50, 140), picture(50, 140, noise=8)
    left = plain(noisy).astype(float) - plain(clear)
    factor = FULL_SPAN / span(clear)
    assert left[20:-20, 20:-20].std() < 0.5 * 8 * factor


def test_each_colour_and_place_stays_where_it_is() -> None:
    dim = np.full((300, 300, 3), 80, np.uint8)
    dim[100:200, 40:90] = (120, 90, 60)
    raised = plain(dim).astype(int)
    assert (raised[150, 60] - raised[10, 10] > 0).tolist() == [True, True, False]
    assert abs(raised[150, 300 - 60] - raised[10, 10]).max() == 0


def test_a_picture_of_one_shade_stays_one() -> None:
    assert span(plain(np.full((300, 300, 3), 90, np.uint8))) == 0
