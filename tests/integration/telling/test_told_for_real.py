"""The demo's cat, told by the real services: one message with its picture, whatever is killed or cut off."""

import base64
import time
from urllib.parse import urlsplit

import pytest
import requests

from petcam.system.streamer_binary import find_streamer
from tests.unit.telling.receiver import answers, hangs

pytest.importorskip("av")
pytest.importorskip("numpy")

from tests.told_house import SILENCE_SECONDS, ToldHouse, ginger_share

pytestmark = pytest.mark.skipif(find_streamer() is None, reason="there is no petcam-streamer: make setup")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with ToldHouse(tmp_path_factory.mktemp("house")) as house:
        house.start()
        yield house


@pytest.fixture
def comes(house):
    """The cat comes in anew; what has come before is left out."""
    house.put("settings", mute=0)

    def come(habit=answers(200)):  # noqa: B008
        house.receiver.habit = habit
        before = len(house.receiver.got)
        house.turn_camera(on=True)
        return before

    yield come
    house.turn_camera(on=False)


def test_one_message_with_its_picture_a_link_to_it_and_one_that_mutes(house, comes):
    before = comes()
    (message,) = house.wait(before + 1)[before:]
    found, (event,) = message.json, message.json["events"]
    assert (found["kind"], event["class"], event["end"]) == ("visit", "cat", None)
    assert found["tag"] == f"petcam-{event['id']}"
    assert ginger_share(base64.b64decode(found["picture"]["base64"])) > 0.05
    assert house.get(f"/api/events/{event['id']}").json()["class"] == "cat"
    # The cat is there: it leads to the live picture.
    assert house.get(path_of(found["link"]), allow_redirects=False).headers["Location"] == "/"
    assert house.get("/").ok
    time.sleep(SILENCE_SECONDS)  # in which nothing is to happen
    assert len(house.receiver.got) == before + 1

    mute = house.services.url + path_of(found["mute"])
    answer = requests.post(mute, data="minutes=60", timeout=20)
    assert answer.ok and house.get("/api/settings").json()["mute_until"] == answer.json()["mute_until"]
    house.turn_camera(on=False)
    visits = len(house.events())
    house.turn_camera(on=True)
    house.until_noticed(visits)
    time.sleep(SILENCE_SECONDS)
    assert len(house.receiver.got) == before + 1


def test_killed_and_started_again_it_tells_nothing_twice(house, comes):
    before = comes()
    house.wait(before + 1)
    for _ in range(2):
        house.services.kill("events")
        house.services.start("events")
        time.sleep(SILENCE_SECONDS)
    assert len(house.receiver.got) == before + 1


def test_killed_while_it_sends_it_does_not_send_again(house, comes):
    before = comes(hangs)
    house.wait(before + 1)
    house.services.kill("events")
    house.receiver.habit = answers(200)
    house.services.start("events")
    time.sleep(SILENCE_SECONDS)
    assert len(house.receiver.got) == before + 1


def test_with_the_camera_killed_too_it_is_still_one_visit(house, comes):
    before = comes()
    house.wait(before + 1)
    house.services.kill("events")
    house.services.kill("feed")
    house.services.start("feed")
    house.services.start("events")
    time.sleep(SILENCE_SECONDS)
    assert len(house.receiver.got) == before + 1


def test_a_network_that_was_away_brings_one_message(house, comes):
    house.receiver.pause()
    visits = len(house.events())
    before = comes()
    house.until_noticed(visits)
    time.sleep(SILENCE_SECONDS)
    assert len(house.receiver.got) == before
    house.receiver.resume()
    house.wait(before + 1)
    time.sleep(SILENCE_SECONDS)
    assert len(house.receiver.got) == before + 1


def path_of(url):
    return urlsplit(url).path
