"""The figures of how well a detector sees, with detectors that are easy to judge."""

from types import SimpleNamespace

import numpy as np
import pytest

from bench import scene_list, seeing
from bench.pet_pictures import CutOut, PetPicture
from bench.pet_scenes import Scene
from bench.scene_film import FIRST_NS, Film
from bench.sprite import Placed
from petcam.shm.stream import AccessUnit

CAT = Placed("cat", 100.0, 200.0, 120.0, 180.0, 1.0)
VISIT = [[]] * 4 + [[CAT]] * 20 + [[]] * 4
FALSE = ("dog", 0.9, 900.0, 300.0, 100.0, 100.0)


def made(scene):
    """A film of which only times and truth matter."""
    truth = VISIT if scene.visitors else [[]] * 28
    times = [FIRST_NS + n * 250_000_000 for n in range(len(truth))]
    units = [AccessUnit(1, n, n, at, at, True, False, 1280, 720, b"-") for n, at in enumerate(times)]
    return Film(scene, units, truth)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    def scenes(kind, visitors):
        kinds = [(light, height) for light in scene_list.LIGHTS for height in scene_list.HEIGHTS]
        return lambda: [Scene(f"{kind} {light} {h}", light, "demo", visitors, h, fps=4) for light, h in kinds]

    for kind in ("moving", "sleeping", "persons"):
        monkeypatch.setattr(scene_list, kind, scenes(kind, ("kitten",)))
    for kind in ("empty", "night"):
        monkeypatch.setattr(scene_list, kind, scenes(kind, ()))
    monkeypatch.setattr(scene_list, "PETS", ("kitten",))
    monkeypatch.setattr(seeing, "film", made)
    monkeypatch.setattr(seeing, "clips", list)


def values(boxes):
    watched = seeing.measured(lambda units: [(unit.capture_ns, unit.capture_ns, boxes) for unit in units])
    return {figure.name.removeprefix("seeing: "): figure.value for figure in watched}


def test_a_detector_that_sees_all_misses_nothing():
    found = values([("cat", 0.9, *CAT[1:5])])
    assert found["day, 180 px, moving pets not found in 2 s"] == 0
    assert found["infrared, 100 px, time in which a sleeping pet was lost"] == 0


def test_a_blind_detector_misses_all_and_is_never_wrong(capsys):
    found = values([])
    assert found["day, 180 px, moving pets not found in 2 s"] == 100
    assert found["day, 180 px, found by a wrong name"] == 0
    assert found["infrared, 100 px, time in which a sleeping pet was lost"] == 100
    assert found["false cats and dogs in them"] == 0
    assert "kitten" in capsys.readouterr().out


def test_a_day_without_pets_is_reckoned_by_the_looks_that_were_taken():
    looks, in_a_day = 4 * 28, 24 * 3600 * seeing.LOOKS_PER_SECOND
    assert values([])["at most that many in 24 h, by 95 % certainty"] == pytest.approx(3.0 / looks * in_a_day, rel=0.01)
    found = values([FALSE])
    assert found["false cats and dogs in them"] == 4  # one span in each
    assert found["which makes in 24 h of looks"] == pytest.approx(4 / looks * in_a_day)


@pytest.mark.parametrize("count, bound", [(0, 3.0), (1, 4.74), (2, 6.3)])
def test_the_bound_is_that_of_a_poisson_rate(count, bound):
    assert seeing._upper_bound(count) == pytest.approx(bound, abs=0.02)


def test_a_scene_without_its_photographs_is_left_out_and_said(monkeypatch, capsys):
    def missing(scene):
        raise LookupError("the photograph aloe could not be had")

    monkeypatch.setattr(seeing, "film", missing)
    assert seeing.watched([Scene("x", "day", "plant")], lambda units: []) == []
    assert "aloe" in capsys.readouterr().err
    assert values([])["looks at rooms without pets, compressed"] == 0  # nor does the rest fail


@pytest.mark.parametrize("said, known", [("cat", True), ("dog", False)])
def test_a_picture_counts_as_known_when_the_model_names_it_on_plain_ground(said, known):
    shown = []

    def find(picture, least):
        shown.append(picture)
        return [SimpleNamespace(class_name=said, score=0.9)]

    model = SimpleNamespace(width=300, height=300, find=find)
    cut = CutOut(PetPicture("x", "cat", 0), np.full((90, 60, 4), 255, np.uint8))
    assert seeing.recognised(model, cut) is known
    assert (shown[0][150, 150] == 255).all() and (shown[0][5, 5] == (170, 165, 155)).all()
