"""The demo's picture: pet, box, figures."""

import numpy as np
import pytest

from petcam.events.rules import Box, Rules, Visits
from petcam.events.rules.animal import ASLEEP_SECONDS
from petcam.events.rules.visits import MISSED_SECONDS
from petcam.feed.demo import font
from petcam.feed.demo.canvas import Canvas, box, ellipse
from petcam.feed.demo.picture import Patch, Picture
from petcam.feed.demo.room import HEIGHT, WIDTH
from petcam.feed.demo.scene import CLOCK_CORNER, DOT_SIZE, FIGURE_LUMA, LINE_HEIGHT, Scene
from petcam.feed.demo.walk import (
    FPS,
    LIE_DOWN_FRAMES,
    RESTLESS_ROUND_FRAMES,
    ROUND_FRAMES,
    STEP_PIXELS,
    Activity,
    pet_state,
)

MIN_PET_V = 158  # of the V plane: only the pet has pixels as red as this


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


@pytest.fixture(scope="module")
def boxes(scene):
    """Of each frame of a round."""
    return [scene.box(number) for number in range(ROUND_FRAMES)]


def redness(i420):
    return Picture(i420).v


@pytest.mark.parametrize(("restless", "frames"), [(False, ROUND_FRAMES), (True, RESTLESS_ROUND_FRAMES)])
def test_the_pets_state_depends_on_the_frame_number_only_and_repeats_each_round(restless, frames):
    for n in range(5):
        assert pet_state(n, restless) == pet_state(n + 3 * frames, restless)


def test_the_pet_walks_without_jumps_sits_sleeps_leaves_and_comes_back():
    states = [pet_state(n) for n in range(ROUND_FRAMES + 1)]
    seen = [(a, b) for a, b in zip(states, states[1:], strict=False) if Activity.AWAY not in (a.activity, b.activity)]
    assert {abs(b.x - a.x) for a, b in seen} == {0, STEP_PIXELS}
    assert {state.activity for state in states} == set(Activity)


def test_the_pet_is_about_to_walk_in_on_the_first_frame():
    for restless in (False, True):
        first = pet_state(0, restless)
        assert (first.activity, first.x, first.facing) == (Activity.WALK, 0, 1)


def test_a_pet_comes_in_where_it_was_away(boxes):
    for number in range(ROUND_FRAMES):
        if pet_state(number).activity is Activity.AWAY:
            x = pet_state(number).x
            assert pet_state(number + 1).x == x and (x < 0 or x > WIDTH) and boxes[number] is None


def test_a_restless_pet_never_sleeps_and_is_back_within_seconds(scene):
    restless = Scene(restless=True)
    frames = range(2 * RESTLESS_ROUND_FRAMES)
    assert Activity.SLEEP not in {pet_state(n, restless=True).activity for n in frames}
    assert longest([restless.box(n) is None for n in frames]) < 8
    first = RESTLESS_ROUND_FRAMES - 200  # the last frames are of a pet that is away
    assert [restless.box(n) for n in range(first)] == [scene.box(n) for n in range(first)]


def test_the_pet_is_away_long_enough_for_its_visit_to_end(boxes):
    assert longest([box_ is None for box_ in boxes]) > Rules().gap_seconds + MISSED_SECONDS


def test_the_pet_lies_long_enough_to_be_asleep():
    assert longest([pet_state(n).activity is Activity.SLEEP for n in range(ROUND_FRAMES)]) > ASLEEP_SECONDS


def longest(flags) -> float:
    """Seconds of the longest row of frames of which something is true."""
    longest_, row = 0, 0
    for flag in flags:
        row = row + 1 if flag else 0
        longest_ = max(longest_, row)
    return longest_ / FPS


def test_a_round_is_two_visits_and_in_the_second_the_pet_sleeps(boxes):
    visits, ended = Visits(Rules()), []
    for number in range(0, ROUND_FRAMES, 3):
        found = boxes[number]
        x, y, w, h = found or (0, 0, 0, 0)
        seen = [Box("cat", 0.9, x / WIDTH, y / HEIGHT, w / WIDTH, h / HEIGHT)] if found else []
        ended += [change.visit for change in visits.result(number / FPS, seen) if change.kind == "end"]
    assert [(visit.class_name, visit.most) for visit in ended] == [("cat", 1)] * 2 and visits.open == []
    short, ((begin, end),) = [visit.asleep for visit in ended]
    assert list(short) == [] and end - begin > ASLEEP_SECONDS


def test_the_box_is_around_the_drawn_pet_on_every_frame(scene, boxes):
    for number in range(0, RESTLESS_ROUND_FRAMES, 5):
        box_ = boxes[number]
        if box_ is None or box_[2] >= 40:  # else too narrow a strip to see its colour
            require_exact(scene, number)


def test_the_box_is_around_a_pet_that_lies_down_sleeps_or_gets_up(scene):
    doing = [pet_state(n).activity for n in range(ROUND_FRAMES)]
    down, sleep, up = map(doing.index, (Activity.LIE_DOWN, Activity.SLEEP, Activity.GET_UP))
    for number in (
        *range(down, down + LIE_DOWN_FRAMES),
        *range(sleep, sleep + 120, 8),
        *range(up, up + LIE_DOWN_FRAMES, 4),
    ):
        require_exact(scene, number)


def test_getting_up_is_lying_down_backwards(boxes):
    doing = [pet_state(n).activity for n in range(ROUND_FRAMES)]
    down, up = doing.index(Activity.LIE_DOWN), doing.index(Activity.GET_UP)
    lying_down = boxes[down : down + LIE_DOWN_FRAMES]
    assert len(set(lying_down)) > 2 and boxes[up : up + LIE_DOWN_FRAMES] == lying_down[::-1]


def test_a_sleeping_pet_breathes_slowly_and_lies_where_it_is(boxes):
    asleep = [boxes[n] for n in range(ROUND_FRAMES) if pet_state(n).activity is Activity.SLEEP]
    heights = [h for _, _, _, h in asleep]
    assert {box_[0] + box_[2] / 2 for box_ in asleep} == {asleep[0][0] + asleep[0][2] / 2}
    assert 2 <= max(heights) - min(heights) <= 6
    assert {abs(b - a) for a, b in zip(heights, heights[1:], strict=False)} <= {0, 1, 2}


def require_exact(scene: Scene, number: int) -> None:
    found, box_ = drawn(scene, number), scene.box(number)
    if box_ is None:
        assert found is None, number
    else:
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


def test_a_pet_at_the_edge_has_a_box_within_the_picture(boxes):
    for found in boxes:
        if found is not None:
            x, y, w, h = found
            assert x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= WIDTH and y + h <= HEIGHT
    assert 0.0 in {found[0] for found in boxes[:60] if found}


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
