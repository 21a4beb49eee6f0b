"""Recordings of an earlier installation: ``debian/bin/adopt-recordings``."""

import importlib.machinery
import importlib.util
import os
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "debian/bin/adopt-recordings"
NAME = "petcam_20260101-000000.mp4"
EARLIER, PETCAM = (12345, 12346), (990, 991)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files away")


@pytest.fixture(scope="module")
def script():
    loader = importlib.machinery.SourceFileLoader("adopt_recordings", str(SCRIPT))
    spec = importlib.util.spec_from_loader("adopt_recordings", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def make(path, mode=0o600):
    path.write_bytes(b"")
    os.chown(path, *EARLIER)
    path.chmod(mode)


def state(path):
    info = os.lstat(path)
    return (info.st_uid, info.st_gid), info.st_mode & 0o777


@pytest.mark.parametrize(
    "name",
    [
        NAME,
        f"{NAME}.part",
        f"{NAME}.pin",
        "petcam_20260101-000000_kitchen-2.mp4",
        "petcam_20260101-000000~visit.mp4",
        "petcam_20260101-000000~always-2.mp4.part",
        ".petcam-space",
    ],
)
def test_what_has_a_recordings_name_becomes_petcams_and_readable_for_both_services(script, tmp_path, name):
    make(tmp_path / name)
    assert script.adopt_all(str(tmp_path), *PETCAM) == 1
    assert state(tmp_path / name) == (PETCAM, 0o640)
    assert script.adopt_all(str(tmp_path), *PETCAM) == 0


@pytest.mark.parametrize(
    "name", ["cat.mp4", f"{NAME}.bak", "petcam_holiday.mp4", "xpetcam_1.mp4", "petcam_20260101-000000~x.mp4"]
)
def test_other_files_stay_as_they_are(script, tmp_path, name):
    make(tmp_path / name)
    assert script.adopt_all(str(tmp_path), *PETCAM) == 0
    assert state(tmp_path / name) == (EARLIER, 0o600)


def test_links_pipes_folders_and_second_names_are_not_followed(script, tmp_path):
    folder = tmp_path / "recordings"
    folder.mkdir()
    secret = tmp_path / "secret"
    make(secret)
    (folder / NAME).symlink_to(secret)
    os.link(secret, folder / "petcam_20260101-000001.mp4")
    os.mkfifo(folder / "petcam_20260101-000002.mp4")
    (folder / "petcam_20260101-000003.mp4").mkdir()
    assert script.adopt_all(str(folder), *PETCAM) == 0
    assert state(secret) == (EARLIER, 0o600)


def test_what_cannot_be_adopted_stops_nothing(script, tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError

    make(tmp_path / NAME)
    monkeypatch.setattr(script.os, "fchown", refuse)
    assert script.adopt_all(str(tmp_path), *PETCAM) == 0
