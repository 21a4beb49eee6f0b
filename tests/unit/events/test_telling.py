"""Begins, changes and ends as somebody is told of them: docs/events-db.md, "Who is told"."""

import pytest

from tests.unit.events.stand_ins import NOON, OTHER_BOOT, SECOND, Change, ns
from tests.unit.events.test_store import make_broken


class Told(list):
    def __call__(self, event, state):
        self.append((event.id, event.kind, event.class_name, state))

    @property
    def states(self):
        return [f"{class_name} {state}" for _, _, class_name, state in self]


@pytest.fixture
def told():
    return Told()


def test_a_visit_is_told_with_its_begin_its_changes_and_its_end(make_board, told):
    board = make_board(tell=told)
    visit = board.come()
    assert told == [(visit.id, "visit", "cat", "begin")]
    visit.most = 2
    board.change(visit)
    board.pass_time(1, [visit])
    board.pass_time(120, [visit])
    visit.asleep = [(150.0, visit.end)]
    board.change(visit)
    board.pass_time(1)
    assert told.states == ["cat begin", "cat change", "cat change"]
    board.leave(visit)
    board.pass_time(100)
    assert told.states == ["cat begin", "cat change", "cat change", "cat end"]


def test_a_visit_that_comes_to_a_place_or_leaves_it_has_changed(make_board, reader):
    told = []
    board = make_board(tell=lambda event, state: told.append((state, event.places, event.visited)))
    visit = board.come()
    for places, visited in ((("sofa",), ("sofa",)), ((), ("sofa",)), (("bowl",), ("sofa", "bowl"))):
        visit.places, visit.visited = places, visited
        board.change(visit)
        board.pass_time(1, [visit])
    board.leave(visit)
    assert told == [
        ("begin", (), ()),
        ("change", ("sofa",), ("sofa",)),
        ("change", (), ("sofa",)),
        ("change", ("bowl",), ("sofa", "bowl")),
        ("end", ("bowl",), ("sofa", "bowl")),
    ]
    assert "sofa" not in str(reader.page().events)  # nothing of it is kept


def test_it_is_told_once_it_is_durable(make_board, reader):
    seen = []
    board = make_board(tell=lambda event, state: seen.append((state, [each.id for each in reader.page().events])))
    visit = board.come()
    assert seen == [("begin", [visit.id])]


def test_the_end_is_told_before_it_is_written(make_board, told):
    board = make_board(tell=told)
    visit = board.come()
    board.store.take(Change("end", visit), ns(board.now))
    board.store.write(ns(board.now))
    assert told.states == ["cat begin", "cat end"]


def test_what_cannot_be_written_is_told_all_the_same_and_once(make_board, told, monkeypatch):
    board = make_board(tell=told)
    with monkeypatch.context() as broken:
        make_broken(broken)
        visit = board.come()
        assert told.states == ["cat begin"]
        board.leave(visit)
        assert told.states == ["cat begin", "cat end"]
    board.pass_time(61)
    assert board.store.status == "" and told.states == ["cat begin", "cat end"]


def test_what_has_no_id_yet_is_told_when_it_has_one(make_board, told, tmp_path):
    place = tmp_path / "events"
    place.write_text("no folder can be made here")
    board = make_board(tell=told)
    visit = board.come()
    assert told == []
    place.unlink()
    board.pass_time(61, [visit])
    assert told.states == ["cat begin"] and told[0][0] > 0


def test_a_sound_is_told_with_its_begin_and_its_end(make_board, told):
    board = make_board(tell=told)
    for second in range(5):
        board.store.heard("loud", ns(100), ns(101 + second), 20 + second, ns(board.now), is_over=False)
        board.pass_time(1)
    assert told.states == ["loud begin"]
    board.store.heard("loud", ns(100), ns(106), 25, ns(board.now))
    board.pass_time(6)
    assert told.states == ["loud begin", "loud end"]


def test_a_sound_that_goes_on_is_written_once_a_minute(make_board, reader):
    board = make_board()
    states = set()
    for _ in range(240):
        board.store.heard("loud", ns(100), ns(board.now), 20, ns(board.now), is_over=False)
        board.pass_time(1)
        states.add(reader.state())
    assert len(states) <= 6
    (event,) = reader.page().events
    assert event.is_open and event.end > NOON + board.now - 60


def test_trouble_that_flickers_begins_once(make_board, told):
    board = make_board(tell=told)
    for _ in range(3):
        board.store.trouble_begins("disk_full", ns(board.now))
        board.pass_time(40)
        board.store.trouble_ends("disk_full", ns(board.now))
        board.pass_time(40)
    assert told.states == ["disk_full begin", "disk_full end"] + ["disk_full change", "disk_full end"] * 2
    assert len({id_ for id_, *_ in told}) == 1


def test_trouble_is_told_at_once(make_board, told):
    board = make_board(tell=told)
    board.store.trouble_begins("disk_full", ns(board.now))
    board.pass_time(1)
    assert told.states == ["disk_full begin"]


def test_who_is_told_may_fail(make_board, reader, caplog):
    def fail(event, state):
        raise RuntimeError("not today")

    board = make_board(tell=fail)
    board.visit(10)
    assert [event.is_open for event in reader.page().events] == [False]
    assert "not today" in caplog.text


# The next start


def restarted(make_board, left, seconds, told, **more):
    return make_board(left, tell=told, now=seconds, **more)


def test_a_visit_that_goes_on_does_not_begin_again(make_board, told, tmp_path):
    board = make_board(tell=told)
    visit = board.come()
    board.pass_time(58, [visit])
    again = restarted(make_board, board.as_killed(tmp_path / "left"), board.now + 2, told)
    (resumed,) = again.store.resumed
    again.store.resume(resumed, visit)
    again.pass_time(60, [visit])
    assert told.states == ["cat begin", "service_restarted begin", "service_restarted end"]
    again.leave(visit)
    assert told[-1] == (visit.id, "visit", "cat", "end")


def test_one_that_does_not_go_on_ends(make_board, told, tmp_path):
    board = make_board(tell=told)
    visit = board.come()
    left = board.as_killed(tmp_path / "left")
    restarted(make_board, left, board.now + 500, told).pass_time(2)
    assert told[:2] == [(visit.id, "visit", "cat", "begin"), (visit.id, "visit", "cat", "end")]


def test_what_was_open_in_another_boot_is_not_told(make_board, told, tmp_path):
    board = make_board(tell=told)
    board.come()
    left = board.as_killed(tmp_path / "left")
    restarted(make_board, left, 20.0, told, boot=OTHER_BOOT, wall=NOON + 9000).pass_time(2)
    assert told.states == ["cat begin", "power_cut begin", "power_cut end"]


def test_trouble_of_this_boot_goes_on_over_a_restart(make_board, told, tmp_path):
    board = make_board(tell=told)
    board.store.trouble_begins("disk_full", ns(board.now))
    board.pass_time(1)
    again = restarted(make_board, board.as_killed(tmp_path / "left"), board.now + 900, told)
    assert again.store.open_troubles == ["disk_full"]
    again.store.trouble_begins("disk_full", ns(again.now))
    again.pass_time(40)
    again.store.trouble_ends("disk_full", ns(again.now))
    again.pass_time(40)
    assert [state for state in told.states if "disk" in state] == ["disk_full begin", "disk_full end"]
    assert again.store.open_troubles == []


def test_a_begin_that_was_committed_and_not_told_can_be_asked_for(make_board, told, tmp_path):
    board = make_board(tell=told)
    cat = board.come()
    newest = told[-1][0]
    dog = board.come("dog")
    again = restarted(make_board, board.as_killed(tmp_path / "left"), board.now + 2, told)
    assert [(event.id, event.class_name) for event in again.store.begun_since(newest)] == [(dog.id, "dog")]
    assert [event.id for event in again.store.begun_since(0)] == [cat.id, dog.id]
    assert again.store.begun_since(dog.id) == []


def test_of_another_boot_nothing_can_be(make_board, told, tmp_path):
    board = make_board(tell=told)
    board.come()
    left = board.as_killed(tmp_path / "left")
    again = restarted(make_board, left, 20.0, told, boot=OTHER_BOOT, wall=NOON + 9000)
    again.pass_time(2)
    assert [event.class_name for event in again.store.begun_since(0)] == ["power_cut"]


def test_who_was_seen_before_the_start_can_be_asked_for_of_whichever_boot(make_board, told, tmp_path):
    board = make_board(tell=told)
    cat = board.come()
    board.leave(cat)
    board.pass_time(30)
    dog = board.come("dog")
    now, left = board.now, board.as_killed(tmp_path / "left")
    again = restarted(make_board, left, now + 60, told)
    (first, first_age), (second, second_age) = again.store.seen_before()
    assert [first.id, second.id] == [dog.id, cat.id]
    assert first_age == pytest.approx(60, abs=3) and second_age > first_age + 20
    other = restarted(
        make_board, again.as_killed(tmp_path / "rest"), 20.0, told, boot=OTHER_BOOT, wall=NOON + now + 600
    )
    assert [event.id for event, _ in other.store.seen_before()] == [dog.id, cat.id]
    assert other.store.seen_before()[0][1] == pytest.approx(620, abs=5)


def test_no_event_has_an_id_that_was_told_of_another(make_board, told, monkeypatch, tmp_path):
    board = make_board(tell=told)
    board.visit(3)
    with monkeypatch.context() as broken:
        make_broken(broken)
        board.come("dog")
        left = board.as_killed(tmp_path / "left")
    lost = told[-1][0]
    again = restarted(make_board, left, board.now + 2, told, told_id=lost)
    assert again.come("bird").id > lost
    assert again.store.boot.offset_ns == NOON * SECOND
