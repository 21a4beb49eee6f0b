"""events.db on a disk with faults: nothing that has happened is lost, and no whole database is set aside."""

import shutil

import pytest

from petcam.events.read import Reader, Wanted
from tests.faults.conftest import TRY_ALL
from tests.unit.events.stand_ins import OTHER_BOOT, Board, names


def classes(directory):
    return [event.class_name for event in Reader(directory).page(Wanted(kind="visit"), limit=500).events][::-1]


@pytest.fixture
def board(disk):
    board = Board(disk.path / "events")
    yield board
    disk.heal()
    board.close()


@pytest.mark.parametrize("fault", ["fill", "make_read_only"])
def test_what_happens_while_nothing_can_be_written_is_written_afterwards(disk, board, fault):
    board.visit(20, "before")
    getattr(disk, fault)()
    for number in range(120):  # more than the log has room for
        board.visit(20, f"meanwhile{number}")
    assert "kept in memory" in board.store.status
    disk.heal()
    board.pass_time(61)
    assert board.store.status == ""
    board.visit(20, "after")
    assert classes(board.directory) == ["before", *(f"meanwhile{number}" for number in range(120)), "after"]
    board.close()
    assert names(board.directory) == ["events.db"]


@pytest.mark.parametrize("fault", ["fill", "make_read_only"])
def test_a_service_that_starts_on_such_a_disk_keeps_what_happens_and_sets_nothing_aside(disk, board, fault):
    visit = board.visit(20, "before")
    board.close()
    getattr(disk, fault)()
    again = Board(board.directory, now=board.now + 5)
    again.visit(20, "meanwhile")
    again.pass_time(600)  # several tries
    assert "kept in memory" in again.store.status
    disk.heal()
    again.pass_time(61)
    assert again.store.status == ""
    again.close()
    assert classes(again.directory) == ["before", "meanwhile"]
    assert Reader(again.directory).page(Wanted(kind="visit")).events[0].id > visit.id
    assert names(again.directory) == ["events.db"]


@pytest.mark.parametrize("errno", ["EIO", "ENOSPC"])
def test_an_operation_that_fails_once_costs_nothing_and_no_database(disk, errno):
    for nth in range(1, 60, 1 if TRY_ALL else 7):
        directory = disk.path / f"events{nth}"
        disk.fail(errno, nth)
        board = Board(directory)
        for name in ("a", "b", "c"):
            board.visit(70, name)
        board.pass_time(61)
        board.close()
        disk.heal()
        assert (classes(directory), board.store.status) == (["a", "b", "c"], ""), nth
        assert names(directory) == ["events.db"], nth


def test_what_a_reader_needs_outlives_a_power_cut_after_the_first_commit(disk):
    disk.track_power()
    board = Board(disk.path / "events")
    left = disk.after_cut(names_synced=True) / "events"
    board.close()
    assert names(left) == ["events.db", "events.db-shm", "events.db-wal"]
    assert Reader(left).page().events == []


def test_a_power_cut_at_any_operation_loses_nothing_older_than_a_minute(disk):
    for nth in range(1, 80, 1 if TRY_ALL else 9):
        board = Board(disk.path / f"events{nth}")
        disk.track_power()
        cut = disk.cut_power(nth)
        done = []
        for name in ("a", "b", "c", "d", "e", "f", "g", "h"):
            board.visit(70, name)
            if board.store.status:
                break
            done.append(name)
        board.close()
        del cut
        for are_synced in (True, False):
            left = disk.after_cut(are_synced) / f"events{nth}"
            again = Board(left, now=10.0, boot=OTHER_BOOT)
            again.visit(20, "after")
            again.close()
            found = classes(left)
            assert found[: len(done)] == done and found[-1] == "after", (nth, are_synced)
            assert names(left) == ["events.db"], (nth, are_synced)
        disk.heal()
        shutil.rmtree(disk.path / f"events{nth}", ignore_errors=True)
