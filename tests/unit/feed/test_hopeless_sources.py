"""Sources that can never show a picture: whoever names one on the command line is told so at once."""

import os
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from petcam import cli
from petcam.errors import Code, PetcamError
from petcam.feed import sources

pytest.importorskip("av")


def sound(file: Path) -> None:
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(bytes(8000))


MAKERS: dict[str, Callable[[Path], object]] = {
    "typo.mp4": lambda file: None,
    "sound.mp4": sound,
    "folder.mp4": os.mkdir,
    "empty.mp4": Path.touch,
    "text.mp4": lambda file: file.write_text("no video\n" * 100),
    "headers.h264": lambda file: file.write_bytes(b"\0\0\0\1\x09\xf0" * 9),
}
REASONS = {
    "typo.mp4": "no such source or file",
    "sound.mp4": "has no video in it",
    "folder.mp4": "cannot be read: Is a directory",
    "empty.mp4": "is no video, or is damaged",
    "text.mp4": "is no video, or is damaged",
    "headers.h264": "has no picture in it",
}
WORDS = {"rtsp:/cam": "rtsp:/...", "http://cam/s3cret": "http://...", "webcam": "no such source or file: webcam"}
WORDS |= {"rtsp://": "names no host", "/dev/video987": "cannot be read", "x" * 300: "File name too long"}


@pytest.fixture(autouse=True)
def no_installed_configuration(monkeypatch, tmp_path):
    monkeypatch.setattr("petcam.config.DEFAULT_PATH", tmp_path / "no" / "petcam.yaml")


@pytest.fixture(params=[*REASONS, *WORDS])
def hopeless(request, tmp_path):
    """The source's word, and what must be said of it."""
    if request.param in WORDS:
        return request.param, WORDS[request.param]
    file = tmp_path / request.param
    MAKERS[request.param](file)
    return str(file), REASONS[request.param]


@pytest.mark.parametrize("command", [["demo", "--source"], ["feed"]], ids=lambda words: words[0])
def test_the_command_ends_at_once_with_the_reason(command, hopeless, tmp_path, capfd):
    word, reason = hopeless
    folder = ["--dir", str(tmp_path / "demo")] if command[0] == "demo" else []
    assert cli.main([*command, word, *folder]) == 1
    shown = capfd.readouterr()
    assert reason in shown.err and "s3cret" not in shown.err
    assert shown.out == "" and not (tmp_path / "demo").exists()


def test_the_demo_does_not_take_standard_input(tmp_path, capsys):
    assert cli.main(["demo", "--source", "-", "--dir", str(tmp_path / "demo")]) == 1
    assert "use petcam feed" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["rtsp://127.0.0.1:1/cam", "demo"])
def test_a_source_that_may_come_later_is_waited_for(word):
    sources.require_picture(sources.find(word, None, 0))


def test_a_file_that_cannot_be_reached_is_an_error_that_says_why(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PetcamError, match="Not a directory") as caught:
        sources.find(str(tmp_path / "file" / "movie.mp4"), None, 0)
    assert caught.value.code is Code.BAD_SOURCE
