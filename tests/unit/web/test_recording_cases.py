"""The routes for recordings answer as ``tests/recording-cases.json`` says; a Go test holds the streamer to the same."""

import base64
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from petcam.config import Camera
from petcam.web.app import Services, create_app
from tests.unit.web.fakes import FakeStreamer
from tests.unit.web.library_cases import FILE as FILMS
from tests.unit.web.library_cases import MANY, build, in_zone
from tests.unit.web.recording_cases import CAMERA, FILE, answers, as_lines, asks


def test_recordings_are_answered_for_as_the_shared_cases_say(
    services: Services, streamer: FakeStreamer, recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.thumbnails, "are_supported", lambda: False)
    films = json.loads(FILMS.read_text())["films"]
    recordings.rmdir()
    build(recordings, MANY, {name: base64.b64decode(text) for name, text in films.items()})
    app = create_app(replace(services, config=replace(services.config, camera=Camera(name=CAMERA))))
    with in_zone("UTC"):
        if os.environ.get("PETCAM_WRITE_CASES"):
            asked = list(asks())
            FILE.write_text(as_lines(asked, answers(app, streamer, asked)), encoding="utf-8")
            return
        cases = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
        assert cases
        for case, told in zip(cases, answers(app, streamer, cases), strict=True):
            assert told == case["answer"], case
