"""A simulated fortnight of a household's pets, told by the real teller: each visit once at most, none in quiet hours.

The days are those of ``bench/pet_day.py``, at two results a second; time is simulated, threads, files and HTTP are
real. Each day has an outage of three to six hours, and the service is restarted five times, after which all that is
open begins again, as it may after a kill. Quiet hours are from 22:00 to 07:00.
"""

import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.figure import Figure
from bench.pet_day import DAY_S, pet_day, results
from petcam.events.rules import Change, Rules, Visits
from petcam.settings import Notify, Quiet, Settings
from petcam.system.assets import assets_folder
from petcam.telling.courier import Pauses
from petcam.telling.happening import Happening
from petcam.telling.message import Writer
from petcam.telling.ntfy import SILENT, Ntfy
from petcam.telling.rules import is_silent
from petcam.telling.teller import Teller
from petcam.telling.webhook import Webhook
from petcam.words import Words
from tests.unit.telling.receiver import Fakes, Got, Receiver, answers

DAYS, RATE, RESTARTS = 14, 2.0, 5
MIDNIGHT = 1_795_824_000.0 - 7 * DAY_S
SETTINGS = Settings(Notify(quiet=Quiet("22:00", "07:00")))
QUICK = Pauses(0.02, 0.05, 0.02)
LONGEST_SECONDS = 3.0


class Moment(NamedTuple):
    page: str
    mute: str
    picture: bytes | None


class Arrival(NamedTuple):
    at: float  # simulated
    late: float  # real seconds since it was handed to the teller
    got: Got


class World:
    """Simulated time, two receivers, and a teller that is restarted."""

    def __init__(self, folder: Path, hook: Receiver, ntfy: Receiver) -> None:
        self.now, self._folder, self._receivers = MIDNIGHT, folder, (hook, ntfy)
        self.arrived: tuple[list[Arrival], list[Arrival]] = ([], [])
        self._handed_at = 0.0  # real
        self._writer = Writer(Words(assets_folder() / "words"), lambda: "en", "")
        self.is_out = True
        self.set_outage(False)
        self._teller = self._start()

    def _start(self) -> Teller:
        hook, ntfy = self._receivers
        ways = (Webhook(hook.url, "", ""), Ntfy(ntfy.ntfy))
        moment = Moment("http://board/", "http://board/mute", b"\xff\xd8")
        teller = Teller(
            *(ways, lambda: SETTINGS, self._folder, self._writer, lambda _: moment, lambda: moment),
            pauses=QUICK,
            clock=lambda: self.now,
        )
        judge, self._judged, self._taken = teller._judge, 0, 0

        def count(happening: Happening) -> None:
            judge(happening)
            self._judged += 1

        teller._judge = count  # type: ignore[method-assign]
        teller.start()
        return teller

    def restart(self) -> None:
        self._teller.close()
        self._teller = self._start()

    def close(self) -> None:
        self._teller.close()

    def set_outage(self, is_out: bool) -> None:
        if is_out == self.is_out:
            return
        self.is_out = is_out
        for receiver, arrived, well in zip(self._receivers, self.arrived, (answers(200), Fakes()), strict=True):

            def habit(handler, receiver=receiver, arrived=arrived, well=well) -> None:
                if self.is_out:
                    answers(503)(handler)
                    return
                arrived.append(Arrival(self.now, time.monotonic() - self._handed_at, receiver.got[-1]))
                well(handler)

            receiver.habit = habit

    def take(self, happening: Happening) -> None:
        self._handed_at = time.monotonic()
        self._teller.take(happening)
        self._taken += 1
        self.settle()

    def settle(self) -> None:
        """Until all that can be told is."""
        while self._judged < self._taken:
            time.sleep(0.001)
        if self.is_out or is_silent(SETTINGS, self.now):
            return
        box = self._teller._outbox
        while any(
            state.value in ("waits", "begun", "over") for each in tuple(box._entries) for state in each.ways.values()
        ):
            for courier in self._teller._couriers:
                courier.poke()
            time.sleep(0.002)


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, Receiver() as hook, Receiver() as ntfy:
        world = World(Path(folder), hook, ntfy)
        visits, delays = 0, []
        for day in range(DAYS):
            begun = live(world, day)
            visits += len(begun)
            delays += begun
        world.close()
        yield Figure(f"visits of {DAYS} simulated days", visits, "")
        for name, arrived in zip(("webhook", "ntfy"), world.arrived, strict=True):
            yield from _figures_of(name, [each for each in arrived if not _is_silent_update(each.got)])
        updates = sum(_is_silent_update(each.got) for each in world.arrived[1])
        yield Figure("ntfy: brought up to date, without a sound", updates, "")
        yield Figure("from the first box to the teller, median", statistics.median(delays), "s")


def _figures_of(name: str, alerts: list[Arrival]) -> Iterator[Figure]:
    single = [each for each in alerts if not _is_several(each.got)]
    yield Figure(f"{name}: alerts of one visit", len(single), "")
    yield Figure(f"{name}: messages of what was missed", len(alerts) - len(single), "")
    twice = [tag for tag, n in Counter(visit for each in alerts for visit in _about(each.got)).items() if n > 1]
    yield Figure(f"{name}: visits that were told twice", len(twice), "", 0)
    yield Figure(f"{name}: in quiet hours", sum(is_silent(SETTINGS, each.at) for each in alerts), "", 0)
    yield Figure(f"{name}: without a picture", sum(not _has_picture(each.got) for each in alerts), "", 0)
    yield Figure(
        f"{name}: from the teller to its arrival, at most", max(each.late for each in single), "s", LONGEST_SECONDS
    )


def live(world: World, number: int) -> list[float]:
    """One day. Of each visit, how long after its first box the teller knew of it."""
    chance, start = random.Random(number), MIDNIGHT + number * DAY_S
    outage = chance.uniform(7, 20) * 3600.0
    outage_ends = outage + chance.uniform(3, 6) * 3600.0
    restarts = sorted(chance.uniform(0, DAY_S) for _ in range(RESTARTS))
    day, visits, open_visits, delays = pet_day(number), Visits(Rules()), {}, []
    day.rate = RATE
    for moment, boxes in results(day, 24.0):
        world.now = start + moment
        if world.is_out != (outage <= moment < outage_ends):
            world.set_outage(not world.is_out)
            world.settle()
        if restarts and moment >= restarts[0]:
            restarts.pop(0)
            world.restart()
            for happening in list(open_visits.values()):
                world.take(happening)
        for change in visits.result(moment, boxes):
            happening = _happening(change, number, start)
            if change.kind == "begin":
                delays.append(moment - change.visit.begin)
            world.take(happening)
            open_visits[happening.id] = happening._replace(state="begin")
            if change.kind == "end":
                del open_visits[happening.id]
    for happening in open_visits.values():
        world.take(happening._replace(state="end", end=world.now))
    return delays


def _happening(change: Change, day: int, start: float) -> Happening:
    visit = change.visit
    end = start + visit.end if change.kind == "end" else None
    number = 1000 * (day + 1) + visit.number
    return Happening(number, "visit", visit.class_name, change.kind, start + visit.begin, end, visit.most)  # type: ignore[arg-type]


def _is_silent_update(got: Got) -> bool:
    return got.headers.get("x-priority") == SILENT


def _is_several(got: Got) -> bool:
    return bool(got.json["kind"] == "several") if got.method == "POST" else got.headers["x-tags"] == "mailbox_with_mail"


def _about(got: Got) -> list[str]:
    """The visits that it tells of; of ntfy's message of several the newest alone."""
    return [str(each["id"]) for each in got.json["events"]] if got.method == "POST" else [got.headers["x-sequence-id"]]


def _has_picture(got: Got) -> bool:
    return bool(got.json["picture"]) if got.method == "POST" else "x-filename" in got.headers
