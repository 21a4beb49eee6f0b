"""Lines of results in, lines of visits out."""

import json

import pytest

from petcam.errors import Code, PetcamError
from petcam.events.replay import replay, told_line
from petcam.events.rules import Region, Rules


def line(time: float, *boxes: list) -> str:
    return json.dumps({"t": time, "width": 640, "height": 360, "boxes": boxes}) + "\n"


CAT = ["cat", 0.9, 100, 100, 120, 90]


def test_a_file_of_results_gives_its_visits() -> None:
    lines = [line(n / 5, *([CAT] if 50 <= n < 100 else [])) for n in range(4000)]
    (visit,) = replay(["\n", *lines], Rules())
    told = {"class": "cat", "begin": 10.0, "end": 19.8, "most": 1, "asleep": [], "places": []}
    assert json.loads(told_line(visit)) == told


def test_a_visit_has_its_stays_where_places_are_given() -> None:
    lines = [line(n / 5, ["cat", 0.9, min(100 + 6 * n, 400), 100, 120, 90]) for n in range(100)]
    sofa = Region("p1", "ソファ", ((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
    (visit,) = replay(lines, Rules(), places=[sofa])
    assert json.loads(told_line(visit))["places"] == [["ソファ", 0.0, 5.2]]


def test_what_is_open_at_the_end_is_told_as_well() -> None:
    assert [visit.end for visit in replay((line(n / 5, CAT) for n in range(20)), Rules())] == [3.8]


def levels(begin: float, end: float, db: float) -> list[str]:
    count = round((end - begin) * 50)
    return [json.dumps({"t": begin + n / 50, "level": db}) + "\n" for n in range(count)]


def test_levels_among_them_give_sounds() -> None:
    lines = [line(0), *levels(0, 20, -58), *levels(20, 22, -20), line(21), *levels(22, 40, -58), *levels(40, 42, -30)]
    first, second = replay(lines, Rules())
    assert json.loads(told_line(first)) == {
        **{"class": "loud", "begin": 20.0, "end": 21.98, "over_db": 38.0, "floor_db": -58.0}
    }
    assert (second.begin, second.end) == (40.0, 41.98)
    assert list(replay(lines, Rules(), sound_db=40)) == []


@pytest.mark.parametrize(
    "text",
    [
        "cat",
        "[]",
        "{}",
        '{"t": "1", "width": 1, "height": 1, "boxes": []}',
        '{"t": 1, "width": 0, "height": 1, "boxes": []}',
        '{"t": 1' + "0" * 400 + ', "width": 1, "height": 1, "boxes": []}',
        '{"t": NaN, "width": 1, "height": 1, "boxes": []}',
        '{"t": 1, "width": 1, "height": 1, "boxes": [["cat", 0.9, 1, 1, 1]]}',
        '{"t": 1, "level": null}',
        '{"level": -50}',
        '{"t": 1, "width": 1, "height": 1, "boxes": [[5, 0.9, 1, 1, 1, 1]]}',
        '{"t": 1, "width": 1, "height": 1, "boxes": [["cat", true, 1, 1, 1, 1]]}',
        '{"t": 1, "width": 1, "height": 1, "boxes": ' + "[" * 20000,
        "x" * 70000,
        line(1, *[CAT] * 65),
    ],
)
def test_what_is_no_result_is_said_with_its_line(text: str) -> None:
    with pytest.raises(PetcamError, match="results.json, line 2: ") as raised:
        list(replay([line(0), text], Rules(), "results.json"))
    assert raised.value.code is Code.BAD_REQUEST and len(raised.value.message) < 200


def test_so_is_a_time_that_does_not_rise() -> None:
    with pytest.raises(PetcamError, match="line 2: t must rise"):
        list(replay([line(1), line(1)], Rules()))
    with pytest.raises(PetcamError, match="line 3: t must rise"):
        list(replay([line(1), *levels(0, 0.02, -50), *levels(0, 0.02, -50)], Rules()))
