"""``petcam compare`` on real shared memory: both backends run, are measured, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from petcam import cli
from petcam.system.streamer_binary import find_streamer

pytest.importorskip("aiortc")
pytestmark = [
    pytest.mark.needs_python("backend"),
    pytest.mark.skipif(find_streamer() is None, reason="petcam-streamer is not built: make setup"),
]


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The directory for temporary files; checks at the end that it is empty and that no process uses it."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    assert list(folder.iterdir()) == []
    assert [each for each in psutil.process_iter() if _names(each, folder)] == []


def _names(process, folder):
    try:
        return any(str(folder) in word for word in process.cmdline())
    except psutil.Error:
        return False


def command(tmp_path, segment):
    file = tmp_path / "petcam.yaml"
    file.write_text(f"camera: {{stream: {segment}}}\nrecording: {{directory: {tmp_path}/none}}\n")
    return [sys.executable, "-m", "petcam.cli", "--config", str(file), "compare", "--seconds", "5"]


@pytest.mark.timeout(240)
def test_it_measures_both_backends_and_advises_one(film, tmp_path, temporary):
    ran = subprocess.run(command(tmp_path, film), capture_output=True, text=True, timeout=150)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0].startswith(f"{film}: 320x240, ")
    assert lines[1].split() == ["go", "python"]
    figures = [[float(word) for word in line.split()[-2:]] for line in lines[2:9]]
    assert all(value > 0 for row in figures[1:] for value in row)
    assert lines[9].startswith("choose webrtc.backend: ")
    assert not (tmp_path / "none").exists()
    assert os.path.exists(f"/dev/shm{film}")


def test_it_ends_at_once_at_a_signal(film, tmp_path, temporary):
    with subprocess.Popen(command(tmp_path, film), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline().startswith(film)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
    assert running.returncode == 130


def test_it_reports_a_backend_that_does_not_start(film, tmp_path, temporary, monkeypatch):
    monkeypatch.setenv("PETCAM_STREAMER", "/bin/false")
    ran = subprocess.run(command(tmp_path, film), capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert "petcam: the go backend does not start: its log is empty" in ran.stderr


def test_it_reports_that_there_is_no_camera(tmp_path, temporary, capsys):
    assert cli.main(command(tmp_path, "/petcam_test_none")[3:]) == 1
    assert "/petcam_test_none is not there" in capsys.readouterr().err


def test_it_reports_that_aiortc_is_missing(film, tmp_path, temporary, capsys, monkeypatch):
    monkeypatch.setattr("petcam.commands.compare.importlib.util.find_spec", lambda name: None)
    assert cli.main(command(tmp_path, film)[3:]) == 1
    assert "apt install python3-aiortc" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["1", "x", "nan", "4000"])
def test_it_refuses_an_invalid_duration(tmp_path, seconds):
    with pytest.raises(SystemExit):
        cli.main([*command(tmp_path, "/petcam_test_none")[3:], "--seconds", seconds])
    assert not Path(tmp_path / "none").exists()
