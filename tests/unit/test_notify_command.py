"""``petcam notify test``, and what doctor says of telling, against a real control socket."""

import pytest

from petcam import cli
from petcam.commands.doctor_telling import check_telling
from petcam.commands.finding import Sign
from petcam.events.control import Control
from petcam.events.control_client import ControlClient


@pytest.fixture(autouse=True)
def places(monkeypatch, tmp_path):
    monkeypatch.setattr("petcam.config.DEFAULT_PATH", tmp_path / "none.yaml")
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)


@pytest.fixture
def listen(tmp_path):
    listening = []

    def start(ways=None, results=None):
        found = Control(tmp_path / "control", lambda: ways or {}, lambda: results or {})
        found.start()
        listening.append(found)

    yield start
    for each in listening:
        each.close()


def test_it_prints_what_came_of_each_way_and_fails_where_one_did(listen, capsys):
    listen(results={"ntfys://ntfy.example": "", "https://home.example": "it answers 503"})
    assert cli.main(["notify", "test"]) == 1
    assert capsys.readouterr().out == "✓ ok    ntfys://ntfy.example\n✗ bad   https://home.example: it answers 503\n"


def test_it_is_well_where_all_got_through(listen, capsys):
    listen(results={"ntfys://ntfy.example": ""})
    assert cli.main(["notify", "test"]) == 0


def test_without_the_service_it_says_the_remedy(capsys):
    assert cli.main(["notify", "test"]) == 1
    assert capsys.readouterr().err == "petcam: petcam-events does not run: sudo systemctl start petcam.target\n"


def test_without_a_way_it_says_where_to_name_one(listen, capsys, tmp_path):
    listen()
    assert cli.main(["notify", "test"]) == 1
    assert "nobody is told: name a way below notify in petcam.yaml" in capsys.readouterr().out
    (tmp_path / "set.yaml").write_text("notify: {urls: [ntfy://a/b]}\n")
    assert cli.main(["--config", str(tmp_path / "set.yaml"), "notify", "test"]) == 1
    assert "has not read petcam.yaml anew: sudo systemctl restart petcam.target" in capsys.readouterr().out


def test_doctor_says_which_way_fails_since_when(listen, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    listen(
        {
            "ntfys://ntfy.example": {"failing_since": None, "error": "", "waiting": 0},
            "https://home.example": {"failing_since": 1795867200.5, "error": "it answers 503", "waiting": 2},
            "tgram://": {"failing_since": None, "error": "Apprise is not installed: sudo apt …", "waiting": 0},
        }
    )
    found = list(check_telling(ControlClient(tmp_path / "control")))
    assert [(each.sign, each.subject) for each in found] == [
        (Sign.OK, "telling"),
        (Sign.LOOK, "telling"),
        (Sign.LOOK, "telling"),
    ]
    assert (
        found[1].words.endswith(":00: it answers 503; 2 wait to be told") and "fails since 2026-11-28" in found[1].words
    )
    assert found[2].words == "tgram://: Apprise is not installed: sudo apt …"


def test_doctor_says_nothing_of_it_where_the_service_does_not_run(tmp_path):
    assert list(check_telling(ControlClient(tmp_path / "control"))) == []
