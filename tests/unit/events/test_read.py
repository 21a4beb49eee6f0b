"""What petcam-web can ask of the database, whoever writes it and whether anybody does."""

import os
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from petcam.errors import Code, PetcamError
from petcam.events.read import DaySpan, Reader, Wanted
from tests.unit.events.stand_ins import NOON, OTHER_BOOT, names, ns

ROOT = Path(__file__).parents[3]
NOBODY = "65534"
BERLIN = ZoneInfo("Europe/Berlin")


def classes(page):
    return [event.class_name for event in page.events]


def ask(directory, uid=""):
    """As another process; with ``uid`` one that may read and not write."""
    words = [sys.executable, "-m", "tests.unit.events.asking", directory, *([uid] if uid else [])]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


# Lists


def test_the_newest_is_first_and_pages_follow_each_other(board, reader):
    for number in range(25):
        board.visit(1, f"pet{number}")
    first = reader.page(limit=10)
    assert classes(first) == [f"pet{number}" for number in range(24, 14, -1)]
    second = reader.page(limit=10, cursor=first.next)
    third = reader.page(limit=10, cursor=second.next)
    assert classes(second) + classes(third) == [f"pet{number}" for number in range(14, -1, -1)]
    assert third.next is None


def test_what_comes_between_two_pages_repeats_nothing(board, reader):
    for number in range(6):
        board.visit(1, f"pet{number}")
    first = reader.page(limit=3)
    board.visit(1, "new")
    assert classes(reader.page(limit=3, cursor=first.next)) == ["pet2", "pet1", "pet0"]


def test_events_can_be_asked_for_by_time_kind_and_class(board, reader):
    cat, dog = board.visit(60), board.visit(60, "dog")
    board.store.heard("bark", ns(board.now), ns(board.now), 3, ns(board.now))
    board.pass_time(10)
    assert classes(reader.page(Wanted(kind="visit"))) == ["dog", "cat"]
    assert classes(reader.page(Wanted(class_name="cat"))) == ["cat"]
    assert classes(reader.page(Wanted(after=NOON + cat.end))) == ["bark", "dog", "cat"]
    assert classes(reader.page(Wanted(after=NOON + cat.end + 1))) == ["bark", "dog"]
    assert classes(reader.page(Wanted(before=NOON + dog.begin))) == ["cat"]
    assert classes(reader.page(Wanted(after=-1e300, before=1e300))) == ["bark", "dog", "cat"]


def test_pages_go_over_boots(make_board, reader):
    for number in range(4):
        board = make_board(boot=f"{OTHER_BOOT}{number}"[-36:], wall=NOON + 10_000 * number)
        board.visit(1, f"a{number}")
        board.visit(1, f"b{number}")
        board.close()
    found, cursor = [], None
    while True:
        page = reader.page(limit=3, cursor=cursor)
        found += classes(page)
        cursor = page.next
        if cursor is None:
            break
    assert found == ["b3", "a3", "b2", "a2", "b1", "a1", "b0", "a0"]
    assert classes(reader.page(Wanted(after=NOON + 10_000, before=NOON + 25_000))) == ["b2", "a2", "b1", "a1"]


def test_one_answer_has_500_events_at_most(board, reader):
    for _ in range(510):
        board.store.heard("bark", ns(board.now), ns(board.now), 3, ns(board.now))
    board.pass_time(10)
    page = reader.page(limit=10**9)
    assert len(page.events) == 500 and page.next is not None
    assert len(reader.page(limit=-3).events) == 1


def test_one_event_can_be_had_by_its_id(board, reader):
    visit = board.visit(10)
    assert reader.one(visit.id).class_name == "cat"
    assert [reader.one(id_) for id_ in (visit.id + 1, 0, -1, 2**70)] == [None] * 4


def test_whoever_looks_while_a_commit_is_synced_is_told_of_it_afterwards(board, reader):
    """The log has grown by then, and nothing of it can be read."""
    board.come()
    before = reader.state()
    with open(board.directory / "events.db-shm", "r+b", buffering=0) as index:
        heads = os.pread(index.fileno(), 96, 0)
        board.come()
        after = os.pread(index.fileno(), 96, 0)
        os.pwrite(index.fileno(), heads, 0)  # as it is until the sync is over
        meanwhile, count = reader.state(), len(reader.page().events)
        os.pwrite(index.fileno(), after, 0)
    assert len({before, meanwhile, reader.state()}) == 3
    assert (count, len(reader.page().events)) == (1, 2)


def test_the_state_is_another_after_each_change(board, reader):
    states = [reader.state()]
    for _ in range(3):
        board.come()
        states.append(reader.state())
    assert len(set(states)) == 4
    assert reader.state() == states[-1]


# Days


def at(text, zone=BERLIN):
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.fixture
def in_berlin(make_board, tmp_path):
    def make(text):
        return make_board(now=100.0, wall=at(text) - 100), Reader(tmp_path / "events", BERLIN)

    return make


def test_a_day_counts_what_began_on_it(in_berlin):
    board, reader = in_berlin("2026-11-27T08:00")
    board.visit(100)
    board.visit(50, "dog")
    board.visit(50)
    board.pass_time(86_400)
    board.visit(10, "dog")
    assert [(day.day, day.visits) for day in reader.days()] == [
        ("2026-11-28", {"dog": 1}),
        ("2026-11-27", {"cat": 2, "dog": 1}),
    ]
    day = reader.day("2026-11-27")
    assert day.visits == {"cat": 2, "dog": 1}
    assert day.seconds == pytest.approx({"cat": 152, "dog": 51})
    assert [span.class_name for span in day.spans] == ["cat", "dog", "cat"] and day.is_whole
    assert reader.day("2026-11-26").spans == []


def test_a_visit_over_midnight_lies_in_both_days_and_counts_in_the_first(in_berlin):
    board, reader = in_berlin("2026-11-27T23:59")
    visit = board.come()
    visit.asleep = [(130.0, 190.0)]
    board.pass_time(119, [visit])
    board.leave(visit)
    midnight = at("2026-11-28T00:00")
    first, second = reader.day("2026-11-27"), reader.day("2026-11-28")
    assert (first.visits, second.visits) == ({"cat": 1}, {})
    assert first.spans == [DaySpan(visit.id, "cat", midnight - 60, midnight, False, [(midnight - 30, midnight)])]
    assert second.spans == [DaySpan(visit.id, "cat", midnight, midnight + 60, False, [(midnight, midnight + 30)])]
    assert (first.seconds["cat"], second.seconds["cat"], second.asleep["cat"]) == (60, 60, 30)
    assert [day.day for day in reader.days()] == ["2026-11-27"]


@pytest.mark.parametrize(
    ("evening", "day", "hours"),
    [("2026-10-24T22:00", "2026-10-25", 25), ("2026-03-28T22:00", "2026-03-29", 23)],
)
def test_a_visit_through_the_night_in_which_the_clocks_change_has_its_true_length(in_berlin, evening, day, hours):
    board, reader = in_berlin(evening)
    visit = board.come()
    visit.end = board.now + 30 * 3600
    board.pass_time(60)
    board.now = visit.end
    board.leave(visit)
    found = reader.day(day)
    assert found.seconds["cat"] == hours * 3600 == found.end - found.begin
    assert reader.one(visit.id).end - reader.one(visit.id).begin == pytest.approx(30 * 3600 + 1)


def test_the_hour_that_comes_twice_keeps_the_order_of_its_visits(in_berlin):
    board, reader = in_berlin("2026-10-25T02:30")  # the first time
    board.visit(10, "first")
    board.pass_time(3600)
    board.visit(10, "second")
    spans = reader.day("2026-10-25").spans
    assert [span.class_name for span in spans] == ["first", "second"]
    assert spans[1].begin - spans[0].begin > 3600
    assert {datetime.fromtimestamp(span.begin, BERLIN).hour for span in spans} == {2}


def test_a_day_has_a_bound_and_says_so(in_berlin, monkeypatch):
    monkeypatch.setattr("petcam.events.read.questions.MAX_SPANS", 5)
    board, reader = in_berlin("2026-11-27T08:00")
    for _ in range(7):
        board.visit(1)
    day = reader.day("2026-11-27")
    assert len(day.spans) == 5 and not day.is_whole


def test_what_is_no_day_is_refused(reader):
    with pytest.raises(PetcamError) as raised:
        reader.day("yesterday")
    assert raised.value.code is Code.BAD_REQUEST


# Whoever writes


def test_without_a_database_there_are_no_events(reader):
    assert reader.page().events == reader.days() == [] and reader.one(1) is None
    assert reader.day("2026-11-27").spans == []


def test_another_process_reads_what_is_being_written(board):
    board.come()
    assert ask(board.directory) == "cat+"
    board.come("dog")
    assert ask(board.directory) == "dog+,cat+"


@pytest.fixture
def open_path(tmp_path):
    """So that another user gets to the directory, as in /var/lib."""
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)


def for_all_to_read(directory):
    directory.chmod(0o755)
    for file in directory.iterdir():
        file.chmod(0o644)


def test_who_may_only_read_can_while_the_writer_runs_is_killed_and_has_ended(board, tmp_path, open_path):
    board.visit(5)
    board.come("dog")
    for_all_to_read(board.directory)
    assert ask(board.directory, NOBODY) == "dog+,cat"
    left = board.as_killed(tmp_path / "left")
    for_all_to_read(left)
    before = {file.name: file.read_bytes() for file in left.iterdir()}
    assert "events.db-wal" in before
    assert ask(left, NOBODY) == "dog+,cat"
    assert {file.name: file.read_bytes() for file in left.iterdir()} == before
    left.joinpath("events.db-shm").write_bytes(b"")  # as after a power cut
    assert ask(left, NOBODY) == "dog+,cat"
    board.close()
    assert names(board.directory) == ["events.db"]
    for_all_to_read(board.directory)
    assert ask(board.directory, NOBODY) == "dog+,cat"
    assert names(board.directory) == ["events.db"]


def test_an_empty_log_is_none(board, reader):
    board.visit(5)
    board.close()
    (board.directory / "events.db-wal").touch()
    assert classes(reader.page()) == ["cat"]


def test_without_its_index_a_log_cannot_be_read_and_that_is_said(board, tmp_path):
    board.come()
    left = board.as_killed(tmp_path / "left")
    left.joinpath("events.db-shm").unlink()
    with pytest.raises(PetcamError) as raised:
        Reader(left).page()
    assert raised.value.code is Code.EVENTS_UNREADABLE


@pytest.mark.parametrize("size", [0, 100, 512, 5000])
def test_a_damaged_database_is_an_error_and_never_another(board, tmp_path, size):
    for _ in range(30):
        board.visit(2)
    board.close()
    path = board.directory / "events.db"
    path.write_bytes(path.read_bytes()[:size] + os.urandom(size))
    reader = Reader(board.directory)
    for question in (reader.page, reader.days, lambda: reader.one(3), lambda: reader.day("2026-11-27")):
        try:
            question()
        except PetcamError as error:
            assert error.code is Code.EVENTS_UNREADABLE


def test_many_readers_and_a_writer_that_comes_and_goes_see_whole_events_only(make_board, tmp_path):
    wrong, counts, is_over = [], [], threading.Event()

    def read():
        reader = Reader(tmp_path / "events")
        while not is_over.is_set():
            try:
                page = reader.page(Wanted(kind="visit"), limit=500)
            except PetcamError as error:
                wrong.append(error)
                return
            counts.append(len(page.events))
            wrong.extend(event for event in page.events if event.most != 3 or event.top_score != 0.75)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    now = 100.0
    try:
        for _ in range(8):
            board = make_board(now=now)
            for _ in range(10):
                visit = board.come()
                visit.most, visit.top_score = 3, 0.75
                board.leave(visit)
            board.close()
            now = board.now + 5
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert [event for event in wrong if isinstance(event, PetcamError)] == []
    assert max(counts) > 40
