"""Sessions: how long they live, how they end, and what of them is on the disk when."""

import errno
import json
import os
import threading

import pytest

from petcam.access import Role, StateFile, unsealed
from petcam.errors import Code, PetcamError
from petcam.web.login import Keeper
from petcam.web.login.sessions import (
    DAY_MS,
    KIND,
    MARK_INTERVAL_MS,
    MAX_SESSION_MS,
    MAX_SESSIONS_PER_ROLE,
    MAX_UNUSED_MS,
    SAVE_PAUSE_MS,
    Sessions,
)

GENERATION = "0f" * 16


class Board:
    """A board with one folder of state: its time, its boots, its passwords."""

    def __init__(self, folder):
        self.folder, self.now, self.boot, self.wall_time = folder, 1_000_000, "boot-1", 1e9
        self.generations = {role: GENERATION for role in Role}
        self.told = []

    def sessions(self):
        """As a service has them that starts now."""
        return Sessions(self.folder, self._generation, self.boot, lambda: self.now, lambda: self.wall_time)

    def keeper(self, sessions):
        class NoFirstHour:
            def mark(self):
                pass

        return Keeper(sessions, NoFirstHour(), self.told.append)

    def _generation(self, role):
        found = self.generations[role]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def board(tmp_path):
    return Board(tmp_path / "state")


@pytest.fixture
def sessions(board):
    return board.sessions()


def begin(sessions, role=Role.OWNER):
    return sessions.begin(role, GENERATION)


def on_disk(board):
    return unsealed((board.folder / "sessions.json").read_bytes())["sessions"]


def fail(monkeypatch, number, *functions):
    """Let the functions of ``os`` fail; returns the names of those that were called."""
    called = []

    def failing(name):
        def function(*_, **__):
            called.append(name)
            raise OSError(number, os.strerror(number))

        return function

    for name in functions:
        monkeypatch.setattr(f"os.{name}", failing(name))
    return called


def test_a_session_ends_unused_after_30_days_and_in_any_case_after_180(board, sessions):
    used, unused = begin(sessions), begin(sessions)
    for _ in range(6):
        assert sessions.find(used)
        board.now += MAX_UNUSED_MS - 1
    assert sessions.find(unused) is None
    board.now += 5
    assert sessions.find(used) is None


@pytest.mark.parametrize("years", [4, -4, -40])
def test_a_clock_that_is_set_ends_no_session_and_makes_none_longer(board, sessions, years):
    token = begin(sessions)
    sessions.save()
    board.wall_time += years * 365 * 86400
    restarted = board.sessions()
    assert restarted.find(token).seconds_left(board.now) == MAX_SESSION_MS / 1000
    board.now += MAX_UNUSED_MS
    assert restarted.find(token) is None


def test_a_session_counts_the_time_that_the_board_ran_over_all_its_boots(board, sessions):
    token = begin(sessions)
    for number in range(6):
        board.now += 29 * DAY_MS
        sessions.find(token)
        sessions.save()
        board.boot = f"boot-{number + 2}"
        board.now = board.now + 50 * DAY_MS if number % 2 else 5_000  # what the other boot has run is nothing to this
        sessions = board.sessions()
        assert sessions.find(token).seconds_left(board.now) == (MAX_SESSION_MS - (number + 1) * 29 * DAY_MS) / 1000
    board.now += 6 * DAY_MS
    assert sessions.find(token) is None


def test_the_time_that_the_service_was_down_counts_within_a_boot(board, sessions):
    token = begin(sessions)
    sessions.save()
    board.now += MAX_UNUSED_MS - 1
    assert board.sessions().find(token)
    board.now += 1
    assert board.sessions().find(token) is None


def test_how_old_sessions_are_is_written_every_six_hours(board, sessions):
    begin(sessions)
    sessions.save()
    before = (board.folder / "sessions.json").stat().st_ino
    board.now += MARK_INTERVAL_MS - 1
    sessions.save_if_due()
    assert (board.folder / "sessions.json").stat().st_ino == before
    board.now += 1
    sessions.save_if_due()
    assert [row["lived_s"] for row in on_disk(board)] == [MARK_INTERVAL_MS // 1000]


def test_it_keeps_the_sessions_that_an_older_petcam_wrote(board):
    file = board.folder / "sessions.json"
    board.folder.mkdir()
    day = 86400

    def row(name, started, seen):
        kept = {"hash": name * 64, "id": name * 32, "role": "owner", "generation": GENERATION}
        return {**kept, "started": started, "seen": seen}

    rows = [
        row("a", board.wall_time - 10 * day, board.wall_time - 1.5),
        row("b", board.wall_time + 1500 * day, board.wall_time + 1500 * day),  # the clock was years ahead
        row("c", board.wall_time - 181 * day, board.wall_time),  # too old
        row("d", board.wall_time - 31 * day, board.wall_time - 30 * day),  # unused for too long
    ]
    file.write_text(json.dumps({"sessions": rows}))
    found = board.sessions()
    assert found.trouble is None
    left = {session.hash[0]: session.seconds_left(board.now) for session in found._sessions.values()}
    assert left == {"a": 170 * day, "b": 180 * day}


def test_sessions_are_stored_without_tokens_and_written_rarely(board, sessions):
    token = begin(sessions)
    sessions.save()
    file = board.folder / "sessions.json"
    assert token not in file.read_text()
    before = file.stat().st_ino
    for _ in range(100):
        assert sessions.find(token)
        sessions.save_if_due()
    assert file.stat().st_ino == before


def test_many_logins_are_written_once_and_in_the_background(board, sessions, monkeypatch):
    written = []
    monkeypatch.setattr(StateFile, "write_document", lambda self, document: written.append(document))
    for _ in range(50):
        begin(sessions)
        sessions.save_if_due()
    assert written == []
    board.now += SAVE_PAUSE_MS
    for _ in range(50):
        sessions.save_if_due()
    assert [len(document["sessions"]) for document in written] == [50]


def test_many_viewers_log_no_owner_out(board, sessions):
    owner, first = begin(sessions), begin(sessions, Role.VIEWER)
    for _ in range(2 * MAX_SESSIONS_PER_ROLE + 10):
        board.now += 1
        begin(sessions, Role.VIEWER)
    assert sessions.find(owner)
    assert sessions.find(first) is None
    sessions.save()
    assert len(on_disk(board)) == MAX_SESSIONS_PER_ROLE + 1


def expire_unused(board, sessions):
    board.now += MAX_UNUSED_MS


def expire_of_age(board, sessions):
    for session in sessions._sessions.values():
        sessions._seen_ms[session.hash] = board.now + MAX_SESSION_MS
    board.now += MAX_SESSION_MS


def push_out(board, sessions):
    for _ in range(MAX_SESSIONS_PER_ROLE):
        board.now += 1
        begin(sessions)


def change_password_elsewhere(board, sessions):
    board.generations[Role.OWNER] = "1e" * 16


def remove_password_elsewhere(board, sessions):
    board.generations[Role.OWNER] = ""


@pytest.mark.parametrize(
    "end", [expire_unused, expire_of_age, push_out, change_password_elsewhere, remove_password_elsewhere]
)
def test_the_streams_of_a_session_that_ends_by_itself_are_ended_once(board, sessions, end):
    session = sessions.find(begin(sessions))
    keeper = board.keeper(sessions)
    keeper.tend()
    assert board.told == []
    end(board, sessions)
    for _ in range(3):
        keeper.tend()
    assert board.told == [session.id]


def test_the_keeper_tends_by_itself_and_writes_when_it_stops(board, sessions):
    told = threading.Event()
    token = begin(sessions)
    keeper = board.keeper(sessions)
    keeper._end_streams = lambda session: told.set()
    keeper.start()
    board.generations[Role.OWNER] = "1e" * 16
    assert told.wait(30)
    assert keeper.is_alive()
    begin(sessions)
    keeper.stop()
    assert not keeper.is_alive()
    assert len(on_disk(board)) == 1 and sessions.find(token) is None


def test_no_session_is_good_and_none_ends_while_the_passwords_cannot_be_read(board, sessions):
    token, keeper = begin(sessions), board.keeper(sessions)
    board.generations[Role.OWNER] = PetcamError(Code.STATE_DAMAGED, "too many open files")
    assert sessions.find(token) is None
    keeper.tend()
    board.generations[Role.OWNER] = GENERATION
    assert sessions.find(token) and board.told == []


def test_an_ended_session_stays_ended_after_a_crash(board, sessions):
    token = begin(sessions)
    sessions.save()
    sessions.end(sessions.find(token))
    sessions.make_durable()
    assert board.sessions().find(token) is None


@pytest.mark.parametrize("number", [errno.EROFS, errno.EIO])
def test_an_end_that_the_disk_does_not_keep_holds_at_once_and_is_said(board, sessions, monkeypatch, number):
    token = begin(sessions)
    sessions.save()
    with monkeypatch.context() as broken:
        fail(broken, number, "fsync")
        sessions.end(sessions.find(token))
        with pytest.raises(PetcamError) as caught:
            sessions.make_durable()
    assert caught.value.code is Code.STATE_NOT_WRITTEN
    assert sessions.find(token) is None
    board.now += SAVE_PAUSE_MS
    sessions.save_if_due()  # the keeper goes on trying
    assert board.sessions().find(token) is None


def test_on_a_full_disk_an_end_lasts_at_the_price_of_all_logins(board, sessions, monkeypatch):
    token, other = begin(sessions), begin(sessions)
    sessions.save()
    with monkeypatch.context() as full:
        full.setattr(StateFile, "_write_temporary", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        sessions.end(sessions.find(token))
        sessions.make_durable()
    assert not (board.folder / "sessions.json").exists()
    assert sessions.find(other)
    board.now += SAVE_PAUSE_MS
    sessions.save_if_due()  # there is room again
    again = board.sessions()
    assert again.find(other) and again.find(token) is None


def test_no_login_and_no_request_waits_for_a_slow_disk(board, sessions, monkeypatch):
    token = begin(sessions)
    syncing, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr("os.fsync", lambda fd: (syncing.set(), go_on.wait(30)))
    writer = threading.Thread(target=sessions.save)
    writer.start()
    assert syncing.wait(30)
    assert sessions.find(token) and sessions.find(begin(sessions))
    sessions.end(sessions.find(token))
    assert sessions.find(token) is None and sessions.take_ended() == []
    assert writer.is_alive()
    waiting = [threading.Thread(target=sessions.make_durable) for _ in range(5)]
    for thread in waiting:
        thread.start()
    assert all(thread.is_alive() for thread in waiting)
    go_on.set()
    for thread in (writer, *waiting):
        thread.join(30)
    assert len(on_disk(board)) == 1


def test_a_damaged_file_logs_nobody_in_and_is_replaced(board):
    board.folder.mkdir()
    row = {"hash": "a" * 64, "id": "b" * 32, "role": "owner", "generation": GENERATION, "started": 1e9, "seen": 1e9}
    rows = [
        *[{}, [], {**row, "role": "king"}, {**row, "role": []}, {**row, "hash": ["a"]}, {**row, "started": True}],
        *[{**row, "seen": "1e9"}, {**row, "more": 1}, {**row, "hash": "a"}, [row], None, {**row, "seen": 1e999}],
    ]
    texts = ["", "{", "[]", "null", '{"sessions": {}}', "[" * 100_000, '{"sessions": [NaN]}', "\ufeff{}"]
    texts += [json.dumps({"sessions": [each]}) for each in rows] + ['{"sessions": [], "sessions": []}']
    for text in texts:
        (board.folder / "sessions.json").write_text(text)
        sessions = board.sessions()
        assert sessions.trouble is not None and sessions.trouble.code is Code.STATE_DAMAGED, text
        token = begin(sessions)
        sessions.save()
        assert sessions.trouble is None and board.sessions().find(token)


def test_no_accident_to_the_file_lets_anybody_in_or_makes_a_session_longer(board, sessions):
    """Cut at each length, and each bit flipped."""
    begin(sessions)
    sessions.save()
    data = (board.folder / "sessions.json").read_bytes()
    cut = [data[:length] for length in range(len(data))]
    flipped = [
        data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :] for at in range(len(data)) for bit in range(8)
    ]
    file = StateFile(board.folder, KIND)
    for text in cut + flipped:
        file.path.write_bytes(text)
        found = board.sessions()
        assert found.trouble is not None or len(found._sessions) == 0 or text == data
