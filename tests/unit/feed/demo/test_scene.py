"""The demo's picture: pet, box, figures."""

import numpy as np
import pytest

from petcam.feed.demo import font
from petcam.feed.demo.canvas import Canvas, box, ellipse
from petcam.feed.demo.picture import Patch, Picture
from petcam.feed.demo.room import HEIGHT, WIDTH
from petcam.feed.demo.scene import CLOCK_CORNER, DOT_SIZE, FIGURE_LUMA, LINE_HEIGHT, Scene
from petcam.feed.demo.walk import ROUND_FRAMES, STEP_PIXELS, Activity, pet_state

MIN_PET_V = 158  # of the V plane: only the pet has pixels as red as this


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


def redness(i420):
    return Picture(i420).v


def test_the_pets_state_depends_on_the_frame_number_only_and_repeats_each_round():
    assert [pet_state(n) for n in range(5)] == [pet_state(n + 3 * ROUND_FRAMES) for n in range(5)]


def test_the_pet_walks_without_jumps_sits_leaves_and_comes_back():
    states = [pet_state(n) for n in range(ROUND_FRAMES + 1)]
    assert {abs(b.x - a.x) for a, b in zip(states, states[1:], strict=False)} == {0, STEP_PIXELS}
    assert {state.activity for state in states} == set(Activity)
    assert states[0].activity is Activity.WALK


def test_every_frame_of_the_round_has_a_sprite(scene):
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
    red = redness(scene.draw(number, "00:00:00")) >= MIN_PET_V
    rows, columns = np.flatnonzero(red.any(1)), np.flatnonzero(red.any(0))
    return (columns[0] * 2, rows[0] * 2, columns[-1] * 2 + 2, rows[-1] * 2 + 2) if len(rows) else None


def test_the_room_has_no_pixel_as_red_as_the_pet(scene):
    out = next(n for n in range(ROUND_FRAMES) if pet_state(n).activity is Activity.AWAY)
    assert redness(scene.draw(out, "00:00:00")).max() < MIN_PET_V
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
    left, top = CLOCK_CORNER
    for text, line in (("20:15:42", top), ("#1234567", top + LINE_HEIGHT)):
        for i, letter in enumerate(text):
            lit = font.enlarged(letter, DOT_SIZE)
            at = left + i * DOT_SIZE * font.ADVANCE
            assert ((y[line : line + lit.shape[0], at : at + lit.shape[1]] == FIGURE_LUMA) == lit).all()


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
