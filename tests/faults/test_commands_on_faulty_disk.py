"""``petcam password`` and ``petcam token`` on a disk with faults: they end with an error in words, not with done."""

import pytest

from petcam.access import Owner, Role, ViewingTokens
from tests.faults.conftest import TRY_ALL
from tests.faults.services import run_petcam

NEW = "the new words"
ERRORS = ("ENOSPC", "EIO", "EROFS") if TRY_ALL else ("ENOSPC",)
KINDS = ("create", "write", "fsync", "setattr", "rename", "fsyncdir") if TRY_ALL else ("write", "fsyncdir")


@pytest.fixture(autouse=True)
def fast_hashes():
    """None here: the commands compute real ones."""


@pytest.fixture
def state(disk):
    folder = disk.path / "state"
    Owner(folder).set_password("the old words")
    ViewingTokens(folder).add("old")
    return folder


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("errno", ERRORS)
@pytest.mark.parametrize("words", [("password",), ("token", "add", "new"), ("token", "revoke", "old")], ids=" ".join)
def test_a_command_that_the_disk_fails_says_so(disk, state, words, errno, kind):
    disk.fail(errno, kinds=[kind])
    ran = run_petcam(state, *words, input=NEW + "\n")
    disk.heal()
    assert ran.returncode == 1 and ran.stderr.splitlines()[-1].startswith("petcam: ")
    assert "Traceback" not in ran.stderr and not ran.stdout
    assert Owner(state).verify(NEW) in (None, Role.OWNER)
    assert {each.label for each in ViewingTokens(state).all()} in ({"old"}, {"old", "new"}, set())


@pytest.mark.parametrize("kind", KINDS)
def test_a_command_that_is_killed_can_be_given_again(disk, state, kind):
    disk.kill(kinds=[kind])
    assert run_petcam(state, "password", input=NEW + "\n").returncode == -9
    disk.heal()
    ran = run_petcam(state, "password", input=NEW + "\n")
    assert ran.returncode == 0
    assert Owner(state).verify(NEW) is Role.OWNER
