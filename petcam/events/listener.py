"""The levels of the camera's sound listened to for as long as the service runs: rules joined to a reader and the store.

Nothing is decoded, and what was said is not known here: a level is all that is taken of 20 ms.
"""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from petcam.events.clock import Boot
from petcam.events.patient_reader import PatientReader, Reader
from petcam.events.rules import CLASS_NAME, SoundChange, Sounds

PAUSE_SECONDS = 0.5  # from one look to the next
MAX_PACKETS = 512  # that are taken in one
AHEAD_NS = 10**9  # of the clock: a packet of later than that is of no sound that there can have been
SECOND = 1e9

log = logging.getLogger("petcam.events")


class Packet(Protocol):
    @property
    def capture_ns(self) -> int: ...
    @property
    def rms_db(self) -> float: ...


class Store(Protocol):
    @property
    def boot(self) -> Boot: ...

    def heard(
        self,
        class_name: str,
        begin_ns: int,
        end_ns: int,
        score: float,
        now_ns: int,
        detail: str = "",
        *,
        is_over: bool = True,
    ) -> int: ...


class Listener:
    """For one thread, which calls ``step`` some times a second, before the store's ``write``."""

    def __init__(
        self,
        reader: Reader[Packet],
        sounds: Sounds,
        store: Store,
        may_listen: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``may_listen``: the owner has turned off neither the camera nor its sound."""
        self._reader = PatientReader(reader, "the sound's levels")
        self._sounds, self._store, self._clock = sounds, store, clock
        self._may_listen = may_listen
        self._slept_ns = store.boot.slept_ns
        self._look_at = 0.0

    def step(self) -> None:
        """Take the levels that have come, and have kept what they change."""
        now = self._clock()
        if now < self._look_at:
            return
        self._look_at = now + PAUSE_SECONDS
        if self._store.boot.slept_ns != self._slept_ns:  # the machine was suspended: the store has ended what was open
            self._slept_ns = self._store.boot.slept_ns
            self._sounds.forget()
        for change in self._changes(now) if self._may_listen() else self._sounds.end():
            self._keep(change, int(now * SECOND))

    def _changes(self, now: float) -> list[SoundChange]:
        levels = list(self._levels(int(now * SECOND)))
        changes = self._sounds.levels(levels)
        is_behind = len(levels) == MAX_PACKETS  # more have come: that it was quiet since these is not known
        return changes if is_behind else changes + self._sounds.pass_time(now)

    def _levels(self, now_ns: int) -> Iterator[tuple[float, float]]:
        for _ in range(MAX_PACKETS):
            packet = self._reader.read()
            if packet is None:
                return
            if packet.capture_ns <= now_ns + AHEAD_NS:
                yield packet.capture_ns / SECOND, packet.rms_db

    def _keep(self, change: SoundChange, now_ns: int) -> None:
        sound = change.sound
        span = round(sound.begin * SECOND), round(sound.end * SECOND)
        detail = f"{sound.over_db:.0f} dB over the room's {sound.floor_db:.0f} dBFS"
        self._store.heard(CLASS_NAME, *span, sound.over_db, now_ns, detail, is_over=change.kind == "end")
