"""petcam-events as a process, results in a real segment, a place in its file: a broker is told where the cat is."""

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from petcam.places import PlacesFile
from petcam.shm.detections import DetectionWriter
from tests.broker import SECONDS, Mosquitto, needs_mosquitto

ROOT = Path(__file__).parents[3]
SOFA = {"name": "ソファ", "points": [[0.5, 0.5], [1, 0.5], [1, 1], [0.5, 1]]}
ELSEWHERE, ON_SOFA = ("cat", 0.9, 20, 20, 120, 90), ("cat", 0.9, 400, 200, 120, 90)

pytestmark = needs_mosquitto


class Cat:
    """What a detector sees of it, ten times a second; it goes to where ``box`` is, which may be set at any time."""

    def __init__(self, name):
        self.box, self._seen, self._ended = ELSEWHERE, list(ELSEWHERE), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(name,))
        self._thread.start()

    def close(self):
        self._ended.set()
        self._thread.join()

    def _run(self, name):
        with DetectionWriter(name) as writer:
            number = 0
            while not self._ended.wait(0.1):
                number += 1
                self._step()
                now = time.monotonic_ns()
                frame = SimpleNamespace(frame_number=number, capture_ns=now, rtp_timestamp=0, width=640, height=360)
                writer.publish(frame, [tuple(self._seen)])

    def _step(self):
        """At a cat's pace."""
        for at in (2, 3):
            way = self.box[at] - self._seen[at]
            self._seen[at] += max(-24, min(24, way))


@pytest.fixture
def cat():
    made = Cat(name := f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}")
    made.name = name
    yield made
    made.close()


def wait_for_place(live, payload):
    """Until a place, of which there is one, is as ``payload`` says."""

    def is_so():
        return any("/place_" in topic and each == payload for topic, each in live.latest().items())

    live.wait_for(is_so)


def test_a_place_that_is_drawn_is_taken_and_left_as_a_broker_is_told(tmp_path, cat):
    broker, file = Mosquitto(tmp_path), tmp_path / "petcam.yaml"
    notify = {"mqtt": f"mqtt://127.0.0.1:{broker.port}"}
    file.write_text(yaml.safe_dump({"camera": {"detections": cat.name}, "notify": notify}))
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "STATE_DIRECTORY": str(tmp_path), "PYTHONPATH": path}
    service = subprocess.Popen([sys.executable, "-m", "petcam.cli", "--config", file, "events"], env=environment)
    try:
        with broker.listener() as live:
            live.wait_for(lambda: any(topic.endswith("/class_cat") for topic in live.latest()))
            assert not any("/place_" in topic for topic in live.latest())
            PlacesFile(tmp_path).replace({"places": [SOFA]})
            wait_for_place(live, b"OFF")
            cat.box = ON_SOFA
            wait_for_place(live, b"ON")
            cat.box = ELSEWHERE
            wait_for_place(live, b"OFF")
            (discovery,) = [
                json.loads(each) for topic, each in live.latest().items() if topic.startswith("homeassistant/")
            ]
            (component,) = [each for name, each in discovery["cmps"].items() if name.startswith("place_")]
            assert "ソファ" in component["name"]
            PlacesFile(tmp_path).replace({"places": []})
            wait_for_place(live, b"")
    finally:
        service.terminate()
        service.wait(SECONDS)
        broker.stop()
