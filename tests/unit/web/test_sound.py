"""The camera's sound by petcam-web: the route, the health, the level, and what pages say of the microphone."""

import json
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from petcam.access import Place, SoundSwitch
from petcam.config import Recording, WebRTC
from petcam.errors import Code, PetcamError
from petcam.streamer_client import Answer
from petcam.web.sound import Ear, LevelFeed, Sound, level_feed
from petcam.web.sound import ear as ear_module
from petcam.web.sound.loudness import loudness
from tests.unit.web.conftest import make_client
from tests.unit.web.fakes import PASSWORD, VIEWERS, FakeConnection, bad_segment, detections

MICROPHONE = {"camera": {"microphone": "default"}}


def packet(rms=-40.0, peak=-30.0, age=0.0):
    return SimpleNamespace(publish_ns=time.monotonic_ns() - int(age * 1e9), rms_db=rms, peak_db=peak)


@pytest.fixture
def with_microphone(audio_reader):
    """Makes the same services for a camera that has a microphone."""

    def make(services, **changes):
        camera = replace(services.config.camera, microphone="default")
        config = replace(services.config, camera=camera, **changes)
        sound = Sound(config, services.sound_switch, services.camera_switch, Ear(lambda: audio_reader))
        return replace(services, config=config, sound=sound)

    return make


@pytest.fixture
def services_with_microphone(services, with_microphone):
    return with_microphone(services)


@pytest.fixture
def hearing(services_with_microphone, connection):
    return make_client(services_with_microphone, connection)


def test_a_camera_without_a_microphone_says_so(client):
    assert client.get("/api/sound").get_json() == {
        "configured": False,
        "on": False,
        "since": None,
        "by": None,
        "heard": False,
        "recorded": False,
    }
    assert "sound" not in client.get("/api/webrtc/config").get_json()
    assert client.get("/api/go/health").get_json()["sound"] == {"configured": False, "on": False, "heard": False}


def test_it_says_whether_sound_comes(hearing, audio_reader, monkeypatch):
    monkeypatch.setattr(ear_module, "KEPT_SECONDS", 0)
    monkeypatch.setattr(ear_module, "FRESH_NS", 60 * 10**9)
    assert hearing.get("/api/sound").get_json()["heard"] is False
    audio_reader.items.put(packet())
    assert hearing.get("/api/sound").get_json() == {
        "configured": True,
        "on": True,
        "since": None,
        "by": None,
        "heard": True,
        "recorded": True,
    }
    audio_reader.items.put(packet(age=61))
    assert hearing.get("/api/sound").get_json()["heard"] is False
    audio_reader.items.put(packet())
    assert hearing.get("/api/go/health").get_json()["sound"] == {"configured": True, "on": True, "heard": True}
    audio_reader.items.put(bad_segment())
    assert hearing.get("/api/sound").get_json()["heard"] is False
    assert audio_reader.opened == audio_reader.closed


def test_who_asks_often_is_told_what_was_seen_at_the_last_look(hearing, audio_reader, monkeypatch):
    monkeypatch.setattr(ear_module, "KEPT_SECONDS", 60)
    for _ in range(5):
        hearing.get("/api/sound")
    assert audio_reader.opened == 1


def test_the_owner_ends_sound_for_all_and_it_stays_so(hearing, services, audio_reader):
    answer = hearing.put("/api/sound", json={"on": False})
    assert answer.status_code == 200
    said = answer.get_json()
    assert (said["on"], said["by"], said["heard"], said["configured"]) == (False, "owner", False, True)
    assert said["since"].endswith("Z")
    assert audio_reader.opened == 0  # what is off is not looked at
    assert SoundSwitch(services.sound_switch.path.parent).state().on is False
    assert hearing.get("/api/go/health").get_json()["sound"]["on"] is False
    assert hearing.put("/api/sound", json={"on": True}).get_json()["on"] is True


@pytest.mark.parametrize("body", [{}, {"on": 1}, {"on": "true"}, {"on": None}])
def test_it_refuses_what_is_neither_on_nor_off(hearing, services, body):
    answer = hearing.put("/api/sound", json=body)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Bad request")
    assert not services.sound_switch.path.exists()


def test_viewers_see_the_switch_and_do_not_turn_it(services_with_login, with_microphone, connection):
    services = with_microphone(services_with_login)
    services.owner.set_viewer_password(VIEWERS)
    viewer = make_client(services, connection)
    assert viewer.put("/api/sound", json={"on": False}).status_code == 401
    assert viewer.post("/login", data={"password": VIEWERS}).status_code == 303
    assert viewer.put("/api/sound", json={"on": False}).status_code == 403
    assert viewer.get("/api/sound").get_json()["on"] is True
    owner = make_client(services, connection)
    assert owner.post("/login", data={"password": PASSWORD}).status_code == 303
    assert owner.put("/api/sound", json={"on": False}).status_code == 200
    assert viewer.get("/api/sound").get_json()["on"] is False


def test_a_disk_that_takes_nothing_is_said(hearing, services, monkeypatch):
    def refuse(*_):
        raise PetcamError(Code.STATE_NOT_WRITTEN, "sound.json cannot be written")

    monkeypatch.setattr(services.sound_switch, "turn", refuse)
    answer = hearing.put("/api/sound", json={"on": False})
    assert (answer.status_code, answer.get_json()["error"]) == (507, "State not written")


def test_a_damaged_switch_is_off_and_a_fault_of_the_service(hearing, services):
    services.sound_switch.path.parent.mkdir(exist_ok=True)
    services.sound_switch.path.write_text("{")
    assert hearing.get("/api/sound").get_json()["on"] is False
    (fault,) = hearing.get("/healthz").get_json()["faults"]
    assert "sound.json" in fault and "microphone is off" in fault
    assert hearing.put("/api/sound", json={"on": True}).get_json()["on"] is True
    assert hearing.get("/healthz").get_json()["faults"] == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_while_its_disk_is_away_it_is_off_and_pages_have_words_for_that(
    services, with_microphone, connection, tmp_path, language
):
    switch = SoundSwitch(tmp_path, place=Place(tmp_path, "0" * 32))
    client = make_client(with_microphone(replace(services, sound_switch=switch)), connection)
    assert client.get("/api/sound").get_json()["on"] is False
    answer = client.put("/api/sound", json={"on": True})
    assert (answer.status_code, answer.get_json()["error"]) == (503, "State damaged")
    words = json.loads((Path(__file__).parents[3] / "words" / f"{language}.json").read_text(encoding="utf-8"))
    assert words["errors"]["State damaged"]
    assert not (tmp_path / "sound.json").exists()


def test_it_says_whether_recordings_have_it(services, with_microphone, connection):
    silent = with_microphone(services, recording=Recording(directory="/nowhere", sound="off"))
    assert make_client(silent, connection).get("/api/sound").get_json()["recorded"] is False


def test_pages_offer_to_take_sound_only_where_the_streamer_has_some(
    services, hearing, with_microphone, connection, streamer
):
    assert hearing.get("/api/webrtc/config").get_json()["sound"] is True
    python = make_client(with_microphone(services, webrtc=WebRTC(backend="python")), connection)
    assert "sound" not in python.get("/api/webrtc/config").get_json()


def test_it_passes_a_viewers_wish_on_to_the_streamer(hearing, streamer):
    streamer.answer = Answer(200, b'{"on":true}')
    answer = hearing.post("/api/webrtc/sound", json={"id": "a1", "on": True})
    assert answer.get_json() == {"on": True}
    (asked,) = streamer.asked
    assert asked[:2] == ("POST", "/api/webrtc/sound") and json.loads(asked[2]) == {"id": "a1", "on": True}
    assert hearing.post("/api/webrtc/sound", data=b"{").status_code == 400


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_says_that_the_microphone_is_on(services_with_login, with_microphone, connection, language):
    services = with_microphone(services_with_login)
    owner = make_client(services, connection)
    owner.post("/login", data={"password": PASSWORD})
    said = {"ja": ("マイク：オン", "マイク：オフ"), "en": ("Microphone on", "Microphone off")}[language]
    for is_on in (True, False):
        services.sound_switch.turn(is_on, "owner")
        for path in ("/", "/recordings", "/account"):
            page = owner.get(path, headers={"Accept-Language": language}).get_data(as_text=True)
            assert said[0 if is_on else 1] in page and said[1 if is_on else 0] not in page, path


def test_pages_of_a_camera_without_a_microphone_say_nothing_of_one(owner):
    for path in ("/", "/recordings", "/account"):
        page = owner.get(path, headers={"Accept-Language": "en"}).get_data(as_text=True)
        assert 'id="microphone"' not in page and "Microphone" not in page


@pytest.fixture
def levels(services_with_microphone, audio_reader, monkeypatch):
    monkeypatch.setattr(level_feed, "MAX_AGE_SECONDS", 60)
    services = services_with_microphone
    feed = LevelFeed(services.sound, services.detections.subscribers, lambda: audio_reader)
    feed.start()
    yield feed
    feed.stop()


def level(connection):
    data = connection.sent.get(timeout=5)
    assert data.startswith(b"event: level\ndata: ") and data.endswith(b"\n\n")
    return json.loads(data.split(b"data: ")[1])


def test_the_level_comes_beside_the_detectors_results(services, levels, audio_reader, connection, reader):
    services.detections.start()
    services.detections.subscribers.join(connection)
    for rms, peak in ((-30, -20.04), (-40, -25), (-40, -26)):
        audio_reader.items.put(packet(rms, peak))
    said = level(connection)
    assert said["peak"] == -20.0 and -40 <= said["rms"] <= -30
    reader.items.put(detections(frame_number=9))
    assert connection.event()["frame_number"] == 9


def test_a_level_is_the_power_of_all_its_packets():
    assert loudness([packet(-30, -20), packet(-90, -50)]) == {"rms": -33.0, "peak": -20.0}
    assert loudness([packet(-96, -96)]) == {"rms": -96.0, "peak": -96.0}


def test_nobody_is_told_a_level_of_before_or_while_sound_is_off(services, levels, audio_reader, connection):
    services.detections.subscribers.join(connection)
    audio_reader.items.put(packet(age=61))
    audio_reader.items.put(packet(-10, -10))
    assert level(connection) == {"rms": -10.0, "peak": -10.0}
    services.sound_switch.turn(False, "owner")
    audio_reader.items.put(packet(-20, -20))
    audio_reader.asked.clear()
    for _ in range(2):  # a look, and the next one
        assert audio_reader.asked.wait(5)
        audio_reader.asked.clear()
    services.sound_switch.turn(True, "owner")
    audio_reader.items.put(packet(-5, -5))
    assert level(connection) == {"rms": -5.0, "peak": -5.0}


def test_the_segment_is_read_only_while_somebody_listens(services, levels, audio_reader, connection):
    leave = services.detections.subscribers.join(connection)
    assert audio_reader.asked.wait(5)
    leave()
    deadline = time.monotonic() + 5
    while audio_reader.closed < audio_reader.opened:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert levels.is_alive()


def test_who_is_behind_misses_levels_and_nothing_else(services):
    prompt, slow = FakeConnection(), FakeConnection()
    for each in (prompt, slow):
        services.detections.subscribers.join(each)
    slow.unread_bytes = 100_000
    services.detections.subscribers.tell(b"level")
    assert prompt.sent.get(timeout=5) == b"level" and slow.sent.empty()
    late = FakeConnection()
    services.detections.subscribers.join(late)
    assert late.sent.empty()  # a level is no result that the next one is given
