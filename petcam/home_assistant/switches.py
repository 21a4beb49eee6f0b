"""The switches that can be turned from the broker (docs/mqtt.md, "Commands")."""

import logging
from collections.abc import Callable
from typing import NamedTuple

from petcam.errors import PetcamError
from petcam.home_assistant.payloads import OFF, ON

PAUSE = 1.0  # seconds between two turns of one switch

log = logging.getLogger("petcam.events")


class Commands(NamedTuple):
    """Each may take a few seconds, and raises PetcamError where it cannot be done."""

    camera: Callable[[bool], object]
    home: Callable[[bool], object]
    record: Callable[[bool], object]


class Switches:
    """For one thread. ``now`` is of a clock that nobody sets."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands._asdict()
        self._wanted: dict[str, bool] = {}
        self._free_at: dict[str, float] = {}

    def want(self, switch: str, payload: bytes, is_retained: bool) -> None:
        """What was wanted of it before and not yet done is forgotten."""
        if is_retained:
            log.warning("MQTT: the command to %s is ignored: it is retained, so it would come again and again", switch)
        elif payload not in (ON, OFF):
            log.warning("MQTT: a command to %s is ignored: it is neither ON nor OFF", switch)
        else:
            self._wanted[switch] = payload == ON

    def due(self) -> float | None:
        """When the next one is to be turned; None: none is."""
        return min((self._free_at.get(switch, 0.0) for switch in self._wanted), default=None)

    def turn(self, now: float, clock: Callable[[], float]) -> list[str]:
        """Turn those that are due; they are returned, whether they could be turned or not."""
        turned = [switch for switch in self._wanted if self._free_at.get(switch, 0.0) <= now]
        for switch in turned:
            wanted = self._wanted.pop(switch)
            try:
                self._commands[switch](wanted)
                log.info("MQTT: %s %s", switch, "on" if wanted else "off")
            except PetcamError as error:
                log.warning("MQTT: %s cannot be turned %s: %s", switch, "on" if wanted else "off", error.message)
            self._free_at[switch] = clock() + PAUSE
        return turned
