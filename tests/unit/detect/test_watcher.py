"""What the detector looks at, and what it says is there."""

import itertools
import random
from collections.abc import Iterable

import pytest

from petcam.detect.area import WHOLE
from petcam.detect.watcher import Watcher
from tests.unit.detect.seen import Network, Room, at

STEP = 0.2  # seconds between two pictures
EMPTY = [Room(i * STEP) for i in range(10)]


def watch(watcher: Watcher, rooms: Iterable[Room]) -> list[list]:
    """The boxes of each picture."""
    results = []
    for room in rooms:
        watcher.see(room)
        watcher.look(room)
        results.append(watcher.boxes(room))
    return results


def walk(begin: float, seconds: float, speed: float = 0.1, name: str = "cat", score: float = 0.6) -> list[Room]:
    """It walks through the picture from the left."""
    steps = [i * STEP for i in range(int(seconds / STEP))]
    return [Room(begin + t, (name, score, at(0.15 + speed * t))) for t in steps]


def still(begin: float, seconds: float, step: float = STEP, x: float = 0.5, score: float = 0.6) -> list[Room]:
    return [Room(begin + i * step, ("cat", score, at(x))) for i in range(int(seconds / step))]


def names(result: list) -> list[str]:
    return [box.class_name for box in result]


def test_a_cat_that_walks_in_is_found_by_its_second_look() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    results = watch(watcher, walk(2.0, 2.0))
    assert names(results[0]) == [] and names(results[1]) == ["cat"]
    assert all(names(result) == ["cat"] for result in results[1:])


def test_its_box_is_where_it_walks() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    rooms = walk(2.0, 6.0)
    for room, result in list(zip(rooms, watch(watcher, rooms), strict=True))[5:]:
        (box,) = result
        area = room.animals[0][2]
        assert box.x == pytest.approx(area.left * 1280, abs=0.1 * area.width * 1280)
        assert box.y == pytest.approx(area.top * 720, abs=0.1 * area.height * 720)
        assert box.w == pytest.approx(area.width * 1280, rel=0.1)


def test_between_two_looks_a_box_goes_on_with_the_cat() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    watch(watcher, walk(2.0, 3.0))
    later = Room(5.2, ("cat", 0.6, at(0.15 + 0.1 * 3.2)))
    watcher.see(later)  # without the time for a look
    (box,) = watcher.boxes(later)
    assert box.x == pytest.approx(later.animals[0][2].left * 1280, abs=20)


def test_a_cat_that_has_left_is_not_shown_for_long() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    watch(watcher, walk(2.0, 4.0))
    gone = watch(watcher, [Room(6.0 + i * STEP) for i in range(20)])
    assert names(gone[-1]) == []
    assert sum(map(bool, gone)) * STEP <= 2.2


def test_a_cat_that_fills_the_picture_and_leaves_is_gone() -> None:
    """No square has room around it."""
    network = Network()
    network.most = 1.1
    watcher = Watcher(network, 0.4)
    watch(watcher, EMPTY)
    near = [Room(2 + i * STEP, ("cat", 0.6, at(0.5, width=0.4, height=0.97))) for i in range(10)]
    assert names(watch(watcher, near)[-1]) == ["cat"]
    gone = watch(watcher, [Room(4 + i * STEP) for i in range(40)])
    assert gone[-1] == []
    assert not watcher.is_busy


def test_no_strip_is_drawn_at_the_edge_where_a_cat_leaves() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    rooms = [Room(2 + i * STEP, ("cat", 0.6, at(0.6 + 0.02 * i).clipped(WHOLE))) for i in range(24)]
    results = watch(watcher, rooms)
    assert sum(map(bool, results)) > 10
    for result in results:
        for box in result:
            assert box.x + box.w < 1279 or box.w > 0.19 * box.h


def test_one_look_is_not_enough_for_a_box() -> None:
    network = Network()
    watcher = Watcher(network, 0.4)
    watch(watcher, EMPTY)
    first, *rest = walk(2.0, 3.0)
    watch(watcher, [first])
    network.blind = True
    assert watch(watcher, rest) == [[]] * len(rest)


def test_what_is_less_sure_than_wanted_begins_nothing() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    assert watch(watcher, walk(2.0, 3.0, score=0.39)) == [[]] * 15


def test_nor_does_it_beside_what_is_known_already() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    watch(watcher, walk(2.0, 2.0))
    rooms = [Room(4 + i * STEP, ("cat", 0.6, at(0.35)), ("cat", 0.39, at(0.6))) for i in range(50)]
    assert [names(result) for result in watch(watcher, rooms)] == [["cat"]] * 50


def test_what_is_known_is_kept_by_less() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    watch(watcher, walk(2.0, 2.0))
    assert all(watch(watcher, [Room(4.0 + i * STEP, ("cat", 0.3, at(0.35 + 0.02 * i))) for i in range(20)]))


def test_a_cat_that_lies_down_is_kept_for_hours_though_it_is_seldom_found() -> None:
    network = Network()
    watcher = Watcher(network, 0.4)
    watch(watcher, EMPTY)
    watch(watcher, walk(2.0, 3.5))
    rng = random.Random(1)
    for room in still(6, 90 * 60, step=1.0):
        network.blind = rng.random() > 0.15
        assert names(*watch(watcher, [room])) == ["cat"]
    network.blind = False
    gone = watch(watcher, [Room(6 + 90 * 60 + i) for i in range(30)])
    assert names(gone[-1]) == []


def test_a_cat_that_one_look_misses_stays() -> None:
    network = Network()
    watcher = Watcher(network, 0.4)
    watch(watcher, EMPTY)
    rooms = walk(2.0, 6.0)
    watch(watcher, rooms[:10])
    for index, room in enumerate(rooms[10:]):
        network.blind = index % 3 != 0
        assert names(*watch(watcher, [room])) == ["cat"]


def test_on_a_slow_board_one_miss_is_no_reason_either() -> None:
    network = Network()
    watcher = Watcher(network, 0.4)
    watch(watcher, [Room(2.0 * i) for i in range(3)])
    rooms = [Room(6 + 2.0 * i, ("cat", 0.6, at(0.3 + 0.01 * i))) for i in range(20)]
    watch(watcher, rooms[:10])
    network.blind = True
    assert [names(result) for result in watch(watcher, rooms[10:12])] == [["cat"]] * 2


def test_a_cat_that_leaves_as_the_light_goes_on_is_gone() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    watch(watcher, walk(2.0, 3.5))
    watch(watcher, still(5.6, 20))
    assert watch(watcher, [Room(25.6 + i * STEP, light=150) for i in range(50)])[-1] == []


def test_a_light_that_is_switched_on_while_a_cat_is_not_found_changes_nothing() -> None:
    network = Network()
    watcher = Watcher(network, 0.4)
    watch(watcher, EMPTY)
    watch(watcher, walk(2.0, 3.5))
    watch(watcher, still(5.6, 20))
    network.blind = True
    results = watch(watcher, [Room(25.6 + i * STEP, ("cat", 0.6, at(0.5)), light=150) for i in range(18)])
    assert all(map(bool, results))


def test_what_never_moved_is_a_cat_only_after_many_looks() -> None:
    """A cushion is looked at all day long."""
    network = Network()
    watcher = Watcher(network, 0.4)
    rooms = still(0.0, 120, step=1.0)
    coming = iter(rooms)
    results = watch(watcher, rooms)
    assert names(results[-1]) == ["cat"]
    network.hits = 0
    again = Watcher(network, 0.4)
    before = list(itertools.takewhile(lambda _: not watch(again, [next(coming)])[0], iter(int, 1)))
    assert before and network.hits >= 4


def test_a_cat_that_was_there_before_the_service_is_found() -> None:
    watcher = Watcher(Network(), 0.4)
    results = watch(watcher, still(0.0, 90, step=1.0, x=0.8))
    assert names(results[-1]) == ["cat"]


def test_what_moves_and_is_no_pet_is_looked_at_less_and_less() -> None:
    network = Network()
    watcher = Watcher(network, 0.4)

    def curtain(begin: float) -> list[Room]:
        return [Room(begin + i * STEP, ("curtain", 0.1, at(0.5 + 0.05 * (i % 2 * 2 - 1)))) for i in range(300)]

    counts = []
    for minute in range(3):
        network.views.clear()
        assert watch(watcher, curtain(60.0 * minute)) == [[]] * 300
        counts.append(len(network.views))
    tiles = 31
    assert counts[0] > tiles + 12
    assert counts[2] <= tiles + 60 / 8 + 1


def test_two_cats_are_two_boxes() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    rooms = [
        Room(2 + i * STEP, ("cat", 0.6, at(0.15 + 0.01 * i)), ("cat", 0.6, at(0.85 - 0.01 * i))) for i in range(25)
    ]
    assert names(watch(watcher, rooms)[-1]) == ["cat", "cat"]


def test_a_cat_that_is_called_a_dog_now_and_then_is_one_cat() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    kinds = itertools.cycle(["cat", "cat", "dog"])
    rooms = [Room(2 + i * STEP, (next(kinds), 0.6, at(0.15 + 0.01 * i))) for i in range(40)]
    results = watch(watcher, rooms)
    assert [names(result) for result in results[3:]] == [["cat"]] * len(results[3:])


def test_a_cat_that_is_found_as_a_dog_too_is_one_cat() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    rooms = [
        Room(2 + i * STEP, ("cat", 0.6, at(0.15 + 0.01 * i)), ("dog", 0.5, at(0.155 + 0.01 * i))) for i in range(40)
    ]
    assert [names(result) for result in watch(watcher, rooms)[3:]] == [["cat"]] * 37


def test_a_cat_on_a_lap_leaves_the_person_there() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    rooms = [
        Room(2 + i * STEP, ("person", 0.7, at(0.3 + 0.01 * i, 0.5, 0.3, 0.6)), ("cat", 0.6, at(0.3 + 0.01 * i)))
        for i in range(25)
    ]
    assert sorted(names(watch(watcher, rooms)[-1])) == ["cat", "person"]


def test_while_nothing_moves_it_is_not_busy_and_a_tile_is_looked_at_now_and_then() -> None:
    network = Network()
    watcher = Watcher(network, 0.4)
    watch(watcher, EMPTY)
    network.views.clear()
    watch(watcher, [Room(10 + i) for i in range(60)])
    assert not watcher.is_busy
    assert 20 <= len(network.views) <= 31
    covered = {(round(view.left, 2), round(view.top, 2), round(view.right, 2)) for view in network.views}
    assert len(covered) > 5


def test_slow_boards_sweep_less() -> None:
    network = Network()
    watcher = Watcher(network, 0.4)
    for i in range(600):
        room = Room(i)
        watcher.see(room)
        watcher.look(room, look_ns=1_000_000_000)
    assert len(network.views) <= 32


def test_a_picture_of_another_size_is_gone_on_with() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, EMPTY)
    watch(watcher, walk(2.0, 3.0))
    small = Room(5.2, ("cat", 0.6, at(0.47)))
    small.width, small.height = 320, 180
    watcher.see(small)
    watcher.look(small)
    (box,) = watcher.boxes(small)
    assert box.w == pytest.approx(0.15 * 320, rel=0.15)


def test_after_a_clock_that_went_back_it_looks_with_new_eyes() -> None:
    watcher = Watcher(Network(), 0.4)
    watch(watcher, [Room(3600 + room.capture_ns / 1e9) for room in EMPTY])
    watch(watcher, walk(3602.0, 3.0))
    assert watch(watcher, EMPTY) == [[]] * len(EMPTY)
    assert all(names(result) == ["cat"] for result in watch(watcher, walk(2.0, 2.0))[1:])
