"""How a detector's results are judged by the truth of a scene."""

import pytest

from bench.pet_scenes import Scene
from bench.scene_film import FIRST_NS, Film
from bench.seeing_score import matches, score, spans
from bench.sprite import Placed
from petcam.shm.stream import AccessUnit

SECOND = 1_000_000_000
CAT = Placed("cat", 100.0, 200.0, 120.0, 180.0, 1.0)
ON_CAT = ("cat", 0.8, 110.0, 210.0, 110.0, 170.0)
FAR_OFF = ("dog", 0.7, 900.0, 300.0, 100.0, 100.0)


def made(truth, fps=2, visitors=("kitten",)):
    """A film of which only times and truth matter."""
    times = [FIRST_NS + n * SECOND // fps for n in range(len(truth))]
    units = [AccessUnit(1, n, n, at, at, True, False, 1280, 720, b"-") for n, at in enumerate(times)]
    return Film(Scene("made", "day", "demo", visitors, 180, fps=fps), units, [list(each) for each in truth])


def look(seconds, *boxes, late=0.1):
    at = FIRST_NS + round(seconds * SECOND)
    return at, at + round(late * SECOND), list(boxes)


EMPTY_THEN_CAT = [()] * 4 + [(CAT,)] * 12 + [()] * 4  # comes at 2 s, its last picture is at 7.5 s


def test_the_time_to_find_a_pet_runs_from_its_coming_to_the_publication():
    (seen,) = score(made(EMPTY_THEN_CAT), [look(1), look(3.5, ON_CAT), look(4, ON_CAT)]).appearances
    assert seen.found_s == pytest.approx(1.6)
    assert seen.right
    assert seen.picture == "kitten"


def test_a_pet_that_nobody_found_is_said_to_be_missed():
    (seen,) = score(made(EMPTY_THEN_CAT), [look(1), look(3), look(5)]).appearances
    assert seen.found_s is None
    assert seen.kept == 0


def test_half_of_a_pet_in_the_picture_counts_as_its_coming():
    shown = [CAT._replace(shown=part) for part in (0.2, 0.4, 0.6, 1.0, 1.0, 0.4)]
    assert spans([[each] for each in shown]) == [(2, 5)]


def test_two_visits_are_two_appearances():
    film = made(EMPTY_THEN_CAT + EMPTY_THEN_CAT, visitors=("kitten", "Chelsea"))
    assert [seen.picture for seen in score(film, []).appearances] == ["kitten", "Chelsea"]


def test_a_dog_box_on_a_cat_finds_it_by_a_wrong_name_and_is_not_false():
    result = score(made(EMPTY_THEN_CAT), [look(3, ("dog", 0.9, *ON_CAT[2:]))])
    assert result.appearances[0].found_s is not None
    assert not result.appearances[0].right
    assert result.false_spans == ()


def test_of_two_boxes_on_a_pet_the_surer_one_names_it():
    result = score(made(EMPTY_THEN_CAT), [look(3, ("dog", 0.5, *ON_CAT[2:]), ON_CAT)])
    assert result.appearances[0].right


@pytest.mark.parametrize(
    "box",
    [
        ("cat", 0.9, 900.0, 200.0, 120.0, 180.0),  # elsewhere
        ("cat", 0.9, 0.0, 0.0, 1280.0, 720.0),  # the whole picture
        ("cat", 0.9, 155.0, 285.0, 10.0, 10.0),  # a speck on it
        ("cat", 0.9, 150.0, 250.0, 0.0, 100.0),  # none at all
    ],
)
def test_a_box_elsewhere_or_of_quite_another_size_is_not_on_the_pet(box):
    assert not matches(box, CAT)


def test_a_box_that_is_a_little_off_is_on_the_pet():
    assert matches(("cat", 0.9, 130.0, 230.0, 120.0, 180.0), CAT)
    assert matches(("cat", 0.9, 130.0, 250.0, 70.0, 90.0), CAT)  # small, but its middle is inside


def test_false_boxes_that_follow_each_other_are_one_span():
    looks = [look(0, FAR_OFF), look(1, FAR_OFF), look(8.5, FAR_OFF)]
    result = score(made([()] * 20), looks)
    assert [(begin, end) for begin, end, _ in result.false_spans] == [(0, 1), (8.5, 8.5)]
    assert result.false_boxes == 3


def test_a_box_that_stays_after_its_pet_has_left_lingers_but_is_not_false():
    film = made(EMPTY_THEN_CAT + [()] * 140)
    at_once = score(film, [look(8.5, ON_CAT), look(9)])
    later = score(film, [look(20, ON_CAT), look(21, ON_CAT), look(21.5)])
    assert (at_once.false_boxes, at_once.lingering_s) == (0, 0)
    assert (later.false_boxes, later.lingering_s) == (0, pytest.approx(1.5))
    assert score(film, [look(70, ON_CAT)]).false_boxes == 1


def test_a_person_is_neither_a_cat_nor_a_false_person():
    person = CAT._replace(class_name="person")
    film = made([(person,)] * 8, visitors=("fireman",))
    assert score(film, [look(1, ("person", 0.9, *ON_CAT[2:]))]).false_spans == ()
    assert score(film, [look(1, ON_CAT)]).false_spans != ()


def test_the_share_kept_is_of_the_time_after_the_finding():
    looks = [look(2, ON_CAT), look(3), look(4, ON_CAT), look(5, ON_CAT), look(6)]
    (seen,) = score(made(EMPTY_THEN_CAT), looks).appearances
    assert seen.kept == pytest.approx((1 + 2) / 5.5)


def test_a_result_does_not_last_for_ever():
    film = made([(CAT,)] * 41)  # twenty seconds
    (seen,) = score(film, [look(0, ON_CAT)]).appearances
    assert seen.kept == pytest.approx(5 / 20)


def test_looks_out_of_order_are_refused():
    with pytest.raises(ValueError, match="order"):
        score(made(EMPTY_THEN_CAT), [look(3), look(2)])
