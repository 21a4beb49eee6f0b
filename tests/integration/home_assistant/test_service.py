"""The services as processes, and a real broker: who is seen is told, switches turn."""

import itertools
import os
import subprocess
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from petcam.access import CameraSwitch
from petcam.events.control_client import ControlClient
from petcam.settings import SettingsFile
from petcam.shm.detections import DetectionWriter
from tests.broker import needs_mosquitto
from tests.real_services import PETCAM, RealServices

pytestmark = needs_mosquitto
CAT = ("cat", 0.9, 100, 100, 200, 150)


class Cat:
    """A detector that sees it, or nothing."""

    def __init__(self, name):
        self._writer = DetectionWriter(name)
        self._ended = threading.Event()
        self.is_there = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._ended.set()
        self._thread.join()
        self._writer.close()

    def _run(self):
        for number in itertools.count():
            if self._ended.wait(0.1):
                return
            frame = SimpleNamespace(frame_number=number, capture_ns=time.monotonic_ns(), width=640, height=360)
            name, score, x, y, w, h = CAT
            moved = (name, score, x + 10 * (number % 20), y, w, h)  # one that lies still is waited for longer
            self._writer.publish(frame, [moved] if self.is_there else [])


@contextmanager
def events_of(services, tmp_path):
    environment = {**os.environ, "STATE_DIRECTORY": str(services.state)}
    command = [*PETCAM, "--config", str(services._file), "events"]
    with (tmp_path / "events.log").open("ab") as log, subprocess.Popen(command, env=environment, stderr=log) as process:
        try:
            yield services.state / "control"
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture
def house(broker, tmp_path):
    with RealServices(tmp_path) as services:
        with services._file.open("a") as file:
            file.write(f"notify: {{mqtt: 'mqtt://127.0.0.1:{broker.port}'}}\nevents: {{gap_seconds: 2}}\n")
        services.start("streamer", "web")
        cat = Cat(services.detections)
        try:
            with broker.listener() as live, events_of(services, tmp_path) as control:
                live.wait_for(lambda: find(live, "availability") == b"online")
                yield services, cat, live, control
        finally:
            cat.close()


def find(live, component):
    return next((payload for topic, payload in live.latest().items() if topic.endswith(f"/{component}")), None)


def test_a_cat_that_comes_and_goes_is_told_and_switches_turn_what_they_name(house):
    services, cat, live, control = house
    cat.is_there = True
    live.wait_for(lambda: find(live, "class_cat") == b"ON" and find(live, "visits_today") == b"1")
    live.wait_for(lambda: b'"event_type": "begin"' in (find(live, "visit") or b""))
    cat.is_there = False
    live.wait_for(lambda: find(live, "class_cat") == b"OFF" and b'"event_type": "end"' in find(live, "visit"))

    switch = next(topic for topic in live.latest() if topic.endswith("/camera"))
    live.publish(f"{switch}/set", b"OFF")
    live.wait_for(lambda: find(live, "camera") == b"OFF")
    assert CameraSwitch(services.state).state().by == "mqtt"
    live.publish(f"{switch}/set", b"ON")
    live.wait_for(lambda: find(live, "camera") == b"ON")

    home = f"{switch.removesuffix('camera')}home"
    live.publish(f"{home}/set", b"OFF")
    live.wait_for(lambda: find(live, "home") == b"OFF")
    assert not SettingsFile(services.state).read().home

    assert ControlClient(control).ways() == {"mqtt://127.0.0.1": {"failing_since": None, "error": "", "waiting": 0}}
