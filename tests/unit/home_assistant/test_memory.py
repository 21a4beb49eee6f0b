"""The id, and who was told of what, over restarts."""

import pytest

from petcam.errors import PetcamError
from petcam.home_assistant.broker import Broker
from petcam.home_assistant.memory import MAX_BROKERS, MAX_GONE, Memory, Told

HOME = Broker("mqtt://home:1884", "petcam", "/etc/petcam/mqtt")


@pytest.fixture
def memory(tmp_path):
    made = Memory(tmp_path)
    made.load()
    return made


def loaded(tmp_path):
    memory = Memory(tmp_path)
    memory.load()
    return memory


def test_the_id_stays_and_so_does_who_was_told(memory, tmp_path):
    told = memory.of(HOME)
    memory.take_up(told, HOME)
    memory.change(told, {"class_cat": "binary_sensor", "class_dog": "binary_sensor"})
    assert memory.change(told, {"class_cat": "binary_sensor"}) == {"class_dog": "binary_sensor"}
    again = loaded(tmp_path)
    assert again.identity == memory.identity and len(again.identity) == 12
    assert again.told == [Told(HOME, {"class_cat": "binary_sensor"}, {"class_dog": "binary_sensor"})]
    again.forget(again.told[0])
    assert loaded(tmp_path).told == []


def test_a_broker_that_was_never_reached_is_not_remembered(memory, tmp_path):
    memory.change(memory.of(HOME), {"class_cat": "binary_sensor"})
    assert not (tmp_path / "home_assistant.json").exists()


def test_another_user_at_the_same_broker_is_the_same_broker(memory):
    told = memory.of(HOME)
    memory.take_up(told, HOME)
    other = HOME._replace(user="b", url="mqtts://home:1884")
    memory.take_up(memory.of(other), other)
    assert [each.broker for each in memory.told] == [other]


def test_what_is_kept_has_bounds(memory):
    for number in range(9):
        broker = Broker(f"mqtt://home{number}")
        memory.take_up(memory.of(broker), broker)
    assert len(memory.told) == MAX_BROKERS and memory.told[0].broker.host == "home8"
    told = memory.told[0]
    for number in range(200):
        memory.change(told, {f"class_{number}": "binary_sensor"})
    assert len(told.gone) == MAX_GONE and "class_198" in told.gone


def test_what_comes_back_is_not_gone_any_more(memory):
    told = memory.of(HOME)
    for components in ({"a": "sensor", "b": "sensor"}, {"a": "sensor"}, {"a": "sensor", "b": "sensor"}):
        memory.change(told, components)
    assert told.gone == {}


@pytest.mark.parametrize("content", ["", "{}", '{"id": "x", "brokers": []}', '{"id": "0123456789ab", "brokers": [{}]}'])
def test_a_damaged_file_is_no_new_device(tmp_path, content):
    (tmp_path / "home_assistant.json").write_text(content)
    with pytest.raises(PetcamError, match="nothing is sent by MQTT: to start over"):
        loaded(tmp_path)
