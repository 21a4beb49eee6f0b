"""Who serves the page turns the camera: what one of the two servers was told the other one goes on with."""

import json
import time
from datetime import datetime, timedelta

import pytest
import requests
import yaml

from petcam.access import CameraSwitch
from petcam.settings import SettingsFile
from tests.real_services import OWNER, START_TIMEOUT_SECONDS, RealServices

LOOKS_SECONDS = 2.5  # of the timer: two at least
BOTH = ("python", "go")


class House(RealServices):
    """One state, served by the one and then by the other."""

    def serve(self, server):
        """Gives a browser that has been logged in since the first."""
        for name in list(self._running):
            self.stop(name)
        settings = yaml.safe_load(self._file.read_text())
        settings["web"]["server"] = self.server = server
        self._file.write_text(yaml.safe_dump(settings))
        self.start("streamer", *(["web"] if server == "python" else []))
        self._wait_for_page()
        self.browser = getattr(self, "browser", None) or self._browser()

    def turn(self, on, minutes=None):
        answer = self.browser.put(f"{self.url}/api/camera", json={"on": on, "minutes": minutes}, timeout=20)
        assert answer.status_code == 200, answer.text

    def stands(self):
        """What the page says, and what is in the file."""
        answer = self.browser.get(f"{self.url}/api/camera", timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.text, (self.state / "camera.json").read_text()

    def stands_after_looks(self):
        time.sleep(LOOKS_SECONDS)  # that nothing is turned is no event
        return self.stands()

    def becomes(self, on, by):
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while (json.loads(self.stands()[0])["on"], json.loads(self.stands()[0])["by"]) != (on, by):
            assert time.monotonic() < deadline, self.stands()
            time.sleep(0.1)

    def put(self, **changes):
        file = self.state / "camera.json"
        file.with_suffix(".new").write_text(json.dumps({**json.loads(file.read_text()), **changes}))
        file.with_suffix(".new").replace(file)

    def _wait_for_page(self):
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                if requests.get(f"{self.url}/healthz", timeout=5).ok:
                    return
            except requests.ConnectionError:
                assert time.monotonic() < deadline, self.all_logs()
            time.sleep(0.05)  # there is no event for the port of another process

    def _browser(self):
        session = requests.Session()
        session.headers.update({"Cookie": self.log_in(OWNER), "Origin": self.url})
        return session


@pytest.fixture
def house(tmp_path):
    with House(tmp_path) as made:
        yield made


@pytest.mark.parametrize(("first", "then"), [BOTH, BOTH[::-1]])
def test_an_hour_that_one_was_told_the_other_one_ends(house, first, then):
    house.serve(first)
    house.turn(False, 60)
    was = house.stands()
    assert CameraSwitch(house.state).state().until == json.loads(was[0])["until"] is not None
    house.serve(then)
    assert house.stands_after_looks() == was
    over = datetime.utcnow() - timedelta(minutes=1)
    house.put(since=f"{over - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}", until=f"{over:%Y-%m-%dT%H:%M:%SZ}", at_ns=1)
    house.becomes(True, "timer")


@pytest.mark.parametrize(("first", "then"), [BOTH, BOTH[::-1]])
def test_who_turned_it_on_within_an_off_time_has_it_on_with_the_other_one_too(house, first, then):
    hour = [f"{datetime.now() + timedelta(hours=by):%H:%M}" for by in (-1, 1)]
    house.state.mkdir(exist_ok=True)
    SettingsFile(house.state).change({"schedule": [{"days": list(range(7)), "from": hour[0], "to": hour[1]}]})
    house.serve(first)
    house.becomes(False, "schedule")
    house.turn(True)
    was = house.stands()
    house.serve(then)
    assert house.stands_after_looks() == was
    house.put(since="2026-01-01T00:00:00Z")  # before the off-time
    house.becomes(False, "schedule")
    SettingsFile(house.state).change({"schedule": []})
    house.becomes(True, "schedule")
