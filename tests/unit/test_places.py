"""The places as in docs/state.md, "Places"."""

import json
import stat
from pathlib import Path

import pytest

from petcam.access import Place
from petcam.access.chosen_file import LOOK_SECONDS
from petcam.access.state_file import sealed
from petcam.errors import Code, PetcamError
from petcam.places import MAX_NAME, MAX_PLACES, NamedPlace, PlacesFile, as_document
from petcam.places.places_file import MAX_FILE_BYTES

TOP = Path(__file__).parents[2]
SQUARE = [[0.1, 0.5], [0.4, 0.5], [0.4, 1], [0.1, 1]]
SOFA = {"id": "p1", "name": "ソファ", "points": SQUARE}
BOWL = {"id": "p7", "name": "bowl", "points": [[0, 0], [1, 0], [0.5, 0.25]]}
BOTH = {"places": [SOFA, BOWL]}


@pytest.fixture
def file(tmp_path):
    return PlacesFile(tmp_path)


def test_there_are_none_until_somebody_draws_one(file):
    assert file.read() == file.current() == () and file.trouble() is None


def test_what_is_drawn_is_read_by_others(file, tmp_path):
    before, after = file.replace(BOTH)
    assert before == () and after == file.read() == PlacesFile(tmp_path).current()
    assert after[0] == NamedPlace("p1", "ソファ", ((0.1, 0.5), (0.4, 0.5), (0.4, 1.0), (0.1, 1.0)))
    assert as_document(after) == BOTH
    assert file.replace({"places": [BOWL]}) == (after, after[1:])


def test_the_document_has_an_example_of_the_file(file):
    text = (TOP / "docs" / "state.md").read_text().split("\n## Places")[1].split("```json")[1].split("```")[0]
    example = json.loads(text)
    assert example.pop("version") == 1 and example.pop("sha256")
    assert as_document(file.replace(example)[1]) == example


def test_new_ones_get_ids_that_no_other_has(file):
    new = {"name": "窓", "points": SQUARE}
    _, after = file.replace({"places": [new, BOWL, {**new, "id": None, "name": "door"}]})
    assert [place.id for place in after] == ["p8", "p7", "p9"]
    _, after = file.replace({"places": [{**new, "name": "in place of the door"}, BOWL]})
    assert [place.id for place in after] == ["p10", "p7"]


@pytest.mark.parametrize(
    ("document", "key"),
    [
        (None, "JSON object"),
        ([], "JSON object"),
        ({}, "JSON object"),
        ({"places": [], "version": 1}, "JSON object"),
        ({"places": {}}, '"places"'),
        ({"places": [{"name": str(n), "points": SQUARE} for n in range(MAX_PLACES + 1)]}, '"places"'),
        ({"places": [1]}, r'"places\[0\]"'),
        ({"places": [{**SOFA, "colour\n": 1}]}, r"places\[0\].colour\\n"),
        ({"places": [{"id": "p1", "points": SQUARE}]}, r'"places\[0\].name" is missing'),
        ({"places": [{**SOFA, "id": "sofa"}]}, r'"places\[0\].id"'),
        ({"places": [{**SOFA, "id": 1}]}, r'"places\[0\].id"'),
        ({"places": [SOFA, {**BOWL, "id": "p1"}]}, r'"places\[1\].id"'),
        ({"places": [SOFA, {**BOWL, "name": "ソファ"}]}, r'"places\[1\].name"'),
        ({"places": [{**SOFA, "name": ""}]}, r'"places\[0\].name"'),
        ({"places": [{**SOFA, "name": " sofa"}]}, r'"places\[0\].name"'),
        ({"places": [{**SOFA, "name": "so\nfa"}]}, r'"places\[0\].name"'),
        ({"places": [{**SOFA, "name": "x" * (MAX_NAME + 1)}]}, r'"places\[0\].name"'),
        ({"places": [{**SOFA, "name": "\ud800"}]}, r'"places\[0\].name"'),
        ({"places": [{**SOFA, "points": SQUARE[:2]}]}, r'"places\[0\].points"'),
        ({"places": [{**SOFA, "points": SQUARE * 4}]}, r'"places\[0\].points"'),
        ({"places": [{**SOFA, "points": [[0, 0], [1, 0], [0.5, 1.01]]}]}, r'"places\[0\].points"'),
        ({"places": [{**SOFA, "points": [[0, 0], [1, 0], [-0.1, 1]]}]}, r'"places\[0\].points"'),
        ({"places": [{**SOFA, "points": [[0, 0], [1, 0], [True, 1]]}]}, r'"places\[0\].points"'),
        ({"places": [{**SOFA, "points": [[0, 0], [1, 0], [float("nan"), 1]]}]}, r'"places\[0\].points"'),
        ({"places": [{**SOFA, "points": [[0, 0], [1, 0], [1, 1, 1]]}]}, r'"places\[0\].points"'),
        ({"places": [{**SOFA, "points": "everywhere"}]}, r'"places\[0\].points"'),
    ],
)
def test_what_is_not_right_is_refused_by_its_key_and_nothing_changes(file, document, key):
    file.replace(BOTH)
    before = file.path.read_bytes()
    with pytest.raises(PetcamError, match=key) as refused:
        file.replace(document)
    assert refused.value.code is Code.BAD_REQUEST and refused.value.message.isprintable()
    assert file.path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        json.dumps(BOTH).encode(),  # without version and seal
        sealed(BOTH).replace(b"bowl", b"bowls"),
        sealed({**BOTH, "version": 2}),
        sealed({"places": [{"name": "bowl", "points": SQUARE}]}),
        sealed(BOTH) + b" " * MAX_FILE_BYTES,
        b"[" * 5000,
    ],
)
def test_of_a_damaged_file_there_are_none_and_it_is_said_once(file, content, caplog):
    file.replace(BOTH)
    file.path.write_bytes(content)
    assert [file.read() for _ in range(3)] == [()] * 3
    assert file.trouble().code is Code.STATE_DAMAGED
    assert len(caplog.messages) == 1 and str(file.path) in caplog.messages[0]
    before, after = file.replace({"places": [SOFA]})
    assert before == () and file.read() == after and file.trouble() is None


def test_what_cannot_be_read_for_a_moment_stays_as_it_was_and_is_not_overwritten(file, monkeypatch):
    file.replace(BOTH)
    known, before = file.read(), file.path.read_bytes()

    def fails(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("petcam.access.state_file._read_regular", fails)
    assert file.read() == known
    with pytest.raises(PetcamError):
        file.replace({"places": []})
    assert file.path.read_bytes() == before


def test_none_is_drawn_where_the_directory_is_not_the_one_that_was_set_up(tmp_path):
    file = PlacesFile(tmp_path, Place(tmp_path, "0" * 32))
    with pytest.raises(PetcamError):
        file.replace(BOTH)
    assert not file.path.exists()


def test_a_change_by_another_process_is_seen_within_a_second(file, tmp_path):
    now = [0.0]
    reader = PlacesFile(tmp_path, clock=lambda: now[0])
    assert reader.current() == ()
    file.replace(BOTH)
    now[0] = LOOK_SECONDS - 0.01
    assert reader.current() == ()
    now[0] = LOOK_SECONDS
    assert len(reader.current()) == 2


def test_the_group_may_read_it_and_nobody_else(file):
    file.replace(BOTH)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o640


def test_the_most_that_can_be_drawn_can_be_kept(file):
    points = [[n / 12 + 0.01234, 1 - n / 12 - 0.01234] for n in range(11)] + [[0.98765, 0.98765]]
    places = [{"id": f"p{999900 + n}", "name": "\U0001f408" * 30 + f"{n:02}", "points": points} for n in range(16)]
    file.replace({"places": places})
    assert len(file.read()) == 16 and file.path.stat().st_size < MAX_FILE_BYTES
