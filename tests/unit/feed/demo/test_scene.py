"""The demo's picture: pet, box, figures."""

import numpy as np
import pytest

from petcam.feed.demo import font
from petcam.feed.demo.canvas import Canvas, box, ellipse
from petcam.feed.demo.picture import Patch, Picture
from petcam.feed.demo.room import HEIGHT, WIDTH
from petcam.feed.demo.scene import DOT, FIGURES, LINE, WHITE_Y, Scene
from petcam.feed.demo.walk import ROUND_FRAMES, STEP, Mood, moment

GINGER_V = 158  # only the pet has pixels redder than this


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


def redness(i420):
    return Picture(i420).v


def test_the_pet_is_a_pure_function_of_the_frame_number():
    assert [moment(n) for n in range(5)] == [moment(n + 3 * ROUND_FRAMES) for n in range(5)]


def test_the_pet_walks_without_jumps_sits_leaves_and_comes_back():
    moments = [moment(n) for n in range(ROUND_FRAMES + 1)]
    assert {abs(b.x - a.x) for a, b in zip(moments, moments[1:], strict=False)} == {0, STEP}
    assert {moment.mood for moment in moments} == set(Mood)
    assert moments[0].mood is Mood.WALK


def test_every_frame_of_the_round_has_its_sprite(scene):
    for number in range(ROUND_FRAMES):
        scene.box(number)


def test_the_box_is_around_the_drawn_pet_on_every_frame(scene):
    for number in range(0, ROUND_FRAMES, 5):
        found, box_ = drawn(scene, number), scene.box(number)
        if box_ is None or box_[2] < 40:  # too narrow a strip to see its colour
            continue
        x, y, w, h = box_
        assert found == pytest.approx((x, y, x + w, y + h), abs=2), number


def drawn(scene: Scene, number: int):
    """left, top, right, bottom of the pet as its colour shows it, in steps of two pixels."""
    red = redness(scene.draw(number, "00:00:00")) >= GINGER_V
    rows, columns = np.flatnonzero(red.any(1)), np.flatnonzero(red.any(0))
    return (columns[0] * 2, rows[0] * 2, columns[-1] * 2 + 2, rows[-1] * 2 + 2) if len(rows) else None


def test_the_room_has_no_pixel_as_red_as_the_pet(scene):
    out = next(n for n in range(ROUND_FRAMES) if moment(n).mood is Mood.OUT)
    assert redness(scene.draw(out, "00:00:00")).max() < GINGER_V
    assert scene.box(out) is None


def test_a_pet_at_the_edge_has_a_box_within_the_picture(scene):
    for number in range(ROUND_FRAMES):
        found = scene.box(number)
        if found is not None:
            x, y, w, h = found
            assert x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= WIDTH and y + h <= HEIGHT
    assert {scene.box(n)[0] for n in range(60) if scene.box(n)} >= {0.0}


def test_clock_and_frame_number_can_be_read_in_the_picture(scene):
    y = Picture(scene.draw(1234567, "20:15:42")).y
    left, top = FIGURES
    for text, line in (("20:15:42", top), ("#1234567", top + LINE)):
        for i, letter in enumerate(text):
            lit = font.enlarged(letter, DOT)
            at = left + i * DOT * font.ADVANCE
            assert ((y[line : line + lit.shape[0], at : at + lit.shape[1]] == WHITE_Y) == lit).all()


def test_a_patch_that_hangs_over_every_edge_is_cut_off():
    canvas = Canvas(40, 40)
    canvas.paint(ellipse(20, 20, 18, 18), (255, 255, 255))
    patch = Patch.of(canvas)
    picture = Picture(np.zeros((48, 32), np.uint8))
    for left, top in ((-30, -30), (20, -30), (-30, 20), (20, 20), (-500, 0), (0, 500)):
        picture.blend(patch, left, top)
    assert picture.y[0, 0] > 0 and picture.y[31, 31] > 0


def test_a_mirrored_patch_lies_where_its_mirror_image_would():
    canvas = Canvas(20, 10)
    canvas.paint(box(2, 2, 6, 8), (255, 255, 255))
    picture = Picture(np.zeros((18, 20), np.uint8))
    picture.blend(Patch.of(canvas).mirrored(20), 0, 0)
    assert np.flatnonzero(picture.y.any(0)).tolist() == [14, 15, 16, 17]
