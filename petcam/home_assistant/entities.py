"""What Home Assistant shows of petcam: each entity with what its discovery needs to know."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

from petcam.home_assistant.topics import EVENTS, slug

MOST = 32  # classes, and places
MAX_NAME = 64  # characters

TextOf = Callable[[str], str]


class Words(Protocol):
    def text(self, language: str, key: str, **values: object) -> str: ...
    def has(self, key: str) -> bool: ...


class Entity(NamedTuple):
    component: str
    platform: str
    name: str  # for people
    options: dict[str, Any]  # besides what all of a platform have


class Names:
    """Words for people in one language."""

    def __init__(self, words: Words, language: str) -> None:
        self._words, self._language = words, language

    def text(self, key: str, **values: object) -> str:
        return self._words.text(self._language, key, **values)

    def of_class(self, name: str) -> str:
        key = f"classes.{name}"
        shown = self.text(key) if self._words.has(key) else name[:MAX_NAME]
        return shown[:1].upper() + shown[1:]


def entities_of(classes: Iterable[str], places: Iterable[str], names: Names) -> list[Entity]:
    """Classes and places are ``MOST`` at most."""
    return [*_fixed(names), *_of_classes(classes, names), *_of_places(places, names)]


def _fixed(names: Names) -> list[Entity]:
    texts = [
        ("visit", "event", names.text("home_assistant.visit"), {"icon": "mdi:paw"}),
        ("sound", "event", names.text("home_assistant.sound"), {"icon": "mdi:volume-high"}),
        ("trouble", "event", names.text("home_assistant.trouble"), {"icon": "mdi:alert-circle-outline"}),
        ("picture", "image", names.text("home_assistant.picture"), {}),
        ("visits_today", "sensor", names.text("home_assistant.visits_today"), {"state_class": "total_increasing"}),
        ("asleep_today", "sensor", names.text("home_assistant.asleep_today"), _MINUTES),
        ("camera", "switch", names.text("home_assistant.camera"), {"icon": "mdi:cctv"}),
        ("home", "switch", names.text("home_assistant.home"), {"icon": "mdi:home-account"}),
        ("record", "switch", names.text("home_assistant.record"), {"icon": "mdi:record-rec"}),
    ]
    return [Entity(*text) for text in texts]


_MINUTES = {"device_class": "duration", "unit_of_measurement": "min", "state_class": "total_increasing"}


def _of_classes(classes: Iterable[str], names: Names) -> list[Entity]:
    found = []
    for name in classes:
        shown = names.of_class(name)
        there = names.text("home_assistant.there", name=shown)
        last = names.text("home_assistant.last_seen", name=shown)
        found.append(Entity(f"class_{slug(name)}", "binary_sensor", there, {"device_class": "occupancy"}))
        found.append(Entity(f"last_seen_{slug(name)}", "sensor", last, {"device_class": "timestamp"}))
    return found


def _of_places(places: Iterable[str], names: Names) -> list[Entity]:
    return [
        Entity(
            f"place_{slug(name)}",
            "binary_sensor",
            names.text("home_assistant.place", name=name[:MAX_NAME]),
            {"device_class": "occupancy"},
        )
        for name in places
    ]


def is_retained(component: str) -> bool:
    """Whether its topic is: an event that is over is not to happen again."""
    return component not in EVENTS
