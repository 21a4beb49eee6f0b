"""Trouble of the real petcam-streamer and its camera becomes events of petcam-events, whose clocks are fast here."""

import os
import secrets
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from petcam.events.read import Reader, Wanted
from petcam.system.streamer_binary import find_streamer
from tests.faults.services import Service
from tests.integration.web.test_server import eventually

pytest.importorskip("av")

from tests.flash_and_beep import FlashAndBeep  # noqa: E402  needs PyAV

ROOT = Path(__file__).parents[3]
FACTOR = 20.0
NOON = 1_795_780_800.0


@pytest.fixture
def segment():
    return f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}"


@pytest.fixture
def streamer(tmp_path, segment):
    if find_streamer() is None:
        pytest.skip("petcam-streamer is not built: make build")
    state = tmp_path / "state"
    state.mkdir()
    with closing(Service("streamer", tmp_path, state, {"camera": {"stream": f"{segment}_s"}})) as service:
        service.start()
        yield service


@pytest.fixture
def events(tmp_path, segment, streamer):
    """petcam-events; the directory of its database."""
    file, directory = tmp_path / "events.yaml", tmp_path / "events"
    file.write_text(yaml.safe_dump({"camera": {"detections": f"{segment}_d"}}))
    words = [str(word) for word in (file, tmp_path / "log", FACTOR, time.monotonic(), 5000.0, NOON)]
    places = {"STATE_DIRECTORY": str(directory), "GO_SERVER_URL": streamer.url}
    service = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.events.fast_service", *words], cwd=ROOT, env={**os.environ, **places}
    )
    yield directory
    service.terminate()
    assert service.wait(20) == 0


def troubles(directory):
    """The oldest first."""
    found = Reader(directory).page(Wanted(kind="trouble")).events[::-1]
    return [(event.class_name, event.is_open) for event in found]


def test_a_camera_that_falls_silent_and_a_streamer_that_dies(events, streamer, segment):
    with closing(FlashAndBeep(f"{segment}_s", f"{segment}_a")):
        assert eventually(lambda: "live" in streamer.get("/health").text)
        assert eventually(lambda: Reader(events).state())
    assert eventually(lambda: troubles(events) == [("camera_silent", True)])
    with closing(FlashAndBeep(f"{segment}_s", f"{segment}_a")):
        assert eventually(lambda: troubles(events) == [("camera_silent", False)])
        streamer.close()
        assert eventually(lambda: troubles(events) == [("camera_silent", False), ("streamer_silent", True)])
        streamer.start()
        assert eventually(lambda: troubles(events) == [("camera_silent", False), ("streamer_silent", False)])
