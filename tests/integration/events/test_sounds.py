"""Sound that is loud becomes an event: packets in a real segment, the owner's switches, petcam-events as a process."""

import os
import secrets
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from petcam.access import CameraSwitch, SoundSwitch
from petcam.commands.event_service import make_listener
from petcam.config import Config
from petcam.events.read import Reader, Wanted
from petcam.shm.audio import AudioWriter
from tests.integration.web.test_server import eventually
from tests.unit.events.stand_ins import Board, ns

ROOT = Path(__file__).parents[3]
PACKET = b"\x78" + bytes(60)  # 20 ms, as far as its first byte says
QUIET, LOUD = -58.0, -20.0


@pytest.fixture
def name():
    return f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}"


def sounds(directory):
    return Reader(directory).page(Wanted(kind="sound")).events[::-1]


class House:
    """A microphone and who listens to it. Its clock runs behind the real one, so that no packet is of the future."""

    def __init__(self, name, directory, monkeypatch):
        self.writer = AudioWriter(name)
        monkeypatch.setenv("PETCAM_WEB_STATE", str(directory))
        self.board = Board(directory / "events", now=time.monotonic() - 3600)
        self.camera, self.sound = CameraSwitch(directory, lambda: self.board.now), SoundSwitch(directory)
        camera = SimpleNamespace(audio=name, microphone="default")
        config = SimpleNamespace(camera=camera, events=Config().events)
        self.reader, self.listener = make_listener(config, self.camera, self.sound, self.board.store)
        self.listener._clock = lambda: self.board.now

    def hear(self, seconds, db=QUIET):
        for _ in range(round(seconds * 2)):
            for n in range(25):
                capture_ns = ns(self.board.now + 0.02 * n)
                self.writer.publish(PACKET, capture_ns=capture_ns, rms_db=db, peak_db=db)
            self.pass_time(0.5)

    def pass_time(self, seconds):
        for _ in range(round(seconds * 2)):
            self.board.now += 0.5
            self.listener.step()
            self.board.store.write(ns(self.board.now))

    @property
    def sounds(self):
        return [event.is_open for event in sounds(self.board.directory)]


@pytest.fixture
def house(name, tmp_path, monkeypatch):
    house = House(name, tmp_path, monkeypatch)
    house.hear(20)
    with closing(house.writer), closing(house.reader):
        yield house
        house.board.close()


def test_what_is_loud_is_an_event(house):
    house.hear(2, LOUD)
    house.hear(1)
    assert house.sounds == [True]
    house.hear(20)
    assert house.sounds == [False]


@pytest.mark.parametrize("which", ["camera", "sound"])
def test_while_the_owner_has_turned_it_off_nothing_is_heard(house, which):
    house.hear(2, LOUD)
    getattr(house, which).turn(False, "owner")
    house.pass_time(0.5)
    assert eventually(lambda: not house.reader.gate()[0])
    house.hear(30, LOUD)
    (event,) = sounds(house.board.directory)
    assert not event.is_open and event.end - event.begin < 2.1


def test_without_a_segment_there_is_none(tmp_path, monkeypatch, name):
    house = House(name, tmp_path, monkeypatch)
    house.writer.close()
    house.pass_time(60)
    assert house.sounds == [] and house.listener._reader.unread == ""
    house.board.close()


def test_without_a_microphone_nobody_listens(name, tmp_path, monkeypatch):
    monkeypatch.setenv("PETCAM_WEB_STATE", str(tmp_path))
    for microphone, sound_db in (("", 15), ("default", 0)):
        config = SimpleNamespace(
            camera=SimpleNamespace(audio=name, microphone=microphone), events=SimpleNamespace(sound_db=sound_db)
        )
        assert make_listener(config, CameraSwitch(tmp_path), SoundSwitch(tmp_path), None)[1] is None


def test_the_service_hears(name, tmp_path):
    file, ended = tmp_path / "petcam.yaml", threading.Event()
    file.write_text(yaml.safe_dump({"camera": {"audio": name, "microphone": "default"}}))
    environment = {**os.environ, "STATE_DIRECTORY": str(tmp_path), "PYTHONPATH": str(ROOT)}

    def bark():
        """Ten times as many packets as there are in time: a bark after each two seconds of quiet."""
        with AudioWriter(name) as writer:
            while not ended.wait(0.02):
                for _ in range(10):
                    level = LOUD if writer._segment.next_record % 1000 > 900 else QUIET
                    now = time.monotonic_ns()
                    writer.publish(PACKET, capture_ns=now, rms_db=level, peak_db=level)

    thread = threading.Thread(target=bark)
    thread.start()
    service = subprocess.Popen([sys.executable, "-m", "petcam.cli", "--config", file, "events"], env=environment)
    try:
        assert eventually(lambda: sounds(tmp_path))
        assert sounds(tmp_path)[0].class_name == "loud"
    finally:
        ended.set()
        thread.join()
        service.terminate()
        service.wait(20)
