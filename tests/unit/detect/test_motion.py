"""Where something has moved, by thumbnails."""

import numpy as np
import pytest

from petcam.detect.motion import HEIGHT, WIDTH, Motion

SECOND = 1_000_000_000


def room(seed: int, light: float = 80.0, noise: float = 3.0) -> np.ndarray:
    shades = np.linspace(-40, 40, WIDTH, dtype=np.float32)[None]
    grain = np.random.default_rng(seed).normal(0, noise, (HEIGHT, WIDTH)).astype(np.float32)
    return (light + shades + grain).astype(np.float32)


def with_cat(picture: np.ndarray, x: int, y: int) -> np.ndarray:
    picture[y : y + 20, x : x + 25] += 50
    return picture


@pytest.mark.parametrize("noise", [0.0, 2.0, 10.0])
def test_where_a_cat_came_from_and_where_it_is_both_have_changed(noise: float) -> None:
    motion = Motion()
    assert motion.areas(with_cat(room(1, noise=noise), 20, 40), 0) == []
    areas = motion.areas(with_cat(room(2, noise=noise), 100, 40), SECOND)
    assert len(areas) == 2
    for x in (20, 100):
        centre = ((x + 12) / WIDTH, 50 / HEIGHT)
        assert any(area.holds(centre) for area in areas)
    assert all(area.width < 0.4 and area.height < 0.5 for area in areas)


@pytest.mark.parametrize("noise", [0.0, 1.0, 5.0, 20.0])
def test_noise_is_no_motion(noise: float) -> None:
    motion = Motion()
    assert [motion.areas(room(i, noise=noise), i * SECOND) for i in range(20)] == [[]] * 20


def test_a_lamp_that_lights_most_of_the_room_is_no_motion() -> None:
    motion = Motion()
    motion.areas(room(1), 0)
    lit = room(2)
    lit[:, : WIDTH * 7 // 10] *= np.linspace(2.0, 1.2, WIDTH * 7 // 10, dtype=np.float32)
    assert motion.areas(lit, SECOND) == []


def test_an_exposure_that_changes_hides_no_cat() -> None:
    motion = Motion()
    motion.areas(room(1), 0)
    (area,) = motion.areas(with_cat(room(2, light=115), 100, 40), SECOND)
    assert area.holds((112 / WIDTH, 50 / HEIGHT)) and area.width < 0.4


def test_it_compares_with_a_second_ago_however_often_it_is_asked() -> None:
    """A cat that goes slowly hardly changes from picture to picture."""
    motion = Motion()
    for i in range(30):
        areas = motion.areas(with_cat(room(i, noise=0.5), 20 + i // 3, 40), i * SECOND // 30)
    assert motion.areas(with_cat(room(99, noise=0.5), 31, 40), SECOND) != []
    assert areas != []


def test_pictures_of_long_ago_say_nothing() -> None:
    motion = Motion()
    motion.areas(room(1), 0)
    assert motion.areas(with_cat(room(2), 100, 40), 60 * SECOND) == []
