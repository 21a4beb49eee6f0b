"""Where a visit is: docs/events.md, "Places", each rule by a story."""

from collections.abc import Iterator

import pytest

from petcam.events.rules import Box, Change, Region, Rules, Visits
from petcam.events.rules.visit import MAX_STAYS
from tests.unit.events.rules.test_visits import box, seen, tell, walk

SOFA = Region("p1", "sofa", ((0.3, 0.4), (0.7, 0.4), (0.7, 0.65), (0.3, 0.65)))
BOWL = Region("p2", "bowl", ((0.7, 0.7), (1.0, 0.7), (1.0, 1.0), (0.7, 1.0)))
ON_SOFA = box(x=0.4, y=0.45)  # its middle at 0.5, 0.55; its feet at 0.65, below the cushion
BEFORE_SOFA = box(x=0.4, y=0.6)
AT_BOWL = box(x=0.75, y=0.8)  # cut off by the picture's lower edge
AWAY = box(x=0.1, y=0.1)


@pytest.fixture
def visits() -> Visits:
    made = Visits(Rules())
    made.set_places([SOFA, BOWL])
    return made


def stays(visits: Visits) -> list[tuple[str, float, float, bool]]:
    (visit,) = visits.open
    return [(stay.name, round(stay.begin, 1), round(stay.end, 1), stay.is_over) for stay in visit.stays]


def places(changes: list[Change]) -> list[tuple[str, tuple[str, ...]]]:
    """As they are told: each time when it is."""
    return [(change.kind, change.visit.places) for change in changes]


def told(visits: Visits, *stories) -> list[tuple[float, str, tuple[str, ...]]]:
    return [
        (round(time, 1), change.kind, change.visit.places)
        for story in stories
        for time, boxes in story
        for change in visits.result(time, boxes)
    ]


def go(begin: float, start: Box, end: Box, seconds: float = 2.0) -> Iterator[tuple[float, list[Box]]]:
    for n in range(round(seconds * 5)):
        part = n / (seconds * 5)
        yield (
            begin + n / 5,
            [start._replace(x=start.x + part * (end.x - start.x), y=start.y + part * (end.y - start.y))],
        )


def test_one_that_stands_there_is_there_after_two_seconds_and_left_after_five(visits: Visits) -> None:
    came = told(visits, go(0, AWAY, box(x=0.64, y=0.1), 5), seen(5, 5, AT_BOWL))
    assert [kind for _, kind, _ in came] == ["begin", "change"] and came[1] == (7.0, "change", ("bowl",))
    left = told(visits, go(10, AT_BOWL, AWAY), seen(12, 10, AWAY))
    assert left == [(15.4, "change", ())]
    assert stays(visits) == [("bowl", 5.0, 10.2, True)]


def test_a_sleeper_on_the_sofa_keeps_it_while_nobody_sees_it(visits: Visits) -> None:
    """Its middle is on it, though its feet are not; the detector loses it for ten minutes."""
    assert ("sofa",) in [where for _, _, where in told(visits, seen(0, 20, ON_SOFA))]
    assert told(visits, seen(20, 600)) == [] and visits.open[0].places == ("sofa",)
    ended = told(visits, seen(620, 700))
    assert [kind for _, kind, _ in ended] == ["end"] and ended[0][2] == ("sofa",)
    assert visits.open == []


def test_it_keeps_it_as_long_as_its_visit_goes_on_also_where_nobody_watched_for_a_while(visits: Visits) -> None:
    told(visits, seen(0, 20, ON_SOFA), seen(20, 790))
    assert told(visits, seen(910, 60)) == [] and visits.open[0].places == ("sofa",)  # 950 s unseen, 850 of them watched
    assert visits._animals == []


def test_one_that_is_not_still_is_where_its_feet_are(visits: Visits) -> None:
    """It walks to and fro behind the sofa's edge, its middle on the sofa."""
    steps = ((n / 5, [box(x=0.3 + 0.1 * (n % 3), y=0.46)]) for n in range(100))
    assert {where for _, _, where in told(visits, steps)} == {()}


def test_one_that_walks_through_is_not_there(visits: Visits) -> None:
    """Over the sofa, in a second and a half, and back, and again."""
    for begin in range(0, 60, 12):
        way = [(begin + t, boxes) for t, boxes in walk(0, 2)]
        assert {where for _, _, where in told(visits, [(t, [b._replace(y=0.42)]) for t, (b,) in way])} <= {()}
        assert told(visits, seen(begin + 2, 10)) == []
    assert visits.open[0].stays == []


def test_of_two_pets_each_has_its_place_and_the_visit_has_both(visits: Visits) -> None:
    eats = box(x=0.73, y=0.65)
    came = told(visits, seen(0, 10, ON_SOFA, eats))
    assert came[-1][2] in (("sofa", "bowl"), ("bowl", "sofa"))
    leaves = [(t, [ON_SOFA, its]) for t, (its,) in go(10, eats, box(x=0.73, y=0.1))]
    told(visits, leaves, seen(12, 8, ON_SOFA, box(x=0.73, y=0.1)))
    assert visits.open[0].places == ("sofa",)
    assert visits.open[0].visited in (("sofa", "bowl"), ("bowl", "sofa"))


def test_a_cat_and_a_dog_are_where_each_is(visits: Visits) -> None:
    visits.set_places([SOFA, BOWL])
    told(visits, seen(0, 20, ON_SOFA), seen(20, 20, ON_SOFA, box("dog", x=0.75, y=0.8)))
    assert {visit.class_name: visit.places for visit in visits.open} == {"cat": ("sofa",), "dog": ("bowl",)}


def test_one_that_passes_who_lies_there_does_not_take_the_place_along(visits: Visits) -> None:
    story = seen(0, 20, ON_SOFA), seen(20, 3, ON_SOFA, BEFORE_SOFA), seen(23, 20, ON_SOFA)
    told(visits, *story)
    assert [name for name, *_ in stays(visits)] == ["sofa"] and visits.open[0].places == ("sofa",)


def test_a_box_that_trembles_on_the_edge_of_a_place_does_not_flicker(visits: Visits) -> None:
    told(visits, seen(0, 10, AT_BOWL))
    trembling = ((10 + n / 5, [box(x=0.61 if n % 3 == 0 else 0.75, y=0.8)]) for n in range(300))
    assert told(visits, trembling) == []


@pytest.mark.parametrize("rate", [0.7, 1, 5, 30])
def test_a_slow_detector_sees_it_too(rate: float) -> None:
    visits = Visits(Rules())
    visits.set_places([BOWL])
    told(visits, seen(0, 30, AT_BOWL, rate=rate))
    assert visits.open[0].places == ("bowl",)


def test_a_place_that_is_called_otherwise_is_the_same(visits: Visits) -> None:
    told(visits, seen(0, 10, ON_SOFA))
    visits.set_places([SOFA._replace(name="couch"), BOWL])
    assert told(visits, seen(10, 5, ON_SOFA)) == [(10.0, "change", ("couch",))]
    assert visits.open[0].visited == ("couch",)


def test_a_place_that_is_no_more_is_left_and_one_drawn_around_a_sleeper_is_taken(visits: Visits) -> None:
    told(visits, seen(0, 20, ON_SOFA), seen(20, 60))
    visits.set_places([BOWL])
    assert told(visits, seen(80, 2)) == [(80.0, "change", ())]
    visits.set_places([SOFA._replace(id="p3")])
    assert told(visits, seen(82, 2)) == [(82.0, "change", ("sofa",))]
    visits.set_places([])
    assert told(visits, seen(84, 2)) == [(84.0, "change", ())]


def test_a_visit_begins_where_it_is_known_to_be_and_what_begins_is_told_once(visits: Visits) -> None:
    """A faint one, which takes five seconds to be real."""
    faint = [(n / 5, [Box("cat", 0.45, 0.7 + 0.02 * min(n, 12), 0.75, 0.2, 0.2)]) for n in range(60)]
    changes = tell(visits, faint)
    assert places(changes) == [("begin", ("bowl",))] and stays(visits)[0][0] == "bowl"


def test_without_places_nothing_is_looked_at() -> None:
    visits = Visits(Rules())
    assert {where for _, _, where in told(visits, seen(0, 10, ON_SOFA))} == {()}
    assert all(animal.presences == {} for animal in visits._animals)


def test_a_visit_keeps_no_more_stays_than_there_is_room_for(visits: Visits) -> None:
    for n in range(0, 20 * (MAX_STAYS + 20), 20):
        told(visits, seen(n, 5, AT_BOWL), go(n + 5, AT_BOWL, AWAY), seen(n + 7, 11, AWAY), go(n + 18, AWAY, AT_BOWL))
    assert len(visits.open[0].stays) == MAX_STAYS


@pytest.mark.parametrize(
    ("x", "y", "is_inside"),
    [(0.5, 0.2, True), (0.1, 0.1, True), (0.9, 0.9, False), (0.5, 0.9, False), (0.9, 0.1, True), (0.5, 0.55, False)],
)
def test_a_polygon_may_have_any_shape(x: float, y: float, is_inside: bool) -> None:
    """A sofa around a corner."""
    corner = Region("p1", "corner", ((0, 0), (1, 0), (1, 0.4), (0.4, 0.4), (0.4, 1), (0, 1)))
    assert corner.contains(x, y) is is_inside
