"""Each change of a state file, interrupted at each of its operations: the file is the old or the new one, whole and
private, and the answer does not say done unless the new one outlives a power cut.
"""

import contextlib
import shutil
import signal
from dataclasses import dataclass

import pytest

from petcam.access import Owner, Role
from petcam.commands.web import build
from petcam.config import Config
from petcam.errors import PetcamError
from tests.faults import changes
from tests.faults.faulty_disk import KINDS, SYNCING, TAKING_SPACE
from tests.faults.victims import Victims

MODES = {"viewing_tokens.json": 0o640}  # the streamer reads it; all others are 0600


@dataclass(frozen=True)
class Fault:
    errno: str
    lasts: bool = False  # from its operation on; else it happens once
    kinds: tuple = KINDS

    def __str__(self):
        return f"{self.errno}-from-there-on" if self.lasts else self.errno


FAULTS = [
    *[Fault("ENOSPC"), Fault("EIO"), Fault("EROFS"), Fault("EIO", lasts=True)],
    Fault("ENOSPC", lasts=True, kinds=TAKING_SPACE),
    Fault("EROFS", lasts=True, kinds=tuple(kind for kind in KINDS if kind not in SYNCING)),
]


@pytest.fixture(scope="module")
def victims():
    victims = Victims()
    yield victims
    victims.close()


each_change = pytest.mark.parametrize("change", changes.ALL, ids=str)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@each_change
def test_a_failing_operation_leaves_the_old_or_the_new_and_is_said(disk, change, fault):
    for nth in range(1, count_operations(disk, change, fault.kinds) + 1):
        folder = prepared(disk, change)
        disk.fail(fault.errno, nth, 0 if fault.lasts else nth, kinds=fault.kinds)
        done = answer(change, folder)
        disk.heal()
        assert_whole(change, folder, done, f"operation {nth}")


@each_change
def test_a_power_cut_leaves_the_old_or_the_new(disk, change):
    for nth in range(1, count_operations(disk, change) + 1):
        folder = prepared(disk, change)
        disk.track_power()
        disk.cut_power(nth)
        done = answer(change, folder)
        for names_synced in (True, False):
            left = disk.after_cut(names_synced) / folder.name
            assert_whole(change, left, done, f"operation {nth}, {names_synced=}")
        disk.heal()


@each_change
def test_a_process_killed_after_any_operation_leaves_the_old_or_the_new(victims, disk, change):
    for nth in range(1, count_operations(disk, change) + 1):
        kill_after(victims, disk, change, nth)
        assert_whole(change, disk.path / "state", False, f"operation {nth}")


@each_change
def test_the_next_start_after_a_kill_works_and_leaves_no_temporary_file(victims, disk, change, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(disk.path / "state"))
    for nth in range(1, count_operations(disk, change) + 1):
        kill_after(victims, disk, change, nth)
        build(Config()).streamer.close()
        left = {path.name for path in (disk.path / "state").iterdir()} - set(changes.FILES)
        assert not left, f"operation {nth}"


def test_a_session_that_a_full_disk_does_not_keep_lasts_until_the_service_ends(disk):
    folder = prepared(disk, changes.SESSIONS[0])
    sessions = changes.sessions(folder)
    disk.fill()
    token = sessions.begin(Role.OWNER, Owner(folder).generation())
    with pytest.raises(PetcamError):
        sessions.save()
    assert sessions.find(token).role is Role.OWNER
    disk.heal()
    assert changes.SESSIONS[0].found(folder) == "old"  # those that were there before


def count_operations(disk, change, kinds=KINDS):
    """How many a change has when nothing fails."""
    folder = prepared(disk, change)
    change.make(folder)
    return sum(each["kind"] in kinds for each in disk.trace())


def prepared(disk, change):
    """An empty folder on the disk, with the old state in it."""
    folder = disk.path / "state"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o750)
    changes.remember(folder, "")
    change.prepare(folder)
    disk.trace()
    return folder


def answer(change, folder):
    """Whether the answer is that it is done."""
    with contextlib.suppress(OSError, PetcamError):
        change.make(folder)
        return True
    return False


def assert_whole(change, folder, done, when):
    found = change.found(folder)
    assert found in ("old", "new"), when
    assert found == "new" or not (done and change.must_last), when
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    for name, mode in modes.items():
        assert mode & 0o037 == 0, f"{when}: {name} is open to strangers"
        assert mode == MODES.get(name, 0o600) or not (done and change.must_last), f"{when}: {name}"


def kill_after(victims, disk, change, nth):
    prepared(disk, change)
    disk.kill(nth)
    assert victims.make(change, disk.path / "state") == -signal.SIGKILL
    disk.heal()
