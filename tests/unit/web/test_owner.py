"""The password files."""

import hashlib
import json
import os
import stat

import pytest

from petcam.access import FirstHour, state_directory
from petcam.access.first_hour import FIRST_HOUR_SECONDS
from petcam.access.owner import Owner, Role
from petcam.access.password_file import MAX_LENGTH
from petcam.errors import Code, PetcamError


@pytest.fixture
def owner(tmp_path):
    return Owner(tmp_path / "state")


def test_it_accepts_the_password_and_no_other(owner):
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


@pytest.mark.parametrize("password", ["", "short", "x" * (MAX_LENGTH + 1)])
def test_it_refuses_a_password_of_the_wrong_length(owner, password):
    with pytest.raises(PetcamError, match="8 to 1024 characters"):
        owner.set_password(password)
    assert owner.generation() == ""


def test_a_failed_write_leaves_the_old_password_and_no_temporary_file(owner, tmp_path, monkeypatch):
    owner.set_password("correct horse")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(PetcamError, match="nothing was changed: disk full") as caught:
        owner.set_password("another horse")
    assert caught.value.code is Code.STATE_NOT_WRITTEN
    assert owner.verify("correct horse")
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["owner.json"]


def test_it_finds_the_state_directory_that_systemd_gives(monkeypatch, tmp_path):
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}:/elsewhere")
    assert state_directory() == tmp_path
    monkeypatch.delenv("STATE_DIRECTORY")
    assert str(state_directory()) == "/var/lib/petcam"


def test_viewers_have_a_second_password_that_works_only_while_the_owners_is_set(owner, tmp_path):
    owner.set_password("correct horse")
    owner.set_viewer_password("watching horse")
    assert (owner.verify("correct horse"), owner.verify("watching horse")) == (Role.OWNER, Role.VIEWER)
    with pytest.raises(PetcamError, match="another password"):
        owner.set_viewer_password("correct horse")
    (tmp_path / "state" / "owner.json").unlink()
    assert owner.verify("watching horse") is None and owner.generation(Role.VIEWER) == ""
    owner.set_password("correct horse")
    owner.remove_viewer_password()
    assert owner.verify("watching horse") is None and owner.generation(Role.VIEWER) == ""


def test_changing_either_password_changes_the_viewers_generation(owner):
    owner.set_password("correct horse")
    owner.set_viewer_password("watching horse")
    first = owner.generation(Role.VIEWER)
    owner.set_viewer_password("watching horse")
    second = owner.generation(Role.VIEWER)
    owner.set_password("correct horse")
    assert len({first, second, owner.generation(Role.VIEWER)}) == 3


def test_the_first_password_is_taken_once_and_within_an_hour_of_the_start(tmp_path):
    now = [1_000_000]
    first_hour = FirstHour(tmp_path / "state", "boot-1", lambda: now[0])
    first_hour.begin()
    owner, other = (Owner(tmp_path / "state", first_hour) for _ in range(2))
    now[0] += FIRST_HOUR_SECONDS * 1000
    assert not owner.is_first_visit()
    with pytest.raises(PetcamError, match="sudo petcam password"):
        owner.claim("correct horse")
    now[0] -= 1
    with pytest.raises(PetcamError, match="8 to 1024"):
        owner.claim("short")
    assert owner.is_first_visit() and other.is_first_visit()
    owner.claim("correct horse")
    other.is_first_visit = lambda: True  # as if both had checked before either wrote
    with pytest.raises(PetcamError, match="somebody else"):
        other.claim("another horse")
    assert owner.verify("correct horse") and not owner.is_first_visit()


def test_a_damaged_file_lets_nobody_in_and_allows_no_first_password(owner, tmp_path):
    owner.set_password("correct horse")
    for damage in (b"", b"{", b"[]", b'{"salt":"zz","hash":"","generation":""}', b"\xff"):
        (tmp_path / "state" / "owner.json").write_bytes(damage)
        assert owner.verify("correct horse") is None and owner.verify("") is None
        assert not owner.is_first_visit()
        with pytest.raises(PetcamError, match="nobody can log in: set the password anew with sudo petcam password"):
            owner.generation()


def test_it_computes_the_same_hashes_whether_right_wrong_or_unset(owner, monkeypatch):
    costs = []
    real = hashlib.scrypt
    monkeypatch.setattr("hashlib.scrypt", lambda *args, **kwargs: costs.append(kwargs["n"]) or real(*args, **kwargs))
    counts = []
    for password in ("correct horse", "wrong horse", "", "x" * 5000):
        costs.clear()
        owner.verify(password)
        counts.append(list(costs))
    owner.set_password("correct horse")
    for password in ("correct horse", "wrong horse", "", "x" * 5000):
        costs.clear()
        owner.verify(password)
        counts.append(list(costs))
    assert counts == [[16, 16]] * 8


def test_it_syncs_the_file_before_the_rename_and_the_directory_after(owner, monkeypatch):
    steps = []
    real_sync, real_replace = os.fsync, os.replace
    monkeypatch.setattr("os.fsync", lambda fd: steps.append(os.readlink(f"/proc/self/fd/{fd}")) or real_sync(fd))
    monkeypatch.setattr("os.replace", lambda a, b: steps.append("rename") or real_replace(a, b))
    owner.set_password("correct horse")
    assert [step.rsplit("/")[-1].partition(".owner")[1] or step.rsplit("/")[-1] for step in steps] == [
        ".owner",
        "rename",
        "state",
    ]
