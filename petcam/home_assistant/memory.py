"""``home_assistant.json``: the id by which this petcam is known, and which brokers were told of what (docs/mqtt.md,
"What is remembered").
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from petcam.access import Kind, StateFile, require_keys, text_of, unsealed
from petcam.errors import PetcamError
from petcam.home_assistant.broker import PORTS, Broker

MAX_FILE_BYTES = 256 << 10
MAX_BROKERS = 4
MAX_GONE = 64
MAX_COMPONENTS = 256
TEXT = r"[^\x00-\x1f]{0,1000}"
KIND = Kind(
    "home_assistant.json",
    MAX_FILE_BYTES,
    "nothing is sent by MQTT",
    "to start over, as a new device: sudo rm {path}; sudo systemctl restart petcam.target",
    "",
)

Platforms = dict[str, str]  # by component


@dataclass
class Told:
    """What a broker was told of."""

    broker: Broker
    components: Platforms = field(default_factory=dict)
    gone: Platforms = field(default_factory=dict)  # the newest last

    def change(self, components: Platforms) -> Platforms:
        """``components`` are those that there are from now on; those that are no longer are returned."""
        lost = {name: platform for name, platform in self.components.items() if name not in components}
        gone = {**{name: kind for name, kind in self.gone.items() if name not in lost}, **lost}
        kept = [(name, kind) for name, kind in gone.items() if name not in components]
        self.components, self.gone = components, dict(kept[-MAX_GONE:])
        return lost


class Memory:
    """``load`` it first. For one thread at a time."""

    def __init__(self, directory: Path) -> None:
        self._file = StateFile(directory, KIND)
        self.identity = ""
        self.told: list[Told] = []

    def load(self) -> None:
        """Raises ``STATE_DAMAGED``. Where there is no file there is an id all the same; ``keep`` keeps it."""
        found = self._file.read(_parse)
        self.identity, self.told = found if found else (secrets.token_hex(6), [])

    def keep(self) -> None:
        """Returns once it is durable. Raises ``STATE_NOT_WRITTEN`` or ``STATE_NOT_SYNCED``."""
        brokers = [_row(told) for told in self.told]
        self._file.write_document({"id": self.identity, "brokers": brokers})

    def of(self, broker: Broker) -> Told:
        """What that one was told so far."""
        return next((each for each in self.told if each.broker.is_at(broker)), None) or Told(broker)

    def take_up(self, told: Told, broker: Broker) -> None:
        """It can be reached, and thus will be told. Raises as ``keep`` does."""
        if self.told[:1] != [told] or told.broker != broker:
            told.broker = broker
            self.told = [told, *(each for each in self.told if each is not told)][:MAX_BROKERS]
            self.keep()

    def change(self, told: Told, components: Platforms) -> Platforms:
        """As of ``Told``. Raises as ``keep`` does, and nothing is changed."""
        before = told.components, told.gone
        lost = told.change(components)
        try:
            if told in self.told and before != (told.components, told.gone):
                self.keep()
        except PetcamError:
            told.components, told.gone = before
            raise
        return lost

    def forget(self, told: Told) -> None:
        """Raises as ``keep`` does."""
        self.told = [each for each in self.told if each is not told]
        self.keep()


def _row(told: Told) -> dict[str, object]:
    return {**told.broker._asdict(), "components": told.components, "gone": told.gone}


def _parse(data: bytes) -> tuple[str, list[Told]]:
    row = require_keys(unsealed(data), "id", "brokers")
    brokers = row["brokers"]
    if type(brokers) is not list or len(brokers) > MAX_BROKERS:
        raise ValueError("has bad brokers")
    return text_of(row, "id", r"[0-9a-f]{12}"), [_told(each) for each in brokers]


def _told(found: object) -> Told:
    row = require_keys(found, *Broker._fields, "components", "gone")
    text_of(row, "url", rf"({'|'.join(PORTS)})://[^\x00-\x20/@]+")
    broker = Broker(*(text_of(row, name, TEXT) for name in Broker._fields))
    return Told(broker, _platforms(row["components"]), _platforms(row["gone"]))


def _platforms(found: Any) -> Platforms:
    if type(found) is not dict or len(found) > MAX_COMPONENTS:
        raise ValueError("has bad components")
    for component in found:
        text_of({"component": component}, "component", r"[a-z0-9_]{1,64}")
        text_of(found, component, r"[a-z_]{1,32}")
    return found
