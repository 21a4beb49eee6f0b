"""Trouble of the other services observed for as long as this one runs: what they say joined to rules and store."""

import logging
import time
from collections.abc import Callable, Collection
from typing import Protocol

from petcam.events.faults import Faults
from petcam.events.health import Asked
from petcam.events.rules import Troubles

PAUSE_SECONDS = 1.0  # from one look to the next
BOOT_SECONDS = 60.0  # of the machine, in which services and devices come up
SECOND = 1e9

log = logging.getLogger("petcam.events")


class Watch(Protocol):
    @property
    def newest(self) -> Asked | None: ...


class Store(Protocol):
    @property
    def open_troubles(self) -> Collection[str]: ...
    def trouble_begins(self, what: str, now_ns: int, detail: str = "") -> int: ...
    def trouble_ends(self, what: str, now_ns: int) -> None: ...


class Warden:
    """For one thread, which calls ``step`` some times a second, before the store's ``write``."""

    def __init__(
        self,
        watch: Watch,
        store: Store,
        camera_is_on: Callable[[], bool],
        detector: Callable[[], str],
        *,
        has_streamer: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``detector``: why nothing comes of it, or empty. ``has_streamer``: petcam-streamer is to run."""
        self._watch, self._store, self._camera_is_on, self._detector = watch, store, camera_is_on, detector
        self._faults, self._rules = Faults(has_streamer, store.open_troubles), Troubles()
        self._clock, self._look_at = clock, 0.0

    def step(self) -> None:
        now = self._clock()
        if now < max(self._look_at, BOOT_SECONDS):
            return
        self._look_at = now + PAUSE_SECONDS
        wrong, unknown = self._faults.look(self._watch.newest, self._camera_is_on(), self._detector(), now)
        for kind, name, at, detail in self._rules.look(wrong, unknown, self._store.open_troubles, now):
            if kind == "begin":
                log.warning("trouble: %s: %s", name, detail)
                self._store.trouble_begins(name, round(at * SECOND), detail)
            else:
                log.info("no longer trouble: %s", name)
                self._store.trouble_ends(name, round(at * SECOND))
