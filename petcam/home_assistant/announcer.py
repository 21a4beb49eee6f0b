"""Puts what is known into the outbox: which entities there are, how each is, and what happens."""

import logging
from collections.abc import Callable, Mapping

from petcam.home_assistant.device import Device
from petcam.home_assistant.discovery import discovery
from petcam.home_assistant.entities import MOST, Names, entities_of, is_retained
from petcam.home_assistant.memory import Memory, Told
from petcam.home_assistant.outbox import Outbox
from petcam.home_assistant.payloads import event, states
from petcam.home_assistant.snapshot import Snapshot
from petcam.home_assistant.topics import ONLINE, Topics
from petcam.telling.happening import Happening

TOLD = ("begin", "end")  # of the phases of a happening; how it changes, states say

log = logging.getLogger("petcam.events")


class Announcer:
    """For one thread."""

    def __init__(
        self, topics: Topics, device: Device, memory: Memory, told: Told, outbox: Outbox, names: Callable[[str], Names]
    ) -> None:
        """``names`` are those of a language."""
        self._topics, self._device, self._outbox, self._names = topics, device, outbox, names
        self._memory, self._told = memory, told
        self._shape: tuple[object, ...] = ()  # of what discovery was made
        outbox.set(topics.availability, ONLINE)

    def show(self, snapshot: Snapshot) -> None:
        """Raises ``STATE_NOT_WRITTEN`` or ``STATE_NOT_SYNCED``: nothing is sent that could not be taken back."""
        shown = snapshot._replace(classes=_most(snapshot.classes), places=_most(snapshot.places))
        shape = (shown.classes, shown.places, shown.language)
        if shape != self._shape:
            if len(shown.classes) < len(snapshot.classes) or len(shown.places) < len(snapshot.places):
                log.warning("MQTT: only %d classes and %d places are told of", MOST, MOST)
            self._announce(shown)
            self._shape = shape
        self._set(states(shown))

    def tell(self, happening: Happening, now: float) -> None:
        if happening.state in TOLD:
            self._outbox.event(self._topics.of(happening.kind), event(happening), now)

    def show_picture(self, picture: bytes) -> None:
        self._outbox.set(self._topics.of("picture"), picture)

    def renew(self, with_picture: bool = True) -> None:
        """All of it is to be sent again."""
        without = "" if with_picture else self._topics.of("picture")
        self._outbox.renew(self._topics.discovery, self._topics.availability, without)

    def _announce(self, snapshot: Snapshot) -> None:
        entities = entities_of(snapshot.classes, snapshot.places, self._names(snapshot.language))
        lost = self._memory.change(self._told, {entity.component: entity.platform for entity in entities})
        self._outbox.set(self._topics.discovery, discovery(self._topics, self._device, entities, self._told.gone))
        self._set({component: b"" for component in lost if is_retained(component)})

    def _set(self, payloads: Mapping[str, bytes]) -> None:
        for component, payload in payloads.items():
            self._outbox.set(self._topics.of(component), payload)


def _most(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))[:MOST]
