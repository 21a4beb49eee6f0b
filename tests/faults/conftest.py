"""Tests on a disk with faults, and with damaged files.

With ``PETCAM_FAULTS=all`` (``make stress``) they try all that there is to try, which takes minutes; without it the slow
ones try a part.
"""

import os

import pytest

from petcam.access import password_file
from tests.faults import faulty_disk
from tests.faults.faulty_disk import FaultyDisk

TRY_ALL = os.environ.get("PETCAM_FAULTS") == "all"


@pytest.fixture(autouse=True)
def fast_hashes(monkeypatch):
    """Real hashes take a tenth of a second each; the tests with real processes use those."""
    monkeypatch.setitem(password_file.SCRYPT_COST, "n", 16)


@pytest.fixture
def disk():
    disk = mounted()
    yield disk
    disk.close()


def mounted():
    """A disk; skips the test where there can be none."""
    if reason := faulty_disk.missing():
        pytest.skip(reason)
    try:
        return FaultyDisk()
    except PermissionError as error:
        pytest.skip(f"root may not mount here: {error}")
