"""Recordings on disk as tests/library-cases.json has them; the streamer's tests use the same file."""

import base64
import json

import pytest

from tests.unit.web.library_cases import FILE, answers, build, films, in_zone, of_damaged, of_video

KNOWN = json.loads(FILE.read_text())
FILMS = {name: base64.b64decode(text) for name, text in KNOWN["films"].items()}


@pytest.mark.parametrize("case", KNOWN["cases"], ids=lambda case: case["name"])
def test_what_is_said_of_a_folder(tmp_path, case):
    if "files" in case:
        build(tmp_path / "recordings", case["files"], FILMS)
    with in_zone(case["zone"]):
        said = json.loads(json.dumps(answers(tmp_path / "recordings", case)))
    for ask, got, wanted in zip(case["asks"], said, case["answers"], strict=True):
        assert got == wanted, ask


@pytest.mark.parametrize("film", KNOWN["damaged"])
def test_what_is_said_of_a_damaged_film(tmp_path, film):
    wanted = KNOWN["damaged"][film]
    with in_zone("UTC"):
        said = of_damaged(tmp_path / film, FILMS[film])
    assert said == [wanted["texts"][int(number)] for number in wanted["said"].split()]


def test_how_a_film_is_sent(tmp_path):
    for ask, wanted in zip(KNOWN["videos"]["asks"], KNOWN["videos"]["answers"], strict=True):
        assert of_video(tmp_path, ask) == wanted, ask


def test_the_films_are_those_that_the_tests_write(tmp_path):
    assert films(tmp_path) == KNOWN["films"]
