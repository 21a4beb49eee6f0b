"""``petcam doctor`` and the folders that the services write to; tests/package/test_remedies.py has the real ones."""

import errno
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from petcam.commands import doctor_folders
from petcam.commands.finding import Sign
from petcam.config import Config, Recording, Web
from petcam.system import service, write_probe
from petcam.system.mounts import Mount
from petcam.system.service import Service, Trial, run_as

PROBE = Path(write_probe.__file__)


@pytest.fixture
def check(monkeypatch, tmp_path):
    """Findings for a folder of recordings, of which the services find what they are told to. It is on "/"."""
    monkeypatch.setattr(doctor_folders, "mount_of", lambda _: Mount(Path("/"), "ext4", "/dev/sda1"))

    def check(errno=0, unreadable=(), trial=None, is_root=True, is_installed=True, folder=tmp_path, **found):
        here = os.stat(folder) if folder.exists() else os.stat("/")
        found = {"errno": errno, "at": str(folder), "unreadable": list(unreadable)} | found
        found.setdefault("device", here.st_dev)
        found.setdefault("inode", here.st_ino)
        answer = trial or Trial(json.dumps(found), "as petcam-web.service", is_inside=True)
        monkeypatch.setattr(doctor_folders, "run_as", lambda *_: answer)
        monkeypatch.setattr(doctor_folders, "is_installed", lambda: is_installed)
        monkeypatch.setattr(doctor_folders.os, "geteuid", lambda: 0 if is_root else 1000)
        monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
        findings = doctor_folders.check_folders(Config(recording=Recording(directory=str(folder))))
        return next(finding for finding in findings if finding.subject == "recordings")

    return check


def test_a_folder_that_both_services_can_write_to_is_ok(check, tmp_path):
    assert (check().sign, check().words) == (Sign.OK, str(tmp_path))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EACCES, ["Permission denied", "sudo chown petcam:petcam {path}; sudo chmod 2770 {path}"]),
        (errno.EROFS, ["not among the folders", "ReadWritePaths=-{path}", "sudo systemctl restart petcam.target"]),
        (errno.ENOSPC, ["no space is left", "sudo du -x"]),
        (errno.EDQUOT, ["the quota of the user petcam", "is used up"]),
        (errno.EIO, ["Input/output error", "sudo journalctl -k"]),
    ],
)
def test_it_says_what_a_service_cannot_do_and_what_mends_it(check, tmp_path, code, words):
    found = check(code)
    assert found.sign is Sign.BROKEN
    for text in words:
        assert text.format(path=tmp_path) in found.words


def test_the_state_belongs_to_who_serves_the_page():
    for server, owner in (("python", "petcam-web"), ("go", "petcam")):
        state, recordings = doctor_folders.folders(Config(web=Web(server=server)))[:2]
        assert (state.owner, {each.user for each in state.services}) == (f"{owner}:petcam", {owner})
        assert recordings.owner == "petcam:petcam" and {each.user for each in recordings.services} == {owner, "petcam"}


def test_remedies_hold_for_any_name_of_a_folder(check, tmp_path):
    folder = tmp_path / """the cat's "100%" films"""
    folder.mkdir()
    said = check(errno.EACCES, folder=folder).words
    assert f"sudo chmod 2770 {shlex.quote(str(folder))}" in said
    opened = check(errno.EROFS, folder=folder).words
    assert shlex.quote(f'ReadWritePaths="-{tmp_path}/the cat\'s \\"100%%\\" films"') in opened


def test_a_read_only_disk_is_told_from_a_folder_that_the_sandbox_closes(check, monkeypatch):
    monkeypatch.setattr(doctor_folders.os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    found = check(errno.EROFS)
    assert "is read-only" in found.words and "sudo mount -o remount,rw /" in found.words


def test_a_disk_without_inodes_is_told_from_a_full_one(check, monkeypatch):
    monkeypatch.setattr(doctor_folders.os, "statvfs", lambda _: SimpleNamespace(f_flag=0, f_files=9, f_favail=0))
    assert "no inode is left" in check(errno.ENOSPC).words


def test_a_closed_folder_on_the_way_is_opened_and_not_the_last_one(check, tmp_path):
    assert check(errno.EACCES, at="/srv/closed").words.endswith(": sudo chmod o+x /srv/closed")


def test_a_disk_without_owners_is_mounted_anew_as_petcams(check, monkeypatch):
    monkeypatch.setattr(doctor_folders, "mount_of", lambda _: Mount(Path("/mnt/usb"), "exfat", "/dev/sda1"))
    monkeypatch.setattr(doctor_folders.pwd, "getpwnam", lambda _: SimpleNamespace(pw_uid=990, pw_gid=991))
    words = check(errno.EACCES).words
    assert "sudo umount /mnt/usb; sudo mount -o uid=990,gid=991,umask=007 /dev/sda1 /mnt/usb" in words


def test_a_folder_that_is_not_there_is_made_and_opened(check, tmp_path):
    found = check(errno.ENOENT, folder=tmp_path / "absent")
    assert (
        found.sign is Sign.BROKEN and f"sudo install -d -o petcam -g petcam -m 2770 {tmp_path}/absent;" in found.words
    )
    assert check(errno.ENOENT, folder=tmp_path / "absent", is_installed=False).sign is Sign.LOOK


def test_a_folder_that_is_another_one_for_the_services_is_said(check, monkeypatch):
    monkeypatch.setattr(doctor_folders, "PRIVATE_PLACES", ())
    assert "mounted after the service began: sudo systemctl restart petcam.target" in check(inode=1).words
    monkeypatch.setattr(doctor_folders, "PRIVATE_PLACES", ("/tmp",))
    assert "set recording.directory to one outside of /tmp" in check(inode=1).words


def test_recordings_that_cannot_be_read_come_with_the_command_that_adopts_them(check):
    found = check(unreadable=["petcam_20260101-000000.mp4"])
    assert found.sign is Sign.BROKEN and found.words.endswith(": sudo /usr/lib/petcam/adopt-recordings")


def test_who_is_not_root_is_told_that_only_root_can_try_for_the_services(check):
    for found in (check(errno.EACCES, is_root=False), check(unreadable=["a"], is_root=False)):
        assert (found.sign, found.words.rpartition(": ")[2]) == (Sign.LOOK, "sudo petcam doctor")
    assert check(errno.EROFS, is_root=False).sign is Sign.BROKEN


def test_a_disk_that_hangs_does_not_hang_the_doctor(check, tmp_path, monkeypatch):
    monkeypatch.setattr(service, "TRIAL_SECONDS", 0.1)
    endless = tmp_path / "endless.py"
    endless.write_text("import signal; signal.pause()")
    late = run_as(Service("petcam-no-such.service", "petcam-no-such"), endless)
    assert late.is_late
    assert "does not end within" in check(trial=late).words


def test_what_could_not_be_tried_is_said(check):
    found = check(trial=Trial("", "nsenter: Operation not permitted"))
    assert found.sign is Sign.LOOK and found.words.endswith("could not be let try it: nsenter: Operation not permitted")


def test_a_program_that_fails_says_why(tmp_path):
    program = tmp_path / "fails.py"
    program.write_text("raise SystemExit('it rained')")
    assert run_as(Service("petcam-no-such.service", "petcam-no-such"), program) == Trial("", "it rained")


def test_a_trial_leaves_nothing_and_removes_what_a_killed_one_left(tmp_path):
    assert write_probe.probe(str(tmp_path), "x") | {"device": 0, "inode": 0} == {
        "errno": 0,
        "at": str(tmp_path),
        "unreadable": [],
        "device": 0,
        "inode": 0,
    }
    (tmp_path / write_probe.PROBE_NAME).touch()
    assert write_probe.probe(str(tmp_path), "x")["errno"] == 0
    assert os.listdir(tmp_path) == []


def test_a_trial_that_is_ended_halfway_leaves_nothing(tmp_path):
    """SIGTERM comes while the file is synced, as it would on a slow disk."""
    text = f"""
import os, signal, sys
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGTERM)
sys.argv = ["", {str(tmp_path)!r}, "x"]
exec(open({str(PROBE)!r}).read())
"""
    ended = subprocess.run([sys.executable, "-c", text], capture_output=True)
    assert ended.returncode == -signal.SIGTERM
    assert os.listdir(tmp_path) == []


def test_a_trial_says_what_stands_in_the_way(tmp_path):
    (tmp_path / "file").touch()
    assert write_probe.probe(str(tmp_path / "absent"), "x")["errno"] == errno.ENOENT
    assert write_probe.probe(str(tmp_path / "file"), "x")["errno"] == errno.ENOTDIR


def test_after_a_trial_that_fails_signals_come_as_before(tmp_path, monkeypatch):
    def fail(_):
        raise OSError(errno.EIO, "the disk is gone")

    monkeypatch.setattr(os, "fsync", fail)
    assert write_probe.probe(str(tmp_path), "x")["errno"] == errno.EIO
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()).isdisjoint(write_probe.ENDING_SIGNALS)
