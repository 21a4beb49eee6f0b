"""The picture of the last visit: asked for when one begins, until there is one, and once more when it ends."""

import logging
import threading
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
    """``start`` and ``stop`` it. Its thread asks, as that may take seconds, in which a switch is to be turned."""

    def __init__(self, moment: MomentOf, deliver: Callable[[bytes], None], pauses: tuple[float, ...] = PAUSES) -> None:
        """``moment`` says None, or has no picture, where there is none yet. Both are called in the thread."""
        self._moment, self._deliver, self._pauses = moment, deliver, pauses
        self._thread = threading.Thread(target=self._run, name="home assistant pictures", daemon=True)
        self._changed = threading.Condition()
        # Guarded by _changed:
        self._visit: int | None = None  # whose is to be asked for
        self._turn = 0  # counts those
        self._ends = False

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Waits so long at most."""
        with self._changed:
            self._ends = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def want(self, visit: int) -> None:
        """In the place of the one before."""
        with self._changed:
            self._visit = visit
            self._turn += 1
            self._changed.notify()

    def _run(self) -> None:
        done = 0  # the last turn
        while True:
            with self._changed:
                self._changed.wait_for(lambda done=done: self._ends or self._turn != done)  # type: ignore[misc]
                if self._ends or self._visit is None:
                    return
                visit, done = self._visit, self._turn
            self._ask_until_there_is_one(visit, done)

    def _ask_until_there_is_one(self, visit: int, turn: int) -> None:
        for pause in self._pauses:
            with self._changed:
                if self._changed.wait_for(lambda: self._ends or self._turn != turn, pause):
                    return
            picture = self._ask(visit)
            if picture:
                self._deliver(picture)
                return

    def _ask(self, visit: int) -> bytes | None:
        try:
            moment = self._moment(visit)
        except PetcamError as error:
            log.info("MQTT: no picture of visit %d for now: %s", visit, error.message)
            return None
        picture = moment and moment.picture
        return picture if picture and picture.startswith(JPEG) and len(picture) <= MAX_BYTES else None
