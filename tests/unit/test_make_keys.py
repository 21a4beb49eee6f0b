"""The keys and the mark of an installed board, by the script that makes them: ``debian/bin/make-keys``."""

import os
import subprocess
from pathlib import Path

import pytest

from petcam.access.keys import MAX_KEY_BYTES, MIN_KEY_BYTES
from petcam.access.place import CREDENTIAL, KIND, Place

SCRIPT = Path(__file__).parents[2] / "debian/bin/make-keys"
NAMES = ("session.key", "token.key")


class Board:
    def __init__(self, folder):
        self.secrets, self.machine_id, self.certificate = folder / "secrets", folder / "machine-id", folder / "tls.pem"
        self.machine_id.write_text("a" * 32 + "\n")
        self.serial = folder / "serial-number"
        self.certificate.touch()
        self.state = folder / "state"
        self.state.mkdir()

    def boot(self):
        """What the script prints."""
        command = [SCRIPT, self.secrets, self.machine_id, self.certificate, self.state, self.serial]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def keys(self):
        return [(self.secrets / name).read_bytes() for name in NAMES]

    def mark(self):
        """As systemd hands it to petcam-web."""
        path = self.secrets / CREDENTIAL
        return path.read_text().strip() if path.exists() else None

    def may_be_new(self):
        return Place(self.state, self.mark()).trouble() is None


@pytest.fixture
def board(tmp_path):
    return Board(tmp_path)


def test_each_is_made_once_for_root_alone(board):
    assert board.boot().count("petcam: made") == 2
    keys = board.keys()
    assert len(set(keys)) == 2 and [len(key) for key in keys] == [MIN_KEY_BYTES] * 2
    assert {oct(path.stat().st_mode & 0o777) for path in board.secrets.iterdir()} == {"0o600"}
    assert board.secrets.stat().st_mode & 0o777 == 0o700
    assert board.boot() == "" and board.keys() == keys
    assert board.certificate.exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"k" * (MIN_KEY_BYTES - 1)),
        lambda path: path.write_bytes(b"k" * (MAX_KEY_BYTES + 1)),
        lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
        lambda path: (path.unlink(), path.symlink_to("nowhere")),
        lambda path: (path.unlink(), os.mkfifo(path)),
        lambda path: (path.unlink(), path.mkdir(), (path / "something").touch()),
    ],
    ids=["missing", "empty", "short", "large", "link", "broken link", "pipe", "directory"],
)
def test_a_damaged_one_is_made_anew_and_the_other_stays(board, damage):
    board.boot()
    session, token = board.keys()
    damage(board.secrets / "session.key")
    assert board.boot().count("petcam: made") == 1
    made, kept = board.keys()
    assert kept == token and made != session and len(made) == MIN_KEY_BYTES
    assert not (board.secrets / "session.key").is_symlink()


def test_a_copied_card_has_keys_of_its_own_on_another_board(board):
    board.boot()
    before = board.keys()
    board.machine_id.write_text("b" * 32 + "\n")
    assert "another board's" in board.boot()
    after = board.keys()
    assert not set(before) & set(after)
    assert not board.certificate.exists()
    assert board.boot() == "" and board.keys() == after


def test_so_has_one_that_was_copied_bit_by_bit(board):
    board.serial.write_bytes(b"10000000a1b2c3d4\0")
    board.boot()
    before = board.keys()
    board.serial.unlink()  # as after a kernel that does not tell
    assert board.boot() == "" and board.keys() == before
    board.serial.write_bytes(b"10000000ffffffff\0")
    assert "another board's" in board.boot()
    assert not set(before) & set(board.keys())
    assert board.boot() == ""


@pytest.mark.parametrize("text", [None, "", "uninitialized\n"])
def test_without_a_machines_id_keys_are_kept(board, text):
    board.boot()
    keys = board.keys()
    board.machine_id.unlink()
    if text is not None:
        board.machine_id.write_text(text)
    assert board.boot() == "" and board.keys() == keys
    board.machine_id.write_text("a" * 32 + "\n")
    assert board.boot() == "" and board.keys() == keys


def test_keys_of_an_older_package_stay(board):
    board.secrets.mkdir()
    for name in NAMES:
        (board.secrets / name).write_bytes(os.urandom(32))
    keys = board.keys()
    board.boot()
    assert board.keys() == keys


def test_what_a_power_cut_left_unfinished_goes(board):
    board.boot()
    (board.secrets / ".session.key.0123456789abcdef").write_bytes(b"k")
    board.boot()
    assert sorted(path.name for path in board.secrets.iterdir()) == ["board", "place", *NAMES]


def test_the_script_has_the_limits_of_the_code():
    assert f"MIN_BYTES={MIN_KEY_BYTES} MAX_BYTES={MAX_KEY_BYTES}" in SCRIPT.read_text()


def test_a_new_board_gets_both_halves_of_the_mark_once(board):
    assert "petcam: marked" in board.boot()
    assert len(board.mark()) == 32 and board.may_be_new()
    assert (board.state / KIND.name).stat().st_mode & 0o777 == 0o644  # for petcam-web
    mark = board.mark()
    assert board.boot() == "" and board.mark() == mark


def test_a_copied_card_keeps_its_mark(board):
    board.boot()
    board.machine_id.write_text("b" * 32 + "\n")
    board.boot()
    assert board.may_be_new()


@pytest.mark.parametrize("content", [None, "f" * 32 + "\n", ""])
def test_a_state_that_has_lost_its_half_gets_none(board, content):
    board.boot()
    (board.state / KIND.name).unlink()
    (board.state / "owner.json").touch()
    if content is not None:
        (board.state / KIND.name).write_text(content)
    assert board.boot() == "" and not board.may_be_new()


def test_who_deletes_the_other_half_begins_anew(board):
    board.boot()
    (board.state / KIND.name).unlink()
    (board.secrets / CREDENTIAL).unlink()
    board.boot()
    assert board.may_be_new()


@pytest.mark.parametrize(("left", "is_marked"), [("owner.json", True), ("first_visit.json", True), (None, False)])
def test_the_state_of_an_older_package_is_marked_unless_its_disk_may_be_missing(board, left, is_marked):
    board.secrets.mkdir()
    for name in NAMES:
        (board.secrets / name).write_bytes(os.urandom(32))
    if left:
        (board.state / left).touch()
    board.boot()
    assert board.mark() and board.may_be_new() is is_marked
    board.boot()
    assert board.may_be_new() is is_marked


@pytest.mark.parametrize("content", ["", "f" * 31 + "\n", "F" * 32 + "\n", "f" * 32 + "\nx"])
def test_a_damaged_half_is_made_anew_for_a_state_that_is_there(board, content):
    board.boot()
    (board.secrets / CREDENTIAL).write_text(content)
    board.boot()
    assert board.mark() != content.strip() and not board.may_be_new()  # nothing was set up: its disk may be missing
    (board.secrets / CREDENTIAL).write_text(content)
    (board.state / "owner.json").touch()
    board.boot()
    assert board.may_be_new()


def test_a_state_that_cannot_be_written_now_is_marked_by_a_later_start(board):
    board.state.rmdir()
    assert "petcam: made" in board.boot() and board.mark() is None
    board.state.mkdir()
    board.boot()
    assert board.mark() and board.may_be_new()


def test_what_a_power_cut_left_of_the_mark_goes(board):
    board.boot()
    (board.state / f".{KIND.name}.0123456789abcdef").touch()
    (board.secrets / ".place.0123456789abcdef").touch()
    board.boot()
    assert [path.name for path in board.state.iterdir()] == [KIND.name]
    assert sorted(path.name for path in board.secrets.iterdir()) == ["board", "place", *NAMES]
