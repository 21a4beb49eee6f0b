"""The keys of an installed board, by the script that makes them: ``debian/bin/make-keys``."""

import os
import subprocess
from pathlib import Path

import pytest

from petcam.access.keys import MAX_KEY_BYTES, MIN_KEY_BYTES

SCRIPT = Path(__file__).parents[2] / "debian/bin/make-keys"
NAMES = ("session.key", "token.key")


class Board:
    def __init__(self, folder):
        self.secrets, self.machine_id, self.certificate = folder / "secrets", folder / "machine-id", folder / "tls.pem"
        self.machine_id.write_text("a" * 32 + "\n")
        self.certificate.touch()

    def boot(self):
        """What the script prints."""
        command = [SCRIPT, self.secrets, self.machine_id, self.certificate]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def keys(self):
        return [(self.secrets / name).read_bytes() for name in NAMES]


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
    (board.secrets / ".session.key.halfwritten").write_bytes(b"k")
    board.boot()
    assert sorted(path.name for path in board.secrets.iterdir()) == ["board", *NAMES]


def test_the_script_has_the_limits_of_the_code():
    assert f"MIN_BYTES={MIN_KEY_BYTES} MAX_BYTES={MAX_KEY_BYTES}" in SCRIPT.read_text()
