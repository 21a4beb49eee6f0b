"""The camera's switch by petcam-web: the route, the health, what is refused while it is off, and its timer."""

import json
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from petcam.access import CameraSwitch, Place, SwitchState
from petcam.errors import Code, PetcamError
from petcam.web.camera import Camera, Timer
from petcam.web.camera.timer import is_due
from petcam.web.http import Mark
from petcam.web.http.marks import MARKS_ATTRIBUTE
from petcam.web.sound import Ear, Sound
from tests.unit.web.conftest import make_client
from tests.unit.web.fakes import PASSWORD, VIEWERS

LIVE = [
    ("GET", "/stream.mjpg"),
    ("GET", "/snapshot.jpg"),
    ("GET", "/api/detections/stream"),
    ("GET", "/api/past.mp4"),
    ("POST", "/api/recording/start"),
    ("POST", "/api/recording/past"),
    ("POST", "/api/webrtc/offer"),
    ("POST", "/api/webrtc/sound"),
]


@pytest.fixture
def switch(services):
    return services.camera_switch


def test_it_is_on_until_somebody_turns_it(client):
    assert client.get("/api/camera").get_json() == {"on": True, "since": None, "by": None, "until": None}
    assert client.get("/api/go/health").get_json()["camera_switch"]["on"] is True


def test_the_owner_turns_it_off_for_a_while_and_on_again(client, switch):
    said = client.put("/api/camera", json={"on": False, "minutes": 60}).get_json()
    assert (said["on"], said["by"]) == (False, "owner")
    since, until = (datetime.fromisoformat(said[key].replace("Z", "+00:00")) for key in ("since", "until"))
    assert 3600 <= (until - since).total_seconds() <= 3660
    assert said == client.get("/api/camera").get_json() == client.get("/api/go/health").get_json()["camera_switch"]
    assert CameraSwitch(switch.path.parent).state().on is False
    assert client.put("/api/camera", json={"on": False}).get_json()["until"] is None
    said = client.put("/api/camera", json={"on": True, "minutes": 5}).get_json()
    assert (said["on"], said["until"]) == (True, None)


@pytest.mark.parametrize(
    "body",
    [{}, {"on": 0}, {"on": "false"}, *({"on": False, "minutes": wrong} for wrong in (0, 10_081, 1.5, True, "60"))],
)
def test_it_refuses_what_makes_no_sense(client, switch, body):
    answer = client.put("/api/camera", json=body)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Bad request")
    assert not switch.path.exists()


@pytest.mark.parametrize(("method", "path"), LIVE)
def test_what_shows_or_records_the_moment_is_refused_while_it_is_off(client, switch, streamer, method, path):
    switch.turn(False, "owner")
    answer = client.open(path, method=method, json={} if method == "POST" else None)
    assert (answer.status_code, answer.get_json()["error"]) == (503, "Camera off")
    assert streamer.asked == []


def test_every_route_of_the_moment_is_among_them(client):
    """A new route that shows what the camera sees has to be marked; who reads this list sees which are."""
    app = client.application
    marked = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods & {"GET", "POST", "PUT", "DELETE"}
        if Mark.LIVE in getattr(app.view_functions[rule.endpoint], MARKS_ATTRIBUTE, ())
    }
    assert marked == set(LIVE)


@pytest.mark.parametrize("path", ["/", "/recordings", "/api/recordings", "/api/events", "/api/go/health", "/healthz"])
def test_what_is_from_before_can_be_seen_as_ever(client, switch, path):
    switch.turn(False, "owner")
    assert client.get(path).status_code == 200


def test_a_recording_can_be_ended_while_it_is_off(client, switch, streamer):
    switch.turn(False, "owner")
    client.post("/api/recording/stop", json={})
    assert [asked[:2] for asked in streamer.asked] == [("POST", "/stop")]


def test_viewers_see_the_switch_and_do_not_turn_it(services_with_login, connection):
    services_with_login.owner.set_viewer_password(VIEWERS)
    viewer = make_client(services_with_login, connection)
    assert viewer.get("/api/camera").status_code == viewer.put("/api/camera", json={"on": False}).status_code == 401
    assert viewer.post("/login", data={"password": VIEWERS}).status_code == 303
    assert viewer.put("/api/camera", json={"on": False}).status_code == 403
    assert viewer.get("/api/camera").get_json()["on"] is True
    assert 'id="camera-switch"' not in viewer.get("/").get_data(as_text=True)
    owner = make_client(services_with_login, connection)
    assert owner.post("/login", data={"password": PASSWORD}).status_code == 303
    assert owner.put("/api/camera", json={"on": False}).status_code == 200
    assert viewer.get("/api/camera").get_json()["on"] is False
    assert 'id="camera-switch"' in owner.get("/").get_data(as_text=True)


def test_a_program_turns_it_with_a_token_that_was_made_for_it(services_with_login, connection):
    tokens = services_with_login.viewing_tokens
    may, watches = tokens.add("phone", camera=True), tokens.add("player")
    client = make_client(services_with_login, connection)
    bearer = lambda token: {"Authorization": f"Bearer {token}"}  # noqa: E731
    for token in (watches, "petcam_x", ""):
        assert client.get("/api/camera", headers=bearer(token)).status_code == 401
        assert client.put("/api/camera", json={"on": False}, headers=bearer(token)).status_code == 401
    said = client.put("/api/camera", json={"on": False}, headers=bearer(may)).get_json()
    assert (said["on"], said["by"]) == (False, "token")
    assert client.get("/api/camera", headers=bearer(may)).get_json() == said
    assert client.put("/api/sound", json={"on": False}, headers=bearer(may)).status_code == 401
    tokens.revoke("phone")
    assert client.put("/api/camera", json={"on": True}, headers=bearer(may)).status_code == 401


@pytest.mark.parametrize(("language", "words"), [("ja", "カメラはオフです"), ("en", "The camera is off")])
def test_the_page_comes_with_the_words_that_it_is_off(client, switch, language, words):
    asked = {"Accept-Language": language}
    assert words not in client.get("/", headers=asked).get_data(as_text=True)
    switch.turn(False, "owner")
    page = client.get("/", headers=asked).get_data(as_text=True)
    assert words in page and 'data-video="off"' in page and 'class="plain"' not in page


def test_while_it_is_off_nobody_hears_either(services, connection, switch):
    config = replace(services.config, camera=replace(services.config.camera, microphone="default"))
    sound = Sound(config, services.sound_switch, switch, Ear(lambda: pytest.fail("it listens")))
    client = make_client(replace(services, config=config, sound=sound), connection)
    switch.turn(False, "owner")
    assert client.get("/api/sound").get_json()["on"] is False
    assert client.get("/api/go/health").get_json()["sound"] == {"configured": True, "on": False, "heard": False}
    page = client.get("/", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "Microphone off" in page and 'data-state="off" disabled' in page


def test_a_disk_that_takes_nothing_is_said(client, switch, monkeypatch):
    def refuse(*_):
        raise PetcamError(Code.STATE_NOT_WRITTEN, "camera.json cannot be written")

    monkeypatch.setattr(switch, "turn", refuse)
    answer = client.put("/api/camera", json={"on": False})
    assert (answer.status_code, answer.get_json()["error"]) == (507, "State not written")


def test_a_damaged_switch_is_off_and_a_fault_of_the_service(client, switch):
    switch.path.parent.mkdir(exist_ok=True)
    switch.path.write_text("{")
    assert client.get("/api/camera").get_json() == {"on": False, "since": None, "by": None, "until": None}
    (fault,) = client.get("/healthz").get_json()["faults"]
    assert "camera.json" in fault and "camera is off" in fault
    assert client.get("/snapshot.jpg").status_code == 503
    assert client.put("/api/camera", json={"on": True}).get_json()["on"] is True
    assert client.get("/healthz").get_json()["faults"] == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_while_its_disk_is_away_it_is_off_and_pages_have_words_for_that(services, connection, tmp_path, language):
    switch = CameraSwitch(tmp_path, place=Place(tmp_path, "0" * 32))
    client = make_client(replace(services, camera_switch=switch, camera=Camera(switch)), connection)
    assert client.get("/api/camera").get_json()["on"] is False
    answer = client.put("/api/camera", json={"on": True})
    assert (answer.status_code, answer.get_json()["error"]) == (503, "State damaged")
    words = json.loads((Path(__file__).parents[3] / "words" / f"{language}.json").read_text(encoding="utf-8"))
    assert words["errors"]["Camera off"]


SINCE = datetime(2026, 11, 28, 1, tzinfo=timezone.utc).timestamp()
HOUR = 3600
OFF = SwitchState(False, "2026-11-28T01:00:00Z", "owner", "2026-11-28T02:00:00Z", at_ns=100 * 10**9)


@pytest.mark.parametrize(
    ("wall", "passed", "due"),
    [
        (SINCE + HOUR - 1, HOUR - 1, False),
        (SINCE + HOUR, HOUR, True),
        (SINCE + 365 * 24 * HOUR, 10, False),  # the clock jumped
        (SINCE + HOUR - 1, HOUR + 5, False),  # it was set back, or the machine has slept
        (SINCE + HOUR, -50, True),  # another boot
        (SINCE + 60, -50, False),
        (0, -50, False),  # it boots in 1970
    ],
)
def test_its_time_is_over_by_both_clocks(wall, passed, due):
    assert is_due(OFF, wall, OFF.at_ns + int(passed * 1e9)) is due


@pytest.mark.parametrize("state", [SwitchState(True), replace(OFF, until=None), SwitchState(False)])
def test_without_a_time_it_stays_as_it_is(state):
    assert not is_due(state, SINCE + 10**9, 10**18)


def test_the_timer_turns_it_on_again(switch):
    now = [time.time(), time.monotonic_ns()]
    timer = Timer(switch, now=lambda: (now[0], now[1]))
    switch.turn(False, "owner", 1)
    timer.look()
    assert not switch.state().on
    now[0] += 61
    now[1] += 61 * 10**9
    timer.look()
    assert (switch.state().on, switch.state().by) == (True, "timer")


def test_the_timer_starts_and_stops(switch):
    timer = Timer(switch)
    timer.start()
    assert timer.is_alive()
    timer.stop()
    assert not timer.is_alive()
