"""Names, topics and the discovery message."""

import json

import pytest

from petcam.home_assistant.device import Device
from petcam.home_assistant.discovery import discovery
from petcam.home_assistant.entities import Names, entities_of
from petcam.home_assistant.topics import Topics, slug
from petcam.system.assets import assets_folder
from petcam.words import Words

TOPICS = Topics("0123456789ab")


def components(classes=("cat",), places=("sofa",), language="en", name="petcam"):
    entities = entities_of(classes, places, Names(Words(assets_folder() / "words"), language))
    return json.loads(discovery(TOPICS, Device(name, "1"), entities, {}))["cmps"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("cat", "cat"), ("guinea pig", "guinea_pig_e37e8edb"), ("ソファ", "ccdc33c4"), ("Cat", "cat_48735c4f")],
)
def test_a_name_becomes_one_that_topics_and_ids_take(name, expected):
    assert slug(name) == expected


@pytest.mark.parametrize("name", ["#", "+", "a/b", "$SYS", "é" * 100, "a" * 33, " ", "\n"])
def test_no_name_leads_out_of_the_topic(name):
    assert set(slug(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_") and len(slug(name)) <= 32


def test_unique_ids_stay_whatever_the_language_and_the_name():
    before, after = components(), components(language="ja", name="居間")
    assert {key: each["unique_id"] for key, each in before.items()} == {
        key: each["unique_id"] for key, each in after.items()
    }
    assert before["class_cat"]["unique_id"] == "petcam_0123456789ab_class_cat"
    assert after["class_cat"]["default_entity_id"] == "binary_sensor.petcam_class_cat"
    assert components(name="Living room")["camera"]["default_entity_id"] == "switch.petcam_living_room_camera"


def test_names_are_in_the_language():
    assert components()["last_seen_cat"]["name"] == "Cat last seen"
    assert components(("guinea pig",))["class_guinea_pig_e37e8edb"]["name"] == "Guinea pig in view"
    assert components(language="ja")["place_sofa"]["name"] == "場所：sofa"
    assert components(("unicorn",), language="ja")["class_unicorn"]["name"] == "見えている：Unicorn"


def test_each_switch_has_its_command_topic_and_nothing_else_has():
    commanded = {key: each["command_topic"] for key, each in components().items() if "command_topic" in each}
    assert commanded == {key: f"petcam/0123456789ab/{key}/set" for key in ("camera", "home", "record")}
    assert [TOPICS.switch_of(topic) for topic in commanded.values()] == ["camera", "home", "record"]
    assert TOPICS.switch_of("petcam/0123456789ab/visit/set") is None
