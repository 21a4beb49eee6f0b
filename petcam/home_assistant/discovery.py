"""The one message by which Home Assistant learns of the device and of all its entities (docs/mqtt.md, "Discovery")."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from petcam.home_assistant.device import Device
from petcam.home_assistant.entities import Entity
from petcam.home_assistant.topics import SWITCHES, Topics


def discovery(topics: Topics, device: Device, entities: Iterable[Entity], gone: Mapping[str, str]) -> bytes:
    """``gone``: the platforms of components that are to be removed."""
    shown = {
        "identifiers": [topics.device],
        "name": device.name,
        "manufacturer": "petcam",
        "model": "petcam",
        "sw_version": device.version,
        **({"configuration_url": device.page} if device.page else {}),
    }
    removed = {component: {"platform": platform} for component, platform in gone.items()}
    found = {entity.component: _component(topics, device, entity) for entity in entities}
    message = {
        "dev": shown,
        "o": {"name": "petcam", "sw_version": device.version},
        "availability_topic": topics.availability,
        "qos": 1,
        "cmps": {**removed, **found},
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _component(topics: Topics, device: Device, entity: Entity) -> dict[str, Any]:
    topic = topics.of(entity.component)
    common = {
        "platform": entity.platform,
        "unique_id": f"{topics.device}_{entity.component}",
        "default_entity_id": f"{entity.platform}.{_prefix(device.name)}_{entity.component}",
        "name": entity.name,
        **entity.options,
    }
    if entity.platform == "image":
        return {**common, "image_topic": topic, "content_type": "image/jpeg"}
    common["state_topic"] = topic
    if entity.platform == "event":
        common["event_types"] = ["begin", "end"]
    if entity.component in SWITCHES:
        common["command_topic"] = topics.command(entity.component)
    return common


def _prefix(name: str) -> str:
    """Of entity ids: always petcam, whatever the camera is called."""
    readable = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return readable if readable.startswith("petcam") else "_".join(filter(None, ("petcam", readable)))
