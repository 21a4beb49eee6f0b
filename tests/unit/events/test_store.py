"""What is written, and when; what becomes of it at the next start: docs/events-db.md."""

import sqlite3

import pytest

from petcam.errors import Code, PetcamError
from petcam.events.read import Reader, Wanted
from petcam.events.store import Bounds
from tests.unit.events.stand_ins import NOON, OTHER_BOOT, SECOND, Box, Change, Visit, ns


def events(source, kind="visit"):
    """The oldest first."""
    reader = source if isinstance(source, Reader) else Reader(source)
    return reader.page(Wanted(kind=kind)).events[::-1]


def troubles(source):
    return [event.class_name for event in events(source, "trouble")]


# When it is written


def test_a_visit_is_there_as_soon_as_it_begins(board, reader):
    visit = board.come()
    (event,) = events(reader)
    assert (event.id, event.class_name, event.is_open, event.begin) == (visit.id, "cat", True, NOON + 100)


def test_the_last_box_is_written_once_a_minute(board, reader):
    visit = board.come()
    begun = reader.state()
    board.pass_time(57, [visit])
    assert reader.state() == begun
    board.pass_time(2, [visit])
    assert events(reader)[0].end == pytest.approx(NOON + 159, abs=1)
    board.pass_time(180, [visit])
    assert events(reader)[0].end >= NOON + board.now - 60


def test_what_has_not_changed_is_not_written(board, reader):
    board.come()
    begun = reader.state()
    board.pass_time(600)
    assert reader.state() == begun


def test_a_change_that_matters_is_written_within_ten_seconds_and_another_is_not(board, reader):
    visit = board.come()
    begun = reader.state()
    visit.top_score, visit.end, visit.moved = 0.99, 105.0, 105.0
    board.change(visit)
    board.pass_time(20)
    assert reader.state() == begun
    visit.most = 2
    board.change(visit)
    board.pass_time(11)
    (event,) = events(reader)
    assert (event.most, event.top_score, event.end) == (2, 0.99, NOON + 105)


def test_one_commit_takes_all_that_has_changed(board, reader):
    cat = board.come()
    board.pass_time(30, [cat])
    board.come("dog")
    assert [event.end for event in events(reader)] == [NOON + 131, NOON + 131]


def test_between_two_commits_is_a_second(board, reader):
    board.come()
    board.now -= 0.5
    board.store.take(Change("begin", Visit(9, "dog", board.now, board.now)), ns(board.now))
    board.store.write(ns(board.now))
    assert len(events(reader)) == 1
    board.pass_time(2)
    assert len(events(reader)) == 2


def test_a_visit_is_kept_with_all_that_is_known_of_it(board, reader):
    visit = board.come()
    board.store.kept(visit.number, "petcam_20261127-120135~visit.mp4", ns(95), ns(board.now))
    board.store.kept(visit.number, "petcam_20261127-120135~visit.mp4", ns(95), ns(board.now))
    visit.most, visit.asleep, visit.is_still = 2, [(110.0, 130.0)], True
    visit.best = (120.25, Box("cat", 0.954321, 0.123456, 0.2, 0.3, 0.4))
    board.pass_time(60, [visit])
    board.leave(visit)
    event = reader.one(visit.id)
    assert not event.is_open and event.is_still
    assert (event.end, event.most, event.asleep) == (NOON + 161, 2, [(NOON + 110, NOON + 130)])
    assert event.best == (NOON + 120.25, "cat", 0.954, 0.1235, 0.2, 0.3, 0.4)
    assert event.recordings == [("petcam_20261127-120135~visit.mp4", 5.0)]


def test_a_visit_has_a_hundred_spans_of_sleep_and_files_at_most(board, reader):
    visit = board.come()
    visit.asleep = [(100.0 + 10 * i, 105.0 + 10 * i - i / 100) for i in range(300)]
    for i in range(300):
        board.store.kept(visit.number, f"petcam_{i}.mp4", ns(95), ns(board.now))
    board.leave(visit)
    event = reader.one(visit.id)
    assert len(event.asleep) == len(event.recordings) == 100
    assert event.asleep[0][0] == NOON + 100 and event.asleep[-1][1] == pytest.approx(NOON + 3092.01)


def test_words_that_no_database_takes_are_no_trouble(board, reader):
    board.come("c\udcffa\0t" * 50)
    assert len(events(reader)[0].class_name) <= 64
    assert board.store.status == ""


def test_a_sound_is_an_event(board, reader):
    id_ = board.store.heard("bark", ns(100), ns(101.5), 20, ns(board.now))
    board.pass_time(6)
    event = reader.one(id_)
    assert (event.kind, event.class_name, event.begin, event.end, event.top_score) == (
        *("sound", "bark"),
        *(NOON + 100, NOON + 101.5, 20.0),
    )


# Trouble


def test_trouble_lasts_from_its_begin_to_its_end(board, reader):
    board.store.trouble_begins("camera_silent", ns(board.now), "no picture for 5 s")
    board.store.trouble_begins("camera_silent", ns(board.now))
    board.pass_time(31)
    (event,) = events(reader, "trouble")
    assert event.is_open and event.detail == "no picture for 5 s"
    board.store.trouble_ends("camera_silent", ns(board.now))
    board.pass_time(31)
    (event,) = events(reader, "trouble")
    assert not event.is_open and event.end == NOON + 131


def test_trouble_that_flickers_is_one_event_and_few_writes(board, reader):
    states = set()
    for _ in range(300):
        board.store.trouble_begins("camera_silent", ns(board.now))
        board.pass_time(1)
        board.store.trouble_ends("camera_silent", ns(board.now))
        board.pass_time(1)
        states.add(reader.state())
    assert troubles(reader) == ["camera_silent"]
    assert len(states) <= 22
    board.pass_time(400)
    board.store.trouble_begins("camera_silent", ns(board.now))
    board.pass_time(31)
    assert troubles(reader) == ["camera_silent"] * 2


# The next start


def test_a_restart_in_order_goes_on_with_an_open_visit_and_is_no_trouble(make_board, reader):
    board = make_board()
    visit = board.come()
    board.pass_time(20, [visit])
    board.close()
    again = make_board(now=board.now + 5)
    (resumed,) = again.store.resumed
    assert (resumed.id, resumed.class_name, resumed.begin_ns, resumed.end_ns) == (visit.id, "cat", ns(100), ns(121))
    again.store.resume(resumed, visit)
    again.pass_time(100, [visit])
    again.leave(visit)
    (event,) = events(reader)
    assert (event.begin, event.end, event.is_open) == (NOON + 100, NOON + 226, False)
    assert troubles(reader) == []


def test_a_visit_that_nobody_resumes_ends_at_its_last_kept_box(make_board, reader):
    board = make_board()
    visit = board.come()
    board.pass_time(20, [visit])
    board.close()
    make_board(now=board.now + 5).pass_time(2)
    (event,) = events(reader)
    assert not event.is_open and event.end == NOON + 121


def test_after_a_kill_it_goes_on_and_says_that_it_was_killed(make_board, tmp_path):
    board = make_board()
    visit = board.come()
    board.pass_time(58, [visit])
    left = board.as_killed(tmp_path / "left")
    again = make_board(left, now=board.now + 2)
    assert [event.end_ns for event in again.store.resumed] == [ns(board.now)]
    again.pass_time(2)
    assert troubles(left) == ["service_restarted"]


def test_a_visit_that_is_too_old_is_not_resumed(make_board, tmp_path):
    board = make_board()
    board.come()
    left = board.as_killed(tmp_path / "left")
    again = make_board(left, now=board.now + 91)
    assert again.store.resumed == []
    assert [(event.is_open, event.end) for event in events(left)] == [(False, NOON + 100)]


def test_a_power_cut_ends_what_was_open_and_is_trouble(make_board, tmp_path):
    board = make_board(now=5000.0)
    visit = board.come()
    board.store.trouble_begins("camera_silent", ns(board.now))
    board.pass_time(59, [visit])
    left = board.as_killed(tmp_path / "left")
    again = make_board(left, now=20.0, boot=OTHER_BOOT, wall=NOON + 9000)
    assert again.store.resumed == []
    again.pass_time(2)
    assert [(event.is_open, event.end) for event in events(left)] == [(False, NOON + 5060)]
    silent, cut = events(left, "trouble")
    assert (silent.is_open, silent.end) == (False, NOON + 5060)
    assert (cut.class_name, cut.begin) == ("power_cut", NOON + 9020)


def test_a_restart_of_the_board_in_order_is_no_trouble(make_board, reader):
    board = make_board()
    board.come()
    board.close()
    again = make_board(now=20.0, boot=OTHER_BOOT, wall=NOON + 9000)
    again.pass_time(2)
    assert troubles(reader) == []
    assert not events(reader)[0].is_open


def test_no_id_is_given_twice_also_where_the_newest_was_deleted(make_board, reader):
    board = make_board()
    first, second = board.visit(10), board.visit(10)
    assert board.store.delete(second.id) and not board.store.delete(second.id)
    assert [event.id for event in events(reader)] == [first.id]
    board.close()
    assert make_board(now=board.now + 5).come().id > second.id


def test_what_goes_on_cannot_be_deleted(board):
    assert not board.store.delete(board.come().id)


def test_a_deletion_that_cannot_be_written_is_an_error(board, monkeypatch):
    visit = board.visit(10)
    make_broken(monkeypatch)
    with pytest.raises(PetcamError) as raised:
        board.store.delete(visit.id)
    assert raised.value.code is Code.STATE_NOT_WRITTEN


# Time


def test_a_board_of_1970_has_the_right_hours_once_it_learns_the_time(board, make_board, reader):
    board.close()
    board = make_board(boot=OTHER_BOOT, wall=0, synchronised=False)
    board.visit(60)
    assert events(reader)[0].trust == "guessed"
    board.wall, board.synchronised = NOON, True
    assert not board.store.look_at_clock(board.reading())
    board.pass_time(1)
    (event,) = events(reader)
    assert (event.trust, event.begin, event.end) == ("sure", NOON + 100, NOON + 161)


def test_a_clock_that_is_set_back_moves_what_was_and_keeps_its_length(board, reader):
    board.visit(60)
    board.wall -= 7200
    board.store.look_at_clock(board.reading())
    board.pass_time(1)
    (event,) = events(reader)
    assert (event.begin, event.end) == (NOON - 7100, NOON - 7039)


def test_a_suspended_machine_ends_what_was_open_and_has_the_right_hours_before_and_after(board, reader):
    visit = board.come()
    board.pass_time(20, [visit])
    board.slept, board.wall = 3600.0, NOON + 3600
    assert board.store.look_at_clock(board.reading())
    assert not board.store.look_at_clock(board.reading())
    board.pass_time(10)
    board.come("dog")
    cat, dog = events(reader)
    assert (cat.is_open, cat.begin, cat.end) == (False, NOON + 100, NOON + 121)
    assert (dog.is_open, dog.begin) == (True, NOON + 3600 + 131)


def test_trouble_after_a_sleep_is_another_than_before(board, reader):
    board.store.trouble_begins("disk", ns(board.now))
    board.pass_time(31)
    board.slept, board.wall = 3600.0, NOON + 3600
    board.store.look_at_clock(board.reading())
    board.store.trouble_begins("disk", ns(board.now))
    board.pass_time(31)
    before, after = events(reader, "trouble")
    assert (before.is_open, after.is_open) == (False, True)
    assert after.boot == before.boot + 1 and after.begin == NOON + 3600 + 131


def test_a_restart_after_a_sleep_is_told_from_one_without(make_board, reader):
    board = make_board()
    board.come()
    board.close()
    again = make_board(now=board.now + 2, slept=3600.0)
    assert again.store.resumed == []
    assert not events(reader)[0].is_open


# Bounds


def test_of_too_many_events_the_oldest_go_by_kind(make_board, reader):
    board = make_board(bounds=Bounds(visits=5, troubles=2))
    for _ in range(9):
        board.visit(3)
        board.store.trouble_begins("disk", ns(board.now))
        board.store.trouble_ends("disk", ns(board.now))
        board.pass_time(400)
    board.pass_time(6 * 3600 + 10)
    assert len(events(reader)) == 5 and len(troubles(reader)) == 2
    assert board.come().id > events(reader)[-2].id


def test_old_events_go_only_while_the_clock_is_synchronised(make_board, reader):
    board = make_board(bounds=Bounds(keep_days=30))
    board.visit(3)
    board.close()
    later = {"boot": OTHER_BOOT, "bounds": Bounds(keep_days=30), "wall": NOON + 31 * 86_400}
    board = make_board(synchronised=False, **later)
    board.pass_time(5)
    assert len(events(reader)) == 1
    board.close()
    make_board(now=board.now + 5, **later).pass_time(5)
    assert events(reader) == []


def test_an_open_visit_never_goes(make_board, reader):
    board = make_board(bounds=Bounds(visits=1))
    board.come()
    board.visit(3)
    board.visit(3)
    board.pass_time(6 * 3600 + 10)
    assert [event.is_open for event in events(reader)] == [True]


def test_the_file_has_a_bound_in_bytes(make_board, reader, monkeypatch):
    monkeypatch.setattr("petcam.events.store.schema.MAX_PAGES", 200)
    monkeypatch.setattr("petcam.events.store.tidy.FULL_PAGES", 180)
    board = make_board()
    for _ in range(600):
        board.visit(1)
        board.store._tidy_due_ns = 0
    assert board.store.status == ""
    board.close()
    assert (board.directory / "events.db").stat().st_size <= 200 * 512
    assert 100 < len(reader.page(limit=500).events) < 600


# What cannot be written


def make_broken(monkeypatch, message="database or disk is full"):

    def fail(*_):
        raise sqlite3.OperationalError(message)

    monkeypatch.setattr("petcam.events.store.rows.put_events", fail)
    monkeypatch.setattr("petcam.events.store.rows.put_boots", fail)


def test_what_cannot_be_written_now_is_written_later(board, reader, monkeypatch, caplog):
    with monkeypatch.context() as broken:
        make_broken(broken)
        visits = [board.visit(20) for _ in range(5)]
        assert "full" in board.store.status
        assert events(reader) == []
    assert len([record for record in caplog.records if "full" in record.message]) == 1
    board.pass_time(61)
    assert board.store.status == ""
    assert [(event.begin, event.end) for event in events(reader)] == [
        (NOON + visit.begin, NOON + visit.end) for visit in visits
    ]


def test_what_is_kept_in_memory_has_a_bound_and_trouble_goes_first(board, reader, monkeypatch):
    with monkeypatch.context() as broken:
        make_broken(broken)
        for _ in range(600):
            board.visit(1)
        for number in range(500):
            board.store.trouble_begins(f"what {number}", ns(board.now))
            board.store.trouble_ends(f"what {number}", ns(board.now))
        for _ in range(450):
            board.visit(1)
        assert "550 were lost" in board.store.status
    board.pass_time(61)
    page = reader.page(limit=500)
    count = len(page.events)
    while page.next:
        page = reader.page(limit=500, cursor=page.next)
        count += len(page.events)
    assert count == 1000
    assert troubles(reader) == []


def test_events_from_before_the_database_could_be_made_get_their_ids_then(tmp_path, make_board, reader):
    (tmp_path / "events").write_text("in the way of the folder")
    board = make_board()
    assert board.come().id == 0
    board.visit(20)
    (tmp_path / "events").unlink()
    board.pass_time(61)
    assert [event.id for event in events(reader)] == [1, 2]
    assert board.store.status == ""


def test_what_was_not_adopted_is_not_written_into(make_board, reader, monkeypatch):
    with monkeypatch.context() as broken:
        make_broken(broken)
        board = make_board()
        board.visit(20)
    board.pass_time(61)
    (event,) = events(reader)
    assert (event.id, event.boot) == (1, 1)


def test_a_second_writer_waits_and_says_so(board, make_board, reader):
    second = make_board()
    second.visit(10)
    assert "another petcam-events" in second.store.status
    assert events(reader) == []
    board.close()
    second.pass_time(61)
    assert len(events(reader)) == 1 and second.store.status == ""


def test_a_database_that_somebody_deletes_is_made_anew(board, reader):
    cat = board.come()
    for file in board.directory.iterdir():
        file.unlink()
    dog = board.come("dog")
    board.pass_time(10)
    assert [event.id for event in events(reader)] == [cat.id, dog.id]


def test_a_database_in_whose_place_somebody_puts_another_is_not_written_to(board, reader, tmp_path):
    board.visit(20)
    board.as_killed(tmp_path / "copy")
    cat = board.come()
    for file in (tmp_path / "copy").glob("events.db*"):
        file.replace(board.directory / file.name)
    dog = board.come("dog")
    board.pass_time(10)
    assert [event.id for event in events(reader)][1:] == [cat.id, dog.id]


def test_nobody_but_its_owner_may_write_it_and_the_group_may_read(board):
    board.come()
    files = {file.name: file.stat().st_mode & 0o777 for file in board.directory.iterdir()}
    assert files.pop(".events.db.lock") == 0o600
    assert files == dict.fromkeys(("events.db", "events.db-wal", "events.db-shm"), 0o640)


def test_times_beyond_a_float_of_seconds_are_exact(board, reader):
    board.now = 40 * 86_400.0 + 0.123456789
    visit = board.come()
    assert abs(reader.one(visit.id).begin_ns - (40 * 86_400 * SECOND + 123456789)) <= 1
