"""The password's hash and the session key on disk."""

import json
import stat

import pytest

from petcam.web.owner import LONGEST, Owner
from petcam.web.secret_file import state_directory


@pytest.fixture
def owner(tmp_path):
    return Owner(tmp_path / "state")


def test_it_knows_the_password_and_no_other(owner):
    owner.set_password("correct horse")
    assert owner.verify("correct horse")
    assert not owner.verify("correct horsf")
    assert not owner.verify("")


def test_it_lets_nobody_in_while_no_password_is_set(owner):
    assert owner.generation() == ""
    assert not owner.verify("")


def test_it_keeps_a_salted_hash_that_only_its_user_may_read(owner, tmp_path):
    owner.set_password("correct horse")
    file = tmp_path / "state" / "owner.json"
    first = json.loads(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "correct horse" not in file.read_text()
    owner.set_password("correct horse")
    second = json.loads(file.read_text())
    assert all(first[key] != second[key] for key in ("salt", "hash", "generation"))


def test_it_makes_the_session_key_once(owner, tmp_path):
    key = owner.session_key()
    assert len(key) == 32
    assert Owner(tmp_path / "state").session_key() == key
    assert stat.S_IMODE((tmp_path / "state" / "session.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("password", ["", "short", "x" * (LONGEST + 1)])
def test_it_refuses_a_password_of_the_wrong_length(owner, password):
    with pytest.raises(ValueError, match="8 to 1024 characters"):
        owner.set_password(password)
    assert owner.generation() == ""


def test_it_leaves_no_half_written_file_behind(owner, tmp_path, monkeypatch):
    owner.set_password("correct horse")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        owner.set_password("another horse")
    assert owner.verify("correct horse")
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["owner.json"]


def test_it_finds_the_state_directory_that_systemd_gives(monkeypatch, tmp_path):
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}:/elsewhere")
    assert state_directory() == tmp_path
    monkeypatch.delenv("STATE_DIRECTORY")
    assert str(state_directory()) == "/var/lib/petcam"
