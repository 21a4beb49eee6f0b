"""The routes for the settings: the owner's alone, saved at once, refused with the key that is wrong."""

from datetime import datetime, timedelta, timezone

import pytest

from petcam.errors import Code, PetcamError
from petcam.settings import DEFAULTS, as_document
from petcam.settings.document import TIME_FORMAT
from petcam.system.control_socket import ControlSocket

ROUTES = [("GET", ""), ("PUT", ""), ("GET", "/ways"), ("POST", "/test")]


def put(client, patch, **more):
    return client.put("/api/settings", json=patch, **more)


def test_it_answers_what_is_set_and_changes_it(client, services):
    assert client.get("/api/settings").get_json() == as_document(DEFAULTS)
    changed = put(client, {"home": False, "notify": {"sound": True}})
    wanted = as_document(DEFAULTS)
    wanted["home"], wanted["notify"]["sound"] = False, True
    assert changed.status_code == 200 and changed.get_json() == wanted == client.get("/api/settings").get_json()
    assert as_document(services.settings.read()) == wanted


def test_what_is_wrong_is_named_and_nothing_is_changed(client, services):
    for patch, key in [({"notify": {"visits": 1}}, "notify.visits"), ({"colour": 1}, "colour"), ({"mute": -1}, "mute")]:
        answer = put(client, {**patch, "home": False})
        assert answer.status_code == 400 and f'"{key}"' in answer.get_json()["message"]
    assert not services.settings.path.exists()
    assert client.put("/api/settings", data=b"[]").status_code == 400
    assert client.put("/api/settings", data=b"x" * 40_000).status_code == 413


def test_muting_goes_by_the_board_s_clock(client):
    until = put(client, {"mute": 60}).get_json()["mute_until"]
    left = datetime.strptime(until, TIME_FORMAT).replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)
    assert abs(left - timedelta(hours=1)) < timedelta(minutes=1)
    assert put(client, {"mute": "tomorrow"}).get_json()["mute_until"] > datetime.now(timezone.utc).strftime(TIME_FORMAT)
    assert put(client, {"mute_until": until}).get_json()["mute_until"] == until  # which takes it back
    assert put(client, {"mute": 0}).get_json()["mute_until"] is None
    assert put(client, {"mute": 1, "mute_until": None}).status_code == 400
    assert put(client, {"mute": "never"}).status_code == put(client, {"mute": True}).status_code == 400


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_it_is_the_owner_s_alone(viewer, anonymous, services, method, path):
    for client, status in ((viewer, 403), (anonymous, 401)):
        assert client.open(f"/api/settings{path}", method=method, json={"home": False}).status_code == status
    assert not services.settings.path.exists()


def test_the_owner_may(owner, services):
    assert put(owner, {"home": False}).status_code == 200 and services.settings.read().home is False
    assert put(owner, {"home": True}, headers={"Origin": "http://evil.example"}).status_code == 403


def test_what_the_disk_does_not_take_is_said(client, services, monkeypatch):
    def refuse(*_):
        raise PetcamError(Code.STATE_NOT_WRITTEN, "the disk is full")

    monkeypatch.setattr(services.settings._file, "write_document", refuse)
    assert put(client, {"home": False}).status_code == 507


def test_a_damaged_file_is_said_in_the_health_and_mended_by_a_change(client, services):
    services.settings.path.parent.mkdir(exist_ok=True)
    services.settings.path.write_text("{")
    assert client.get("/api/settings").get_json() == as_document(DEFAULTS)
    assert "settings.json" in str(client.get("/healthz").get_json())
    put(client, {"home": False})
    assert "settings.json" not in str(client.get("/healthz").get_json())


@pytest.fixture
def events(tmp_path, services):
    """Has petcam-events listen, which answers so."""
    listening = []

    def start(answer):
        listening.append(ControlSocket(tmp_path / "control", "petcam-events", answer))
        listening[0].start()

    yield start
    for each in listening:
        each.close()


def test_it_says_how_each_way_goes_and_tries_them(client, events):
    ways = {"ntfy://ntfy.sh": "it cannot be reached", "mqtt": ""}
    events(lambda asked, deadline: {"status": "", "trouble": "", "ways": {**ways, "asked": asked["do"]}})
    assert client.get("/api/settings/ways").get_json() == {"ways": {**ways, "asked": "status"}}
    assert client.post("/api/settings/test").get_json() == {"ways": {**ways, "asked": "notify-test"}}


def test_a_petcam_events_that_knows_no_ways_is_no_error(client, events):
    def answer(asked, deadline):
        if asked["do"] == "status":
            return {"status": "", "trouble": ""}
        raise ValueError('"do" is "status" or "delete"')

    events(answer)
    assert client.get("/api/settings/ways").get_json() == {"ways": None}
    assert client.post("/api/settings/test").get_json() == {"ways": None}


def test_a_petcam_events_that_does_not_run_is_said(client):
    for answer in (client.get("/api/settings/ways"), client.post("/api/settings/test")):
        assert answer.status_code == 503 and answer.get_json()["error"] == "Events service unavailable"
