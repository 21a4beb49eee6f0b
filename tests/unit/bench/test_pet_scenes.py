"""Scenes with a pet whose place is known, without a photograph."""

from fractions import Fraction

import numpy as np
import pytest

from bench import pet_scenes, rooms
from bench.pet_pictures import CutOut, PetPicture
from bench.pet_scenes import Scene, pictures
from bench.room_changes import CHANGES
from bench.scene_film import decoded, encoded, unit
from bench.scene_list import PERSONS, PETS, empty, moving, night, persons, sleeping
from bench.seeing_score import spans

WHITE = CutOut(PetPicture("white", "cat", 0), np.full((90, 60, 4), 255, np.uint8))
SCENE = Scene("white", "day", "grey", ("white", "white"), 180, fps=2, seed=4)


@pytest.fixture(autouse=True)
def no_photographs(monkeypatch):
    monkeypatch.setattr(pet_scenes, "cut_outs", lambda: {"white": WHITE})
    monkeypatch.setitem(rooms.ROOMS, "grey", lambda: np.full((720, 1280, 3), 60, np.uint8))


def test_a_scene_is_the_same_each_time():
    first, again = (next(iter(pictures(SCENE)))[0] for _ in range(2))
    assert (first == again).all()
    walks = [[visit.walk for visit in pet_scenes.visits(SCENE)] for _ in range(2)]
    assert walks[0] == walks[1]


def test_each_visitor_comes_and_goes_and_nobody_is_there_before_between_and_after():
    truth = [placed for _, placed in pictures(SCENE)]
    assert len(spans(truth)) == 2
    assert not truth[0] and not truth[-1]
    assert all(len(placed) <= 1 for placed in truth)


@pytest.mark.parametrize("light", ["day", "dusk", "infrared"])
def test_the_true_box_lies_where_the_pet_is_seen(light):
    scene = Scene("white", light, "grey", ("white",), 180, fps=2, seed=4)
    inside = [
        (picture[:720].copy(), placed[0]) for picture, placed in pictures(scene) if placed and placed[0].shown == 1
    ]
    for luma, box in inside:
        left, top, right, bottom = int(box.x), int(box.y), int(box.x + box.w), int(box.y + box.h)
        assert luma[top + 20 : bottom - 20, left + 20 : right - 20].mean() > luma[:200].mean() + 30
        assert abs(luma[max(0, top - 60) : top - 8, left:right].mean() - luma[200:300].mean()) < 12


def test_infrared_light_has_no_colour_and_little_contrast():
    lights = {light: next(iter(pictures(Scene("x", light, "grey", seconds=1)))) for light in ("day", "infrared")}
    assert (lights["infrared"][0][720:] == 128).all()
    assert lights["infrared"][0][:720].std() < 12


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_of_a_room_changes_its_picture(change):
    planes = [np.full(shape, 100, np.float32) for shape in ((720, 1280), (360, 640), (360, 640))]
    planes[0] += np.arange(1280, dtype=np.float32) % 50
    drawn = []
    for seconds in (0.0, 0.35, 14.0):
        copies = [plane.copy() for plane in planes]
        CHANGES[change](copies, seconds)
        drawn.append(copies[0])
    assert any((one != other).any() for one, other in zip(drawn, drawn[1:], strict=False))


def test_a_film_has_its_keyframes_where_the_scene_wants_them():
    drawn = [picture.copy() for picture, _ in pictures(Scene("x", "day", "grey", fps=5, seconds=3))]
    packets = list(encoded(drawn, Fraction(5), 2.0))
    assert [n for n, (_, keyframe) in enumerate(packets) if keyframe] == [0, 10]
    units = [unit(n, Fraction(5), keyframe, (1280, 720), data) for n, (data, keyframe) in enumerate(packets)]
    assert units[1].capture_ns - units[0].capture_ns == 200_000_000
    assert len(list(decoded(units))) == 15


def test_the_list_has_each_light_and_height_and_no_two_scenes_of_a_name():
    scenes = [*moving(), *sleeping(), *persons(), *empty(), *night()]
    assert len({scene.name for scene in scenes}) == len(scenes)
    kinds = {(scene.light, scene.height) for scene in moving()}
    assert kinds == {("day", 180), ("day", 100), ("infrared", 180), ("infrared", 100)}
    assert {name for scene in moving() for name in scene.visitors} == set(PETS)
    assert {name for scene in persons() for name in scene.visitors} == set(PERSONS)
    assert {scene.room for scene in moving()} == set(rooms.ROOMS) - {"grey"}
