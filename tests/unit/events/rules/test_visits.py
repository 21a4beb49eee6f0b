"""The rules of docs/events.md, each by a story."""

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petcam.events.rules import Box, Change, Rules, Visit, Visits
from petcam.events.rules.household import KNOWN_VISITS
from petcam.events.rules.settings import CLEAR_SECONDS

Story = Iterable[tuple[float, list[Box]]]


def box(name: str = "cat", score: float = 0.8, x: float = 0.4, y: float = 0.5, size: float = 0.2) -> Box:
    return Box(name, score, x, y, size, size)


def seen(begin: float, seconds: float, *boxes: Box, rate: float = 5.0) -> Iterator[tuple[float, list[Box]]]:
    """The same result again and again."""
    for n in range(round(seconds * rate)):
        yield begin + n / rate, list(boxes)


def walk(begin: float, seconds: float, name: str = "cat", rate: float = 5.0) -> Iterator[tuple[float, list[Box]]]:
    """From one side of the picture to the other."""
    for n in range(round(seconds * rate)):
        yield begin + n / rate, [box(name, x=0.7 * n / (seconds * rate))]


def leave(begin: float, x: float, y: float, name: str = "cat", rate: float = 5.0) -> Iterator[tuple[float, list[Box]]]:
    """From there to the picture's right edge."""
    for n in range(round((0.8 - x) / 0.02) + 1):
        yield begin + n / rate, [box(name, x=x + 0.02 * n, y=y)]


def tell(visits: Visits, *stories: Story) -> list[Change]:
    return [change for story in stories for time, boxes in story for change in visits.result(time, boxes)]


def kinds(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.kind, change.visit.class_name) for change in changes]


def spans(changes: list[Change]) -> list[tuple[float, float]]:
    """Of the visits that have ended."""
    ended = [change.visit for change in changes if change.kind == "end"]
    return [(round(visit.begin, 1), round(visit.end, 1)) for visit in ended]


@pytest.fixture
def visits() -> Visits:
    return Visits(Rules())


@pytest.mark.parametrize("rate", [1, 2, 5, 10, 30])
def test_a_cat_that_walks_through_is_one_visit_from_its_first_box_to_its_last(visits: Visits, rate: float) -> None:
    changes = tell(visits, seen(0, 10, rate=rate), walk(10, 6, rate=rate), seen(16, 40, rate=rate))
    assert kinds(changes) == [("begin", "cat"), ("end", "cat")]
    assert spans(changes) == [(10.0, round(16 - 1 / rate, 1))]


def test_a_box_now_and_then_begins_nothing(visits: Visits) -> None:
    flashes = ((t, [box(x=0.1 * (n % 8))] if n % 10 == 0 else []) for n, t in enumerate(n / 5 for n in range(500)))
    assert tell(visits, flashes) == []


def test_nor_does_what_is_seen_for_a_moment_only(visits: Visits) -> None:
    assert tell(visits, seen(0, 5), seen(5, 0.4, box(), rate=30), seen(5.4, 60)) == []


def test_nor_does_what_flickers_in_one_place(visits: Visits) -> None:
    story = [(t, [box()] if n % 24 == 0 else []) for n, (t, _) in enumerate(seen(0, 60, rate=30))]
    assert tell(visits, story) == []


def test_what_stays_where_it_is_has_to_be_seen_longer_than_what_walks(visits: Visits) -> None:
    changes = tell(
        visits, seen(0, 5), seen(5, 1.4, box(), rate=30), seen(6.4, 60), walk(70, 1.4, rate=30), seen(72, 60)
    )
    assert spans(changes) == [(70.0, 71.4)]


def test_what_is_never_sure_is_a_cat_only_if_it_goes_somewhere() -> None:
    cushion, faint = box(score=0.45), [(t, [boxes[0]._replace(score=0.45)]) for t, boxes in walk(0, 8)]
    assert tell(Visits(Rules()), seen(0, 600, cushion)) == []
    assert kinds(tell(Visits(Rules()), faint)) == [("begin", "cat")]


def test_three_results_of_a_slow_detector_are_enough_where_one_of_them_is_sure(visits: Visits) -> None:
    scores = [(float(n), [box(score=score, x=0.3 + 0.02 * n)]) for n, score in enumerate((0.64, 0.44, 0.5))]
    assert kinds(tell(visits, scores)) == [("begin", "cat")]
    assert tell(Visits(Rules()), scores[1:], seen(3, 60, rate=1)) == []


def test_a_person_and_a_chair_are_no_pets_unless_they_are_named() -> None:
    story = list(seen(0, 5, box("person"), box("chair", x=0.7)))
    assert tell(Visits(Rules()), story) == []
    assert kinds(tell(Visits(Rules(classes=("Person",))), story)) == [("begin", "person")]


def test_names_count_without_regard_to_capitals(visits: Visits) -> None:
    assert kinds(tell(visits, seen(0, 2, box("Cat")))) == [("begin", "cat")]


def test_one_that_is_back_within_the_gap_has_not_been_away(visits: Visits) -> None:
    changes = tell(visits, walk(0, 5), seen(5, 29), walk(34, 5), seen(39, 60))
    assert spans(changes) == [(0.0, 38.8)]


def test_one_that_is_back_later_comes_again(visits: Visits) -> None:
    changes = tell(visits, walk(0, 5), seen(5, 45), walk(50, 5), seen(55, 60))
    assert spans(changes) == [(0.0, 4.8), (50.0, 54.8)]


def test_an_end_is_told_when_it_is_certain_and_is_when_it_was(visits: Visits) -> None:
    tell(visits, walk(0, 5))
    assert [visit.end for visit in visits.open] == [pytest.approx(4.8)]
    at = next(time for time, boxes in seen(5, 60) if visits.result(time, boxes))
    assert 4.8 + 30 < at < 4.8 + 40


def test_a_light_that_goes_on_cuts_nothing(visits: Visits) -> None:
    changes = tell(visits, walk(0, 4), seen(4, 5), walk(9, 4), seen(13, 60))
    assert spans(changes) == [(0.0, 12.8)]


def test_a_cat_that_is_called_a_dog_now_and_then_is_one_cat(visits: Visits) -> None:
    names = ["cat", "cat", "dog", "cat", "dog", "cat", "cat"]
    story = [(t, [box(names[n % 7])]) for n, (t, _) in enumerate(seen(0, 120))]
    changes = tell(visits, story, seen(120, 1000))
    assert kinds([change for change in changes if change.kind != "change"]) == [("begin", "cat"), ("end", "cat")]


def test_one_that_was_taken_for_a_dog_at_first_becomes_a_cat(visits: Visits) -> None:
    changes = tell(visits, seen(0, 1, box("dog")), seen(1, 8, box("cat")))
    assert kinds(changes) == [("begin", "cat"), ("change", "cat")]  # the same visit
    assert len(visits.open) == 1


def test_a_visit_changes_its_name_only_where_the_other_is_much_likelier(visits: Visits) -> None:
    tell(visits, seen(0, 10, box("cat")), seen(10, 12, box("dog")))
    assert visits.open[0].class_name == "cat"
    tell(visits, seen(22, 5, box("dog")))
    assert visits.open[0].class_name == "dog"


def test_a_cat_that_comes_back_as_a_dog_for_a_moment_is_the_cat(visits: Visits) -> None:
    changes = tell(visits, walk(0, 10), seen(10, 10), seen(20, 2, box("dog")), walk(22, 5), seen(27, 60))
    assert kinds(changes) == [("begin", "cat"), ("end", "cat")]


def test_a_cat_and_a_dog_are_two_visits(visits: Visits) -> None:
    both = seen(10, 30, box("cat", x=0.1), box("dog", x=0.7))
    changes = tell(visits, seen(0, 10, box("cat", x=0.1)), both, seen(40, 1000))
    assert spans(changes) == [(0.0, 39.8), (10.0, 39.8)]
    assert sorted(change.visit.class_name for change in changes if change.kind == "end") == ["cat", "dog"]


def test_a_dog_that_comes_when_the_cat_has_just_left_is_a_visit_of_its_own(visits: Visits) -> None:
    changes = tell(visits, walk(0, 12), seen(12, 10), walk(22, 12, "dog"), seen(34, 60))
    assert spans(changes) == [(0.0, 11.8), (22.0, 33.8)]


def test_a_dog_that_comes_while_the_cat_sleeps_unseen_is_a_visit_of_its_own(visits: Visits) -> None:
    sleeper = box("cat", x=0.75)
    changes = tell(
        visits, seen(0, 70, sleeper), seen(70, 60), walk(130, 12, "dog"), seen(142, 100), seen(242, 10, sleeper)
    )
    assert spans(changes) == [(130.0, 141.8)]
    assert [(visit.class_name, visit.begin) for visit in visits.open] == [("cat", 0.0)]


def test_one_of_two_that_was_taken_for_the_other_kind_gets_a_visit_of_its_own(visits: Visits) -> None:
    called = [
        (t, [box("cat", x=0.1), box("cat" if n % 10 < 4 else "dog", x=0.7)]) for n, (t, _) in enumerate(seen(0, 30))
    ]
    tell(visits, called)
    assert [visit.class_name for visit in visits.open] == ["cat"]
    tell(visits, seen(30, 60, box("cat", x=0.1), box("dog", x=0.7)))
    assert [(visit.class_name, visit.begin) for visit in visits.open] == [("cat", 0.0), ("dog", 0.0)]
    assert visits.open[0].votes["dog"] == pytest.approx(0.0)


def test_where_no_more_visits_can_be_open_one_of_two_stays_where_it_is() -> None:
    others = [f"pet {n}" for n in range(15)]
    visits, crowd = Visits(Rules(classes=("cat", "dog", *others))), [box(name) for name in others]
    called = ((t, "cat" if t < 30 and n % 10 < 4 else "dog") for n, (t, _) in enumerate(seen(0, 90)))
    tell(visits, ((t, [*crowd, box("cat", x=0.1), box(name, x=0.7)]) for t, name in called))
    (cat,) = (visit for visit in visits.open if visit.class_name == "cat")
    assert len(visits.open) == 16 and min(cat.votes.values()) > 0


def test_it_is_waited_for_as_a_sleeper_is_from_its_first_moment_on(visits: Visits) -> None:
    cat, other = box("cat", x=0.1), box("dog", x=0.7)
    unsure = [(t, [cat, box("cat" if n % 10 < 4 else "dog", x=0.7)]) for n, (t, _) in enumerate(seen(0, 30))]
    tell(visits, unsure)
    begun = next(t for t, boxes in seen(30, 60, cat, other) if visits.result(t, boxes))
    tell(visits, seen(begun + 0.2, 300, cat))
    assert [visit.class_name for visit in visits.open] == ["cat", "dog"]


def test_a_cat_that_comes_back_and_is_taken_for_the_sleeping_dog_at_first_has_not_been_away(visits: Visits) -> None:
    dog = box("dog", x=0.4, y=0.1)
    both = [(t, [dog, *boxes]) for t, boxes in walk(60, 12)]
    tell(visits, seen(0, 60, dog), both, seen(72, 3, dog), seen(75, 26))
    back = [(t, [box("dog" if t < 102.6 else "cat", x=0.03 * (t - 101))]) for t, _ in seen(101, 20)]
    changes = tell(visits, back)
    assert [change for change in changes if change.kind != "change"] == []
    assert sorted((visit.class_name, visit.begin) for visit in visits.open) == [("cat", 60.0), ("dog", 0.0)]


def test_three_of_four_are_not_enough_to_make_a_second_kind(visits: Visits) -> None:
    called = [
        (t, [box("cat", x=0.1), box("cat" if n % 4 == 0 else "dog", x=0.7)]) for n, (t, _) in enumerate(seen(0, 60))
    ]
    assert {name for _, name in kinds(tell(visits, called))} == {"cat"}


def test_nor_are_seven_results_of_a_slow_detector(visits: Visits) -> None:
    cat = box("cat", x=0.75)
    changes = tell(
        visits, seen(0, 60, cat, rate=1), seen(60, 7, cat, box("dog", x=0.1), rate=1), seen(67, 60, cat, rate=1)
    )
    assert {name for _, name in kinds(changes)} == {"cat"}


def test_one_that_is_found_again_comes_from_then_on(visits: Visits) -> None:
    dog = box("dog", x=0.7)
    unsure = [(t, [dog, box("dog" if n % 4 == 0 else "cat", x=0.1)]) for n, (t, _) in enumerate(seen(20, 6))]
    tell(visits, seen(0, 20, dog), unsure, seen(26, 100, dog), seen(126, 60, dog, box("cat", x=0.1)))
    assert [(visit.class_name, visit.begin) for visit in visits.open] == [("dog", 0.0), ("cat", 126.0)]


def test_a_sleeper_that_is_called_a_dog_for_a_minute_after_an_hour_as_a_cat_is_the_cat(visits: Visits) -> None:
    two = box("cat", x=0.1), box("cat", x=0.7)
    changes = tell(visits, seen(0, 3600, *two, rate=1), seen(3600, 60, two[0], box("dog", x=0.7)), seen(3660, 60, *two))
    assert {name for _, name in kinds(changes)} == {"cat"}


def test_a_dog_that_left_is_not_kept_there_by_what_the_cat_is_called(visits: Visits) -> None:
    both = seen(0, 30, box("cat", x=0.1), box("dog", x=0.7)), walk(30, 3, "dog")
    cat = [(t, [box("dog" if n % 5 == 0 else "cat", x=0.1)]) for n, (t, _) in enumerate(seen(33, 1200))]
    changes = tell(visits, *both, cat)
    assert spans(changes) and spans(changes)[0][1] < 60


def test_where_one_sleeps_there_is_no_other_one_that_slept_there_before(visits: Visits) -> None:
    shift = ([box("cat", x=0.4 + 0.06 * (n // 300))] for n in range(1500))
    tell(visits, ((n / 5, boxes) for n, boxes in enumerate(shift)))
    assert visits.open[0].most == 1 and len(visits._animals) == 1


def test_a_cat_and_a_dog_that_were_taken_for_one_another_go_on_as_what_they_are(visits: Visits) -> None:
    tell(visits, seen(0, 30, box("cat", x=0.1), box("dog", x=0.7)))
    tell(visits, seen(30, 120, box("dog", x=0.1)), seen(150, 20))  # they have swapped places, and the cat is gone
    cat, dog = visits.open
    assert cat.class_name == "cat" and dog.class_name == "dog"
    assert dog.end == pytest.approx(149.8) and cat.end < 100


def test_what_leaves_before_it_was_certain_counts_for_the_one_that_is_there(visits: Visits) -> None:
    changes = tell(visits, walk(0, 10), seen(10, 15), seen(25, 2, box("dog")), seen(27, 60))
    assert spans(changes) == [(0.0, 26.8)]


def test_one_of_two_cats_may_leave_while_the_other_sleeps_unseen(visits: Visits) -> None:
    asleep, other = box(x=0.1, y=0.1), [(70 + n / 5, [box(x=0.8 - 0.02 * n, y=0.7)]) for n in range(30)]
    tell(visits, seen(0, 60, asleep), seen(60, 10, asleep, box(x=0.8, y=0.7)), other, seen(76, 200))
    tell(visits, seen(276, 10, asleep), seen(286, 10))
    assert [(visit.number, visit.most) for visit in visits.open] == [(1, 2)]


def test_two_cats_are_one_visit_of_two(visits: Visits) -> None:
    changes = tell(visits, seen(0, 5, box(x=0.1)), seen(5, 5, box(x=0.1), box(x=0.7)), seen(10, 1000))
    (end,) = (change.visit for change in changes if change.kind == "end")
    assert end.most == 2


def test_a_cat_that_is_found_twice_is_one(visits: Visits) -> None:
    tell(visits, seen(0, 10, box(), box(x=0.42, score=0.7), box("dog", x=0.41, score=0.6)))
    assert [(visit.class_name, visit.most) for visit in visits.open] == [("cat", 1)]


def test_a_second_cat_that_passes_one_that_sleeps_unseen_does_not_wake_it(visits: Visits) -> None:
    asleep = box(x=0.3, y=0.7)
    both = [(60 + n / 5, [asleep, box(x=0.6 + 0.01 * n, y=0.1)]) for n in range(20)]
    passes = [(77.4 + n / 5, [box(x=0.5 + 0.015 * n, y=0.7)]) for n in range(20)]
    tell(visits, seen(0, 60, asleep), both, seen(64, 10, asleep), seen(74, 3), passes)
    tell(visits, seen(81.4, 300), seen(381.4, 5, asleep))
    assert [(visit.number, visit.most) for visit in visits.open] == [(1, 2)]


@pytest.mark.parametrize(("lay", "unseen"), [(0.4, 0.2), (0.6, 1.6)])
def test_one_of_two_that_gets_up_and_leaves_is_not_waited_for_as_a_sleeper_is(
    visits: Visits, lay: float, unseen: float
) -> None:
    one, two = box(x=lay), box(x=0.7, y=0.1)
    leaves = [(59.8 + unseen + n / 5, [box(x=0.25 - 0.04 * n)]) for n in range(7)]
    changes = tell(
        visits, seen(0, 3, one, two), seen(3, 20, two), seen(23, 17), seen(40, 20, one), leaves, seen(62, 60)
    )
    assert spans(changes) == [] and len(visits._animals) == 1  # the other one may sleep there yet
    assert len(spans(tell(visits, seen(122, 900)))) == 1


def test_one_that_got_up_unseen_is_known_again_where_it_is_seen_next(visits: Visits) -> None:
    lies, elsewhere = seen(0, 70, box(x=0.2, y=0.4)), seen(100, 15, box(x=0.6, y=0.2))
    assert spans(tell(visits, lies, seen(70, 30), elsewhere, leave(115, 0.6, 0.2), seen(117.2, 60))) == [(0.0, 117.0)]


def test_one_that_gets_up_after_seconds_unseen_and_leaves_at_once_is_known_by_where_it_lay(visits: Visits) -> None:
    leaves = [(74 + n / 5, [box(x=0.65 + 0.02 * n)]) for n in range(8)]
    assert spans(tell(visits, seen(0, 70, box()), seen(70, 4), leaves, seen(75.6, 60))) == [(0.0, 75.4)]


def test_it_is_another_one_while_it_may_be_of_another_kind(visits: Visits) -> None:
    cat, dog = box(x=0.2, y=0.4), box("dog", x=0.6, y=0.2)
    called_a_cat = [(100 + n / 5, [box(x=0.6, y=0.2) if n % 3 else dog]) for n in range(40)]
    tell(visits, seen(0, 70, cat), seen(70, 30), called_a_cat, seen(108, 60, dog))
    assert {visit.class_name for visit in visits.open} == {"cat", "dog"}


def test_nor_is_it_the_one_where_that_was_seen_too_long_before(visits: Visits) -> None:
    comes = [(80 + n / 5, [box(x=0.0, y=0.5 - 0.04 * n)]) for n in range(11)]
    tell(visits, seen(0, 70, box(x=0.25, y=0.5)), seen(70, 10), comes, seen(82.2, 200))
    tell(visits, seen(282.2, 5, box(x=0.25, y=0.5)))
    assert [visit.begin for visit in visits.open] == [0.0]


def test_what_flashes_for_a_moment_close_to_where_it_lay_is_not_it(visits: Visits) -> None:
    flash = seen(200, 1, box(x=0.52, score=0.7))
    tell(visits, seen(0, 70, box()), seen(70, 130), flash, seen(201, 200), seen(401, 5, box()))
    assert [visit.begin for visit in visits.open] == [0.0]


@pytest.mark.parametrize("unseen", [10, 130])
def test_of_two_one_that_passes_where_the_other_lies_unseen_is_not_that_one(visits: Visits, unseen: float) -> None:
    asleep, other = box(x=0.3, y=0.5), box(x=0.8, y=0.1)
    passes = [(200 + n / 5, [box(x=0.3 + 0.04 * n, y=0.5)]) for n in range(13)]
    lies = seen(62, 138 - unseen, asleep), seen(200 - unseen, unseen)
    tell(visits, seen(0, 60, asleep), seen(60, 2, asleep, other), *lies, passes)
    tell(visits, seen(202.6, 200), seen(402.6, 5, asleep))
    assert [(visit.number, visit.most) for visit in visits.open] == [(1, 2)]


def test_nor_where_the_two_were_seen_at_once_in_a_visit_before(visits: Visits) -> None:
    tell(visits, walk(-100, 5), seen(-95, 2, box(x=0.1), box(x=0.7)), seen(-93, 93))
    asleep, passes = box(x=0.3), [(80 + n / 5, [box(x=0.3 + 0.04 * n)]) for n in range(13)]
    tell(visits, seen(0, 70, asleep), seen(70, 10), passes, seen(82.6, 200), seen(282.6, 5, asleep))
    assert [visit.begin for visit in visits.open] == [0.0]


def test_of_two_it_is_the_other_one_where_it_is_too_far(visits: Visits) -> None:
    asleep, other = box(x=0.1, y=0.1), box(x=0.6, y=0.5)
    tell(visits, seen(0, 60, asleep), seen(60, 2, asleep, other), seen(62, 12, asleep), leave(74.4, 0.6, 0.5))
    tell(visits, seen(76.6, 200), seen(276.6, 5, asleep))
    assert [(visit.number, visit.most) for visit in visits.open] == [(1, 2)]


COME_IN = [(100 + n / 5, [box(x=0.05 * n, y=0.1)]) for n in range(8)]  # from the picture's edge


@pytest.mark.parametrize("gets_up", [False, True])
def test_it_is_another_one_where_it_may_have_come_into_the_picture(visits: Visits, gets_up: bool) -> None:
    asleep, there = box(x=0.5, y=0.7), box(x=0.35, y=0.1)
    up = [(115 + n / 5, [box(x=0.35 + 0.04 * n, y=0.1)]) for n in range(8)] if gets_up else []
    x = 0.63 if gets_up else 0.35
    tell(visits, seen(0, 70, asleep), seen(70, 30), COME_IN, seen(101.6, 13.4, there), up)
    tell(visits, seen(116.6, 15, box(x=x, y=0.1)), leave(131.6, x, 0.1), seen(136, 200), seen(336, 5, asleep))
    assert [(visit.number, visit.begin) for visit in visits.open] == [(1, 0.0)]


def test_unless_there_is_only_one_in_the_house(visits: Visits) -> None:
    for number in range(KNOWN_VISITS):
        tell(visits, walk(-1000 + 100 * number, 5), seen(-995 + 100 * number, 95))
    asleep, there = box(x=0.5, y=0.7), box(x=0.35, y=0.1)
    tell(visits, seen(0, 70, asleep), seen(70, 30), COME_IN, seen(101.6, 13.4, there))
    assert len(visits._animals) == 1
    leaves = [(115 + n / 5, [box(x=0.35 - 0.035 * n, y=0.1)]) for n in range(11)]
    assert spans(tell(visits, leaves, seen(117.2, 60))) == [(0.0, 117.0)]


def test_two_that_were_seen_at_once_in_a_visit_before_may_both_be_there(visits: Visits) -> None:
    tell(visits, walk(-100, 5), seen(-95, 2, box(x=0.1), box(x=0.7)), seen(-93, 93))
    asleep = box(x=0.2, y=0.4)
    tell(visits, seen(0, 70, asleep), seen(70, 30), seen(100, 15, box(x=0.6, y=0.2)))
    tell(visits, leave(115, 0.6, 0.2), seen(117.2, 200), seen(317.2, 5, asleep))
    assert [visit.begin for visit in visits.open] == [0.0]


def test_of_two_one_that_comes_in_beside_one_that_sleeps_is_not_that_one(visits: Visits) -> None:
    asleep, other = box(x=0.6, y=0.4), box(x=0.1, y=0.1)
    comes_in = [(101 + n / 5, [box(x=0.8 - 0.01 * n, y=0.4 - 0.05 * n)]) for n in range(9)]
    leaves = [(102.8 + n / 5, [box(x=0.72 - 0.09 * n, y=0)]) for n in range(9)]
    tell(
        visits, seen(0, 3, asleep, other), seen(3, 97.4, asleep), comes_in, leaves, seen(105, 200), seen(305, 5, asleep)
    )
    assert [(visit.number, visit.most) for visit in visits.open] == [(1, 2)]


def test_of_two_no_more_than_two_lie_anywhere_and_who_was_seen_last_got_up(visits: Visits) -> None:
    asleep, places = box(x=0.1, y=0.1), [(0.5, 0.5), (0.7, 0.2), (0.3, 0.6), (0.6, 0.6)]
    tell(visits, seen(0, 70, asleep), seen(70, 2, asleep, box(x=0.5, y=0.5)))
    for number, (x, y) in enumerate(places):
        tell(visits, seen(72 + 40 * number, 15, box(x=x, y=y)), seen(87 + 40 * number, 25))
    assert len(visits._animals) == 2
    tell(visits, seen(232, 3, box(x=0.6, y=0.6)), leave(235, 0.6, 0.6), seen(237.2, 100), seen(337.2, 5, asleep))
    assert [(visit.number, visit.most) for visit in visits.open] == [(1, 2)]
    assert [animal.box.x for animal in visits._animals] == [0.1]


def test_a_sleeper_that_turns_and_stretches_is_the_same_one(visits: Visits) -> None:
    tell(visits, seen(0, 10, box()), [(10 + n / 5, [box(x=0.4 + n / 10_000)]) for n in range(3000)])
    assert len(visits._animals) == 1 and len(visits.open[0].asleep) == 1


def test_what_is_hardly_seen_does_not_prolong_a_visit(visits: Visits) -> None:
    assert spans(tell(visits, walk(0, 10), seen(10, 20, box(x=0.7, score=0.3)), seen(30, 60))) == [(0.0, 9.8)]


def test_a_sleeper_is_found_where_it_lies_whatever_it_is_called(visits: Visits) -> None:
    cat, dog = box(x=0.4), box("dog", x=0.48)
    called_a_dog = [(86.0, [box("dog", x=0.4)])]
    tell(visits, seen(0, 60, cat), seen(60, 20, cat, dog), seen(80, 6), called_a_dog, seen(86.2, 1))
    assert {visit.class_name: round(visit.end, 1) for visit in visits.open} == {"cat": 86.0, "dog": 79.8}


@pytest.mark.parametrize(("beside", "own"), [(True, True), (False, False)])
def test_a_dog_is_certain_sooner_while_the_cat_is_seen_beside_it(visits: Visits, beside: bool, own: bool) -> None:
    cat, dog = box(x=0.1), box("dog", x=0.6)
    told = tell(visits, seen(0, 60, cat), seen(60, CLEAR_SECONDS + 1, *([cat, dog] if beside else [dog])))
    assert (("begin", "dog") in kinds(told)) is own


def test_one_that_comes_back_to_where_it_lay_is_the_one_that_lay_there(visits: Visits) -> None:
    lies, back = seen(0, 20, box(x=0.4)), [seen(30, 0.4, box(x=0.53)), seen(30.4, 10, box(x=0.47))]
    leaves = [(40.4 + n / 5, [box(x=0.47 - 0.05 * n)]) for n in range(10)]
    assert spans(tell(visits, lies, seen(20, 10), *back, leaves, seen(42.4, 60))) == [(0.0, 42.2)]


@pytest.mark.parametrize(("seconds", "ended"), [(5, 1), (8, 0)])
def test_one_that_stood_still_for_a_moment_is_not_waited_for_as_a_sleeper_is(
    visits: Visits, seconds: float, ended: int
) -> None:
    assert len(spans(tell(visits, seen(0, seconds, box()), seen(seconds, 60)))) == ended


def test_a_sleeper_may_be_lost_for_minutes(visits: Visits) -> None:
    nap = [(t, [box()] if t % 400 < 2 else []) for t, _ in seen(20, 4 * 3600, rate=1)]
    changes = tell(visits, seen(0, 20, box()), nap, seen(4 * 3600 + 20, 1000, rate=1))
    assert len(spans(changes)) == 1


def test_one_that_is_back_and_lies_down_at_once_has_not_been_away(visits: Visits) -> None:
    changes = tell(
        visits, walk(0, 10), seen(10, 25), seen(35, 1.2, box()), seen(36.2, 15), walk(51.2, 10), seen(61.2, 60)
    )
    assert spans(changes) == [(0.0, 61.0)]


def test_what_flashes_elsewhere_does_not_prolong_a_visit(visits: Visits) -> None:
    changes = tell(visits, walk(0, 10), seen(10, 20), seen(30, 0.2, box(x=0.3)), seen(30.2, 60))
    assert spans(changes) == [(0.0, 9.8)]


def test_one_that_was_lost_within_the_picture_is_there_again_with_one_box(visits: Visits) -> None:
    there = [(t, [box(x=0.1 + 0.1 * t)]) for t, _ in seen(0, 4)]
    changes = tell(visits, there, seen(4, 6), [(10.0, [box(x=0.65)])], seen(10.2, 60))
    assert spans(changes) == [(0.0, 10.0)]


def test_but_not_where_it_was_lost_at_the_edge_of_the_picture(visits: Visits) -> None:
    there = [(t, [box(x=0.8 - 0.21 * t)]) for t, _ in seen(0, 4)]
    changes = tell(visits, there, seen(4, 6), [(10.0, [box(x=0.15)])], seen(10.2, 60))
    assert spans(changes) == [(0.0, 3.8)]


def test_a_few_seconds_more_than_the_gap_are_what_a_detector_may_miss(visits: Visits) -> None:
    changes = tell(visits, walk(0, 10), seen(10, 35), walk(45, 10), seen(55, 60))
    assert spans(changes) == [(0.0, 54.8)]


def test_a_sleeper_may_be_lost_for_almost_fifteen_minutes(visits: Visits) -> None:
    changes = tell(visits, seen(0, 20, box()), seen(20, 880), seen(900, 5, box()), seen(905, 950))
    assert spans(changes) == [(0.0, 904.8)]


def test_one_that_got_up_and_trembles_back_called_a_dog_is_the_cat(visits: Visits) -> None:
    beside, back = box("dog", x=0.52), box("dog", x=0.45)
    changes = tell(visits, seen(0, 20, box("cat", x=0.4)), seen(20, 0.4, beside), seen(20.4, 9.6, back), seen(30, 10))
    assert {name for _, name in kinds(changes)} == {"cat"} and len(visits._animals) == 1


def test_a_second_cat_from_the_picture_s_edge_does_not_wake_a_sleeper_that_is_lost(visits: Visits) -> None:
    come_and_go = walk(120, 4), seen(124, 200)
    changes = tell(visits, seen(0, 70, box(x=0.3, y=0.7)), seen(70, 50), *come_and_go, seen(324, 10, box(x=0.3, y=0.7)))
    assert spans(changes) == [] and len(visits.open) == 1


def test_its_sleep_is_told_from_when_it_lay_down_to_when_it_got_up(visits: Visits) -> None:
    lies = [(t, [box(x=0.7, size=0.2 + 0.01 * (n % 3))]) for n, (t, _) in enumerate(seen(5, 600))]
    gets_up = [(605 + n / 5, [box(x=0.7 - 0.03 * n)]) for n in range(20)]
    changes = tell(visits, walk(0, 5), lies, gets_up, seen(609, 60))
    assert [change.kind for change in changes] == ["begin", "change", "change", "end"]
    ((begin, end),) = changes[-1].visit.asleep
    assert begin == pytest.approx(5, abs=2) and end == pytest.approx(605, abs=2)


def test_one_that_got_up_and_left_is_not_waited_for_as_a_sleeper_is(visits: Visits) -> None:
    gets_up = [(60 + n / 5, [box(x=0.4 - 0.04 * n)]) for n in range(10)]
    changes = tell(visits, seen(0, 60, box()), gets_up, seen(62, 60))
    assert len(spans(changes)) == 1


def test_a_cat_that_passes_a_sleeping_dog_that_is_lost_does_not_wake_it(visits: Visits) -> None:
    dog, cat = box("dog", x=0.3), [(71 + n / 5, [box(x=0.5 + 0.01 * n)]) for n in range(20)]
    taken_for_it = [(100 + n / 5, [box("dog", x=0.75 - 0.03 * n)]) for n in range(10)]
    tell(visits, seen(0, 70, dog), seen(70, 1), cat, seen(75, 25), taken_for_it, seen(102, 273), seen(375, 5, dog))
    assert [(visit.class_name, visit.begin) for visit in visits.open] == [("dog", 0.0)]


def test_what_flashes_beside_a_sleeper_that_is_lost_does_not_wake_it(visits: Visits) -> None:
    flash = seen(100, 0.2, box(x=0.6), rate=30)
    changes = tell(visits, seen(0, 70, box()), seen(70, 30), flash, seen(101, 200), seen(301, 10, box()))
    assert kinds(changes) == [("begin", "cat"), ("change", "cat")] and len(visits.open) == 1


def test_time_in_which_nobody_watched_is_no_absence(visits: Visits) -> None:
    changes = tell(visits, walk(0, 5), walk(95, 5), seen(100, 60))
    assert spans(changes) == [(0.0, 99.8)]


def test_but_not_for_ever(visits: Visits) -> None:
    changes = tell(visits, walk(0, 5), walk(305, 5), seen(310, 60))
    assert spans(changes) == [(0.0, 4.8), (305.0, 309.8)]


def test_where_no_result_comes_any_more_the_time_ends_it(visits: Visits) -> None:
    tell(visits, walk(0, 5))
    assert visits.pass_time(60) == []
    assert kinds(visits.pass_time(400)) == [("end", "cat")] and visits.open == []


def test_one_that_was_open_when_the_service_stopped_goes_on() -> None:
    before = Visits(Rules())
    tell(before, walk(0, 5))
    after = Visits(Rules(), resumed=before.open)
    changes = tell(after, walk(30, 5), seen(35, 60))
    assert kinds(changes) == [("end", "cat")] and spans(changes) == [(0.0, 34.8)]
    assert kinds(tell(after, walk(200, 5))) == [("begin", "cat")] and after.open[0].number == 2


def test_or_ends_at_its_last_box_where_nothing_came_for_long() -> None:
    before = Visits(Rules())
    tell(before, walk(0, 5))
    changes = tell(Visits(Rules(), resumed=before.open), seen(500, 1))
    assert spans(changes) == [(0.0, 4.8)]


def test_a_result_whose_time_does_not_rise_is_passed_over(visits: Visits) -> None:
    tell(visits, walk(0, 5))
    assert visits.result(4.8, [box(x=0.7)]) == [] and visits.result(5.0, []) == []
    before = [(time, [box("bird", x=0.1)]) for time in (1.0, 2.0, 3.0)]
    assert tell(visits, before) == []
    assert [visit.end for visit in visits.open] == [pytest.approx(4.8)]


def test_the_best_picture_is_of_a_sure_large_and_whole_one(visits: Visits) -> None:
    cut_off = seen(2.2, 1, box(size=0.3, x=0.0, score=0.9))
    tell(visits, seen(0, 2, box(size=0.1, x=0.3)), seen(2, 0.2, box(size=0.3, x=0.3)), cut_off)
    best = visits.open[0].best
    assert best is not None and best[0] == pytest.approx(2.0) and best[1].w == 0.3


def test_forty_boxes_are_no_forty_animals(visits: Visits) -> None:
    crowd = [box("bird", x=0.12 * (n % 8), y=0.15 * (n // 8), size=0.1) for n in range(40)]
    tell(visits, seen(0, 5, *crowd))
    assert visits.open[0].most == 32


boxes = st.builds(
    Box,
    st.sampled_from(["cat", "dog", "bird", "person", "CAT"]),
    st.floats(0, 1),
    *[st.floats(0, 1, allow_subnormal=False)] * 4,
)
steps = st.one_of(st.floats(0.001, 2), st.floats(2, 300))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(steps, st.lists(boxes, max_size=40)), max_size=120))
def test_whatever_comes_each_visit_begins_and_ends_once_and_nothing_grows_without_bound(story: list) -> None:
    visits, now, open_now = Visits(Rules(min_seconds=0.0, min_score=0.3)), 0.0, set[int]()
    ended: list[Visit] = []
    for step, found in story:
        now += step
        for kind, visit in visits.result(now, found):
            assert visit.begin <= visit.end <= now
            assert (visit.number in open_now) is (kind != "begin")
            open_now ^= {visit.number} if kind != "change" else set()
            ended += [visit] if kind == "end" else []
        assert len(visits.open) <= 16 and len(visits._animals) <= 32
    assert open_now == {visit.number for visit in visits.open}
    assert len({visit.number for visit in ended}) == len(ended)
