"""``petcam camera``: what it says and does."""

import json

import pytest

from petcam import cli
from petcam.access import CameraSwitch


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C")

    def type_in(*words):
        code = cli.main(["camera", *words])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return type_in


def test_it_turns_it_off_and_on_and_says_how_it_is(run, tmp_path):
    assert run("status") == (0, "The camera is on.", "")
    code, said, _ = run("off")
    assert code == 0 and said.startswith("The camera is off since 20") and "turned off by: command" in said
    assert run("status")[1] == said and "until it is turned on" in said
    assert json.loads((tmp_path / "camera.json").read_text())["by"] == "command"
    assert run("on") == (0, "The camera is on.", "")
    assert CameraSwitch(tmp_path).state().on


def test_it_turns_it_off_for_a_while(run, tmp_path):
    _, said, _ = run("off", "--minutes", "90")
    assert "it turns on again at 20" in said
    assert CameraSwitch(tmp_path).state().until is not None


@pytest.mark.parametrize("minutes", ["0", "10081", "1.5", "-1", "an hour", "٣"])
def test_it_refuses_other_minutes(run, minutes, tmp_path):
    with pytest.raises(SystemExit):
        run("off", "--minutes", minutes)
    assert not (tmp_path / "camera.json").exists()


def test_a_damaged_one_is_said_with_the_remedy_which_works(run, tmp_path):
    (tmp_path / "camera.json").write_text("{")
    code, said, error = run("status")
    assert (code, said) == (1, "") and "the camera is off" in error and error.endswith("sudo petcam camera on")
    assert run("on") == (0, "The camera is on.", "")


def test_in_japanese(run, monkeypatch):
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert run("on")[1] == "カメラはオンです。"
    assert "次にオンにするまでオフのまま" in run("off")[1]
