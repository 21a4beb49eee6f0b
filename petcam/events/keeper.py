"""Has the streamer record while a pet moves: a lease, asked for again and again in a thread of its own."""

import json
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

from petcam.errors import PetcamError
from petcam.events.streamer import Answer

LEASE_SECONDS = 8.0  # what is asked for each time; the recording ends by itself after them
RENEW_SECONDS = 2.5
MAX_PRE_ROLL = 30.0  # that the streamer takes
MAX_KEPT = 64  # files that nobody has taken
REFUSED = 409  # recording.mode is manual

log = logging.getLogger("petcam.events")


class Client(Protocol):
    def control(self, path: str, body: bytes) -> Answer: ...


class Kept(NamedTuple):
    """A file that holds what was asked for."""

    filename: str
    first_ns: int  # capture_ns of its first frame


class Keeper:
    """``start`` and ``close`` it. ``want`` and ``take`` are for another thread, which never waits for the streamer."""

    def __init__(self, client: Client, pre_roll: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._pre_roll, self._clock = client, pre_roll, clock
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._changed = threading.Condition()
        # Guarded by _changed:
        self._since: float | None = None  # when it began, what is to be recorded now
        self._turn = 0  # counts what was to be recorded
        self._kept: list[Kept] = []
        self._closed = False
        self._trouble = ""

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def want(self, since: float | None) -> None:
        """Record from then on (seconds of CLOCK_MONOTONIC, less the pre-roll); None: no longer."""
        with self._changed:
            if self._since is None and since is not None:
                self._turn += 1
                self._changed.notify()
            self._since = since

    def take(self) -> list[Kept]:
        """The files that were named since the last call."""
        with self._changed:
            kept, self._kept = self._kept, []
            return kept

    @property
    def trouble(self) -> str:
        """Why nothing is recorded; empty: it is, or need not be."""
        with self._changed:
            return self._trouble

    def _run(self) -> None:
        reached = 0  # the turn whose begin is in a file: further requests only prolong it
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._since is not None)
                if self._closed or self._since is None:
                    return
                since, turn = self._since, self._turn
            if self._ask(0.0 if reached == turn else self._clock() - since + self._pre_roll):
                reached = turn
            with self._changed:
                self._changed.wait_for(partial(self._is_over, turn), RENEW_SECONDS)

    def _is_over(self, turn: int) -> bool:
        return self._closed or self._turn != turn

    def _ask(self, back: float) -> bool:
        """Whether it is recorded, from so many seconds ago on."""
        asked = {"seconds": LEASE_SECONDS, "pre_roll": round(min(back, MAX_PRE_ROLL), 3)}
        try:
            answer = self._client.control("/keep", json.dumps(asked).encode())
            kept, trouble = _read(answer)
        except PetcamError as error:
            kept, trouble = [], error.message
        self._note(kept, trouble)
        return bool(kept)

    def _note(self, kept: list[Kept], trouble: str) -> None:
        with self._changed:
            if trouble and trouble != self._trouble:
                log.warning("what is seen is not recorded: %s", trouble)
            self._trouble = trouble
            new = [each for each in kept if each not in self._kept]
            self._kept = (self._kept + new)[:MAX_KEPT]


def _read(answer: Answer) -> tuple[list[Kept], str]:
    """The files that hold it, oldest first, or why there are none; neither where nothing is to be recorded."""
    try:
        said = json.loads(answer.body)
        if answer.status == REFUSED:
            return [], ""
        if answer.status != 200:
            return [], str(said.get("error", answer.status))
        return [Kept(str(file["filename"]), int(file["first_ns"])) for file in said["files"]], ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return [], "the streamer's answer is none"
