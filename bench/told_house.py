"""petcam-events in simulated time: rules of visits, store and teller, joined as ``petcam events`` joins them.

It is killed, stopped, started again and rebooted as each :class:`Blow` says. For one thread; nothing sleeps.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.pet_day import Result
from bench.steps import Killed, Steps
from bench.told_way import TimePassing, ToldWay
from petcam.commands.event_service import RESUME_SECONDS
from petcam.commands.event_telling import happening_of, missed, was_there
from petcam.events.clock import Reading
from petcam.events.resuming import visit_of
from petcam.events.rules import Rules, Visits
from petcam.events.store import Event, Store
from petcam.settings import Settings
from petcam.system.assets import assets_folder
from petcam.telling.courier import Courier
from petcam.telling.happening import Happening
from petcam.telling.message import Writer
from petcam.telling.teller import Teller
from petcam.words import Words

TICK = 0.5  # seconds: petcam-events' own pause
LAG = 0.15  # from a frame to its result
LOOK = 5.0  # the teller's
CLOCK_SECONDS = 10.0  # between two looks at the clocks
BOOT_SECONDS = 20.0  # from a board's start to that of its services
SECOND = 1e9
PATIENCE = {"step": 3600.0, "send": 4 * 3600.0}  # seconds after which it is killed at once


class Moment(NamedTuple):
    page: str
    mute: str
    picture: bytes | None


class Blow(NamedTuple):
    """One end of the service: at ``at`` (Unix time), or so many ``steps`` later, or as many into the next sending."""

    at: float
    kind: str  # kill, step, send, start, stop, reboot
    steps: int
    away: float  # seconds until it is started again


class Noted(NamedTuple):
    """What the teller was handed of an event."""

    happening: Happening
    at: float  # Unix time


@dataclass
class Chronicle:
    begins: dict[int, Noted] = field(default_factory=dict)
    ends: list[float] = field(default_factory=list)  # of the service, Unix time
    starts: list[float] = field(default_factory=list)


def picture_of(event_id: int) -> bytes:
    return b"\xff\xd8 of %d" % event_id


@dataclass
class House:
    """All that outlives the service."""

    directory: Path
    time: TimePassing
    steps: Steps
    ways: Sequence[ToldWay]
    settings: Callable[[], Settings]
    rng: random.Random
    rules: Rules = Rules()  # noqa: RUF009  # a tuple
    boot: int = 1
    chronicle: Chronicle = field(default_factory=Chronicle)

    def __post_init__(self) -> None:
        self.writer = Writer(Words(assets_folder() / "words"), lambda: "en", "")

    def live(self, results: Iterator[Result], blows: Sequence[Blow], until: float) -> None:
        """``results`` have Unix times."""
        coming, service, up_at = list(blows), None, self.time.unix
        result = next(results, None)
        with self.steps.everywhere():
            while self.time.unix < until:
                self.time.unix, self.time.took = self.time.unix + TICK, 0.0
                batch = []
                while result is not None and result.time + LAG <= self.time.unix:
                    batch.append(result)
                    result = next(results, None)
                blow = coming[0] if coming else None
                try:
                    if service is None:
                        if self.time.unix < up_at:
                            continue
                        self.chronicle.starts.append(self.time.unix)
                        service = _Service(self)
                    service.step(batch)
                    if blow is None or self.time.unix < blow.at:
                        continue
                    if self.time.unix < blow.at + PATIENCE.get(blow.kind, 0.0):
                        if not self.steps.is_armed:
                            (self.steps.arm if blow.kind == "step" else self.steps.arm_sending)(blow.steps)
                        continue
                    if blow.kind == "stop":
                        service.stop()
                    raise Killed
                except Killed:
                    up_at, service = self._end(blow), None
                    if blow is not None:
                        coming.pop(0)
            if service is not None:
                service.stop()

    def _end(self, blow: Blow | None) -> float:
        """When it is started again."""
        self.steps.revive()
        self.chronicle.ends.append(self.time.unix)
        up_at = self.time.unix + (blow.away if blow else TICK)
        if blow and blow.kind == "start":  # is killed again while it starts
            self.steps.arm(blow.steps)
        if blow and blow.kind == "reboot":
            self.boot += 1
            self.time.booted = up_at - BOOT_SECONDS
        return up_at


class _Service:
    """From one start to one end."""

    def __init__(self, house: House) -> None:
        self._house, self._time = house, house.time
        self._looked_at = self._idle_at = self._clock_at = 0.0
        self._busy: dict[int, float] = {}
        time = house.time
        self._teller = Teller(
            *(house.ways, house.settings, house.directory, house.writer, self._moment, lambda: None),
            clock=time.clock,
            monotonic=time.monotonic,
        )
        told_id = self._teller.told_id
        self._store = Store(
            *(
                house.directory,
                f"boot {house.boot}",
                self._reading(),
            ),
            resume_seconds=RESUME_SECONDS,
            tell=self._tell,
            told_id=told_id or 0,
        )
        for happening in missed(self._store.begun_since, told_id, time.booted, time.clock):
            self._take(happening)
        self._teller.expect(was_there(self._store.seen_before, self._store.resumed, time.clock))
        resumed = [visit_of(event, number) for number, event in enumerate(self._store.resumed, 1)]
        for event, visit in zip(self._store.resumed, resumed, strict=True):
            self._store.resume(event, visit)
        self._visits = Visits(house.rules, resumed)

    def step(self, results: Sequence[Result]) -> None:
        now = self._time.monotonic()
        changes = [change for time, boxes in results for change in self._visits.result(time - self._time.booted, boxes)]
        for change in changes + self._visits.pass_time(now):
            self._store.take(change, int(now * SECOND))
        if now >= self._clock_at:
            self._clock_at = now + CLOCK_SECONDS
            self._store.look_at_clock(self._reading())
        self._store.write(int(now * SECOND))
        self._tell_people(now)

    def stop(self) -> None:
        """In order."""
        self._store.close(int(self._time.monotonic() * SECOND))
        self._judge()
        self._teller.close()

    def _tell_people(self, now: float) -> None:
        is_new = self._judge()
        if now >= self._looked_at:
            self._looked_at = now + LOOK
            self._teller.step()
            is_new = True
        for number, courier in enumerate(self._teller.couriers):
            if (is_new or self._busy.get(number)) and self._busy.get(number, 0.0) <= now:
                self._busy[number] = self._carry(courier, now)

    def _carry(self, courier: Courier, now: float) -> float:
        """Until when it is busy; 0: it has nothing to do."""
        self._time.took, is_busy = 0.0, False
        while not self._time.took and courier.step():
            is_busy = True
        until, self._time.took = now + self._time.took, 0.0
        return until if is_busy else 0.0

    def _judge(self) -> bool:
        is_new = self._teller.has_taken
        while self._teller.has_taken:
            self._teller.step()
        return is_new

    def _tell(self, event: Event, state: str) -> None:
        self._take(happening_of(event, state, self._time.booted))

    def _take(self, happening: Happening) -> None:
        if happening.state == "begin":
            self._house.chronicle.begins.setdefault(happening.id, Noted(happening, self._time.unix))
        self._teller.take(happening)

    def _moment(self, event_id: int) -> Moment:
        """As petcam-web says, with a picture that takes a moment."""
        self._time.took += self._house.rng.uniform(0.1, 1.0)
        address = "http://board.local:8080"
        return Moment(f"{address}/visits/{event_id}", f"{address}/mute/abc", picture_of(event_id))

    def _reading(self) -> Reading:
        return Reading(int(self._time.monotonic() * SECOND), int(self._time.clock() * SECOND), 0, True)
