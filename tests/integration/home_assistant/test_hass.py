"""petcam, a real broker and a real Home Assistant."""

import tempfile
from pathlib import Path

import pytest

from petcam.telling.happening import Happening
from tests.broker import needs_mosquitto
from tests.hass import FOLDER, Hass, needs_hass
from tests.integration.home_assistant.conftest import PICTURE, QUIET

pytestmark = [needs_mosquitto, needs_hass, pytest.mark.timeout(600)]

SNAPSHOT = QUIET._replace(
    classes_there=frozenset({"cat"}),
    places_there=frozenset({"sofa"}),
    last_seen={"cat": 1_800_000_000.0},
    visits_today=3,
    asleep_today_seconds=5_400.0,
    camera=True,
    home=False,
)


@pytest.fixture
def hass(broker):
    with tempfile.TemporaryDirectory(dir=FOLDER) as directory:
        started = Hass(Path(directory) / "config", broker.port)
        yield started
        started.stop()


@pytest.fixture
def shown(broker, hass, petcam):
    """A petcam that Home Assistant shows as a whole."""
    speaking = petcam(f"mqtt://127.0.0.1:{broker.port}").start(SNAPSHOT)
    hass.wait_for(lambda: len(states(hass)) == 15 and "unavailable" not in states(hass).values())
    hass.wait_for(lambda: states(hass)["Camera"] == "on" and states(hass)["Cat last seen"] != "unknown")
    return speaking


def test_all_entities_are_shown_as_they_are(hass, shown):
    for name, state in sorted(by_name(hass).items()):
        print(f"{state['entity_id']:48} {name:18} {state['state']}")
    assert states(hass) == {
        "Visit": "unknown",
        "Sound": "unknown",
        "Trouble": "unknown",
        "Last visit": "unknown",
        "Visits today": "3",
        "Asleep today": "90",
        "Camera": "on",
        "Somebody home": "off",
        "Record now": "off",
        "Cat in view": "on",
        "Cat last seen": "2027-01-15T08:00:00+00:00",
        "Dog in view": "off",
        "Dog last seen": "unknown",
        "sofa occupied": "on",
        "ソファ occupied": "off",
    }
    shown.ha.stop()
    hass.wait_for(lambda: set(states(hass).values()) == {"unavailable"})
    complaints = [line for line in hass.log().splitlines() if "WARNING" in line or "ERROR" in line]
    assert [line for line in complaints if "mqtt" in line.lower()] == []


@pytest.mark.parametrize(
    ("name", "switch", "field"),
    [("Camera", "camera", "camera"), ("Somebody home", "home", "home"), ("Record now", "record", "recording")],
)
def test_switches_work_both_ways(hass, shown, name, switch, field):
    entity, was_on = by_name(hass)[name]["entity_id"], states(hass)[name] == "on"
    hass.switch(entity, not was_on)
    shown.wait_for_asked((switch, not was_on))
    shown.ha.tick(SNAPSHOT._replace(**{field: not was_on}))
    hass.wait_for(lambda: hass.state(entity) == ("off" if was_on else "on"))
    shown.ha.tick(SNAPSHOT._replace(**{field: was_on}))  # as if it was turned on petcam's own page
    hass.wait_for(lambda: hass.state(entity) == ("on" if was_on else "off"))


def test_a_visit_is_an_event_with_a_picture(hass, shown):
    shown.ha.take(Happening(7, "visit", "cat", "begin", 1_800_000_000.0, places=("sofa",)))
    hass.wait_for(lambda: states(hass)["Visit"] != "unknown" and states(hass)["Last visit"] != "unknown")
    told = by_name(hass)["Visit"]["attributes"]
    assert (told["event_type"], told["id"], told["classes"], told["places"]) == ("begin", 7, ["cat"], ["sofa"])
    assert hass.picture(by_name(hass)["Last visit"]["entity_id"]) == PICTURE


def test_a_class_that_is_gone_is_removed_and_comes_back(hass, shown):
    shown.ha.tick(SNAPSHOT._replace(classes=("cat",)))
    hass.wait_for(lambda: len(states(hass)) == 13 and "Dog in view" not in states(hass))
    shown.ha.tick(SNAPSHOT)
    hass.wait_for(lambda: states(hass).get("Dog in view") == "off")


def test_home_assistant_that_starts_later_finds_all_and_forgets_a_petcam_that_left(broker, hass, petcam):
    hass.stop()
    before = petcam(f"mqtt://127.0.0.1:{broker.port}").start(SNAPSHOT)
    before.wait_until_connected()
    hass.start()
    hass.wait_for(lambda: states(hass).get("Camera") == "on")
    before.ha.stop()
    petcam("").start()
    hass.wait_for(lambda: states(hass) == {})


def states(hass):
    return {name: each["state"] for name, each in by_name(hass).items()}


def by_name(hass):
    """All of petcam's."""
    named = {}
    for each in hass.states().values():
        name = each["attributes"].get("friendly_name", "")
        if name.startswith("petcam "):
            named[name.removeprefix("petcam ")] = each
    return named
