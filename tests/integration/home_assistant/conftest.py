"""A broker, a petcam that speaks to it, and what it is asked to do."""

import threading
import time
from types import SimpleNamespace

import pytest

from petcam.errors import Code, PetcamError
from petcam.home_assistant import Commands, Device, HomeAssistant, Memory, Snapshot
from petcam.system.assets import assets_folder
from petcam.words import Words
from tests.broker import SECONDS, Mosquitto

PICTURE = b"\xff\xd8\xff\xe0 a cat"
QUIET = Snapshot(frozenset(), frozenset(), {}, 0, 0.0, True, False, False, ("cat", "dog"), ("sofa", "ソファ"))


def notify_of(url="", user="", password_file="", ca=""):
    return SimpleNamespace(mqtt=url, mqtt_user=user, mqtt_password_file=str(password_file), mqtt_ca=str(ca))


class Petcam:
    """What is told to the broker is shown by ``show``; what it has asked for is in ``asked``."""

    def __init__(self, directory, notify):
        self.asked, self.refuses = [], False
        self._changed = threading.Condition()
        self.memory = Memory(directory)
        commands = Commands(*(lambda on, name=name: self._do(name, on) for name in Commands._fields))
        self.ha = HomeAssistant(
            notify,
            self.memory,
            Device("petcam", "1.2.3"),
            Words(assets_folder() / "words"),
            commands,
            lambda _: SimpleNamespace(picture=PICTURE),
        )

    def start(self, snapshot=QUIET):
        self.ha.tick(snapshot)
        self.ha.start()
        return self

    def topic(self, component):
        return f"petcam/{self.memory.identity}/{component}"

    @property
    def discovery(self):
        return f"homeassistant/device/petcam_{self.memory.identity}/config"

    def wait_for_asked(self, *asked):
        with self._changed:
            assert self._changed.wait_for(lambda: self.asked[-len(asked) :] == list(asked), SECONDS), self.asked

    def wait_for_trouble(self, part):
        """There is no event for it."""
        return self._wait_for(lambda: part in self.ha.way.error and self.ha.way.error)

    def wait_until_connected(self):
        self._wait_for(lambda: self.ha.way and self.ha.way.is_connected)
        assert (self.ha.way.failing_since, self.ha.way.error) == (None, "")

    def _wait_for(self, condition):
        deadline = time.monotonic() + SECONDS
        while not (found := condition()):
            assert time.monotonic() < deadline, self.ha.way
            time.sleep(0.02)
        return found

    def _do(self, name, on):
        with self._changed:
            self.asked.append((name, on))
            self._changed.notify_all()
        if self.refuses:
            raise PetcamError(Code.STREAMER_UNAVAILABLE, "not now")


@pytest.fixture
def broker(tmp_path):
    started = Mosquitto(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def petcam(tmp_path):
    """Makes one, which keeps what it remembers in one folder."""
    made = []

    def make(url="", **how):
        made.append(Petcam(tmp_path / "state", notify_of(url, **how)))
        return made[-1]

    yield make
    for each in made:
        each.ha.stop()
