"""The picture of the last visit: asked for when one begins, until there is one, and once more when it ends."""

import logging
from collections.abc import Callable
from typing import Protocol

from petcam.errors import PetcamError

PAUSES = (0.0, 1.0, 1.0, 2.0, 4.0, 8.0, 16.0)  # seconds before each try
MAX_BYTES = 256 * 1024
JPEG = b"\xff\xd8\xff"

log = logging.getLogger("petcam.events")


class Moment(Protocol):
    @property
    def picture(self) -> bytes | None: ...


MomentOf = Callable[[int], Moment | None]


class LastPicture:
    """For one thread. ``moment`` may take a few seconds; it says None, or has no picture, where there is none yet."""

    def __init__(self, moment: MomentOf) -> None:
        self._moment = moment
        self._visit: int | None = None  # whose is still to be asked for
        self._tries = 0
        self.due: float | None = None  # when; None: not

    def want(self, visit: int, now: float) -> None:
        self._visit, self._tries, self.due = visit, 0, now + PAUSES[0]

    def fetch(self, now: float, clock: Callable[[], float]) -> bytes | None:
        """The picture, where it was due and there is one."""
        if self._visit is None or self.due is None or now < self.due:
            return None
        picture = self._ask(self._visit)
        self._tries += 1
        if picture is not None or self._tries == len(PAUSES):
            self._visit = self.due = None
        else:
            self.due = clock() + PAUSES[self._tries]
        return picture

    def _ask(self, visit: int) -> bytes | None:
        try:
            moment = self._moment(visit)
        except PetcamError as error:
            log.info("MQTT: no picture of visit %d for now: %s", visit, error.message)
            return None
        picture = moment and moment.picture
        return picture if picture and picture.startswith(JPEG) and len(picture) <= MAX_BYTES else None
