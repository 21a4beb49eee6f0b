"""Which files a reader trusts, by their kind, owner and mode."""

import os
import stat
from types import SimpleNamespace

import pytest

from petcam.shm import mapping

PETCAM_UID, PETCAM_GID = 900, 901


@pytest.fixture(autouse=True)
def _accounts(monkeypatch):
    monkeypatch.setattr(mapping, "user_id", lambda: PETCAM_UID)
    monkeypatch.setattr(mapping, "group_id", lambda: PETCAM_GID)


def fault(mode=0o640, uid=0, gid=0, kind=stat.S_IFREG):
    return mapping.trust_fault(SimpleNamespace(st_mode=kind | mode, st_uid=uid, st_gid=gid))


@pytest.mark.parametrize("uid", [0, os.geteuid(), PETCAM_UID])
def test_files_of_root_petcam_and_the_readers_own_user_are_trusted(uid):
    assert fault(uid=uid) is None


def test_another_owner_is_refused_with_the_remedy():
    assert fault(uid=12345) == "belongs to user 12345, which petcam does not trust: run its writer as petcam or root"


def test_a_file_of_the_group_petcam_is_trusted_whoever_owns_it():
    assert fault(uid=65534, gid=PETCAM_GID) is None


def test_a_file_that_others_may_write_is_refused():
    assert "mode 0646" in fault(mode=0o646)


def test_a_file_that_its_group_may_write_is_trusted_only_if_that_is_petcam():
    assert fault(mode=0o660, gid=PETCAM_GID) is None
    assert "mode 0660" in fault(mode=0o660, gid=5)


def test_a_file_that_is_not_regular_is_refused():
    assert "regular file" in fault(kind=stat.S_IFIFO)
