"""The hour of the first visit, over restarts and reboots."""

import pytest

from petcam.access import FirstHour, Owner
from petcam.access.first_hour import FIRST_HOUR_SECONDS, MARK_INTERVAL_SECONDS


class Board:
    def __init__(self, folder):
        self.folder, self.now, self.boot = folder, 50_000, "boot-1"

    def start(self):
        """The hour as a service has it that starts now."""
        hour = FirstHour(self.folder, self.boot, lambda: self.now)
        hour.begin()
        return hour

    def run(self, hour, seconds):
        """The service runs, and its keeper marks."""
        for _ in range(seconds):
            self.now += 1000
            hour.mark()

    def reboot(self):
        self.boot, self.now = f"{self.boot}x", 10_000


@pytest.fixture
def board(tmp_path):
    return Board(tmp_path / "state")


def test_restarts_do_not_begin_it_anew(board):
    for _ in range(4):
        hour = board.start()
        assert hour.is_open()
        board.now += FIRST_HOUR_SECONDS * 1000 // 4  # then it is killed
    assert not hour.is_open()
    assert not board.start().is_open()


def test_neither_do_reboots_and_power_cuts(board):
    hour = board.start()
    board.run(hour, 40 * 60)
    board.reboot()
    hour = board.start()
    assert hour.is_open()
    board.run(hour, 15 * 60 + 1)
    assert not hour.is_open()
    board.reboot()
    assert not board.start().is_open()


def test_boots_that_are_too_short_to_be_counted_are_charged(board):
    boots = 0
    while board.start().is_open():
        boots += 1
        board.reboot()
        assert boots < 100
    assert boots == FIRST_HOUR_SECONDS // MARK_INTERVAL_SECONDS


def test_it_is_written_down_every_five_minutes(board):
    hour, file = board.start(), board.folder / "first_visit.json"
    first = file.read_text()
    board.run(hour, MARK_INTERVAL_SECONDS - 1)
    assert file.read_text() == first
    board.run(hour, 1)
    assert file.read_text() != first


@pytest.mark.parametrize("text", ["", "{}", '{"boot": "boot-1", "at_ms": -1, "used_s": 0}', "[" * 900])
def test_a_damaged_file_ends_it(board, text):
    board.start()
    (board.folder / "first_visit.json").write_text(text)
    hour = board.start()
    assert not hour.is_open() and "sudo petcam password" in hour.trouble.message


def test_where_it_cannot_be_written_down_it_is_over(board, monkeypatch):
    hour = board.start()
    board.run(hour, MARK_INTERVAL_SECONDS - 1)
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(30, "read-only")))
    board.run(hour, 1)
    assert not hour.is_open() and hour.trouble is not None
    assert not board.start().is_open()


def test_it_is_not_open_before_it_was_begun(board):
    hour = FirstHour(board.folder, board.boot, lambda: board.now)
    assert not hour.is_open() and not Owner(board.folder, hour).is_first_visit()
    assert not board.folder.exists()
