"""What /api/camera and /api/sound answer, as tests/switch-talks.json says; the streamer's tests use the same talks."""

import json
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from petcam.access import CameraSwitch, Place, SoundSwitch, camera_switch
from petcam.access import switch as switch_module
from petcam.config import Recording
from petcam.web.camera import Camera
from petcam.web.sound import Ear, Sound
from tests.unit.web.conftest import make_client
from tests.unit.web.fakes import PASSWORD, VIEWERS

TALKS = json.loads((Path(__file__).parents[2] / "switch-talks.json").read_text())["talks"]
HEADERS = ("Content-Type", "Cache-Control", "Allow", "WWW-Authenticate")
BEGIN = 1_795_827_600  # of a talk, by the board's clock; a minute passes before each question


@pytest.fixture
def talk(request, services, services_with_login, connection, tmp_path, monkeypatch):
    """A function that gives the answers of a talk."""

    def run(case: dict[str, Any]) -> list[list[Any]]:
        clock = [BEGIN]

        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.fromtimestamp(clock[0], timezone.utc)

        monkeypatch.setattr(switch_module, "datetime", Clock)
        monkeypatch.setattr(camera_switch, "datetime", Clock)
        folder = tmp_path / "switches"
        folder.mkdir()
        for name, text in case["files"].items():
            (folder / name).write_text(text)
        client = client_of(case, folder)
        answers = []
        for method, path, body in case["asks"]:
            clock[0] += 60
            answer = client.open(path, method=method, data=body, headers=headers_of(case["as"], tokens))
            found = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
            if "Allow" in found:
                found["Allow"] = ", ".join(sorted(found["Allow"].split(", ")))
            answers.append([answer.status_code, found, answer.get_data(as_text=True).replace(str(folder), "FOLDER")])
        return answers

    tokens: dict[str, str] = {}

    def client_of(case: dict[str, Any], folder: Path) -> Any:
        base = services if case["as"] == "free" else services_with_login
        place = Place(folder, case["mark"] or None)
        sound_switch, switch = SoundSwitch(folder, place=place), CameraSwitch(folder, place=place)
        camera = replace(base.config.camera, microphone="default" if case["microphone"] else "")
        recording = Recording(directory=base.config.recording.directory, sound=case["recorded"])
        config = replace(base.config, camera=camera, recording=recording)
        reader = request.getfixturevalue("audio_reader")
        sound = Sound(config, sound_switch, switch, Ear(lambda: reader))
        made = replace(
            base, config=config, sound=sound, sound_switch=sound_switch, camera=Camera(switch), camera_switch=switch
        )
        if case["as"] != "free":
            made.owner.set_viewer_password(VIEWERS)
            tokens.update(turner=made.viewing_tokens.add("a", camera=True), token=made.viewing_tokens.add("b"))
        client = make_client(made, connection)
        if case["as"] in ("owner", "viewer"):
            client.post("/login", data={"password": PASSWORD if case["as"] == "owner" else VIEWERS})
        return client

    return run


def headers_of(visitor: str, tokens: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens[visitor]}"} if visitor in tokens else {}


@pytest.mark.parametrize("case", TALKS, ids=[case["about"] for case in TALKS])
def test_the_answers_are_as_the_file_says(case, talk):
    assert talk(case) == case["answers"]
