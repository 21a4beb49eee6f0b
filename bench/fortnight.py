"""What a family is told in a simulated fortnight of its pets, with petcam-events killed some 200 times.

``make bench ARGS=fortnight``. Real are the rules of visits, events.db, the teller and its outbox on the disk; simulated
are time, the pets and the detector (``pet_day``), and the ways with the phones at their ends. Two families: one that is
told all but in the night, and one that is told while nobody is home, over the end of summer time.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bench import told_for_real
from bench.camera import ROOT
from bench.figure import Figure
from bench.fortnight_score import Family, Score, median, percentile, score, table
from bench.pet_day import Day, Presence, Result, pet_day, results
from bench.steps import Steps
from bench.told_house import Blow, House
from bench.told_way import TimePassing, ToldWay, fails, is_away, is_slow, works
from bench.visits_score import spans
from petcam.events.rules import Rules
from petcam.settings import DEFAULTS, Notify, Quiet, Settings

DAY_S, HOUR = 86_400.0, 3_600.0
MOST_RATE = 2.0  # results a second: it is to take minutes
MUTES = 0.08  # of the alerts
HAND_SECONDS, MUTED_SECONDS = 10.0, HOUR


class Plan(NamedTuple):
    """A family, and what befalls it."""

    name: str
    zone: str
    begin: str
    pets: tuple[str, ...]
    cooldown_minutes: int
    away_only: bool
    days: int = 14
    ends: int = 200
    seed: int = 22


PLANS = (
    Plan("told all but in the night", "Asia/Tokyo", "2026-11-16", ("cat", "dog"), 5, False),
    Plan("told while nobody is home", "Europe/Berlin", "2026-10-19", ("cat",), 15, True, seed=23),
)


def figures() -> Iterator[Figure]:
    with ProcessPoolExecutor(2) as processes:
        for plan, (found, ways) in zip(PLANS, processes.map(lived, PLANS), strict=True):
            print(f"{plan.name} ({plan.zone})\n{table(found)}\n\n{ways}\n", flush=True)
            for fault in found.faults:
                print(fault, file=sys.stderr)
            yield from _figures(plan, found)
    yield from told_for_real.figures()


def _figures(plan: Plan, found: Score) -> Iterator[Figure]:
    def of(what: str) -> str:
        return f"{plan.name}: {what}"

    yield Figure(of("visits that were"), found.sum("visits"), "")
    yield Figure(of("told, by the way that works"), found.sum("told"), "")
    yield Figure(of("events told twice, by whichever way"), found.sum("twice"), "", 0)
    yield Figure(of("visits told twice, over an end of petcam-events"), found.same_visit, "", 0)
    yield Figure(of("visits told twice, taken for two by the rules of visits"), found.cut, "")
    yield Figure(of("in quiet hours or while muted"), found.sum("in_quiet"), "", 0)
    yield Figure(of("within a cool-down"), found.too_soon, "", 0)
    yield Figure(of("without its own picture"), found.no_picture, "", 0)
    yield Figure(of("begin to phone, median"), median(found.delays), "s", 3)
    yield Figure(of("begin to phone, of nine in ten at most"), percentile(found.delays, 0.9), "s")
    if len(plan.pets) > 1:
        yield Figure(of("the same, of a cat beside a dog or the reverse, median"), median(found.beside), "s")
    yield Figure(of("noticed to phone: later than 3 s"), found.sum("late"), "", 0)
    yield Figure(of("ends of petcam-events"), found.sum("ends"), "")
    yield Figure(of("not told, for such an end"), found.sum("by_a_kill"), "")
    yield Figure(of("not told, for no reason"), found.sum("untold"), "", 0)


def lived(plan: Plan) -> tuple[Score, str]:
    os.environ["TZ"] = plan.zone
    time.tzset()
    random.seed(plan.seed)  # of pauses, which petcam draws itself
    rng, zone = random.Random(plan.seed), ZoneInfo(plan.zone)
    begin = datetime.fromisoformat(plan.begin).replace(tzinfo=zone).timestamp()
    passing, steps = TimePassing(begin, booted=begin - HOUR), Steps()
    ways = ways_of(rng, begin, plan.days, passing, steps)
    away = _works if plan.away_only else None
    family = Family(zone, (22, 7), 60.0 * plan.cooldown_minutes, away, [])
    notify = Notify(quiet=Quiet("22:00", "07:00"), cooldown_minutes=plan.cooldown_minutes, away_only=plan.away_only)
    owner = _Owner(replace(DEFAULTS, notify=notify), family, ways[0], random.Random(plan.seed), passing)
    days = days_of(plan)
    truth = [
        Presence(each.class_name, begin + DAY_S * n + each.begin, begin + DAY_S * n + each.end)
        for n, day in enumerate(days)
        for each in spans(day, Rules().gap_seconds)
    ]
    until = begin + DAY_S * plan.days
    with tempfile.TemporaryDirectory(dir=_folder()) as directory:
        house = House(Path(directory), passing, steps, ways, owner, random.Random(plan.seed))
        house.live(_results(days, begin), blows_of(rng, begin, until, plan.ends), until)
    return score(ways, house.chronicle, truth, family, begin, plan.days), _of_ways(ways)


class _Owner:
    """The settings as they are now. Whoever is told mutes it now and then, by the message's link."""

    def __init__(
        self, settings: Settings, family: Family, phone: ToldWay, rng: random.Random, passing: TimePassing
    ) -> None:
        self._settings, self._family, self._phone, self._rng, self._time = settings, family, phone, rng, passing
        self._seen = 0

    def __call__(self) -> Settings:
        now = self._time.clock()
        while self._seen < len(self._phone.arrived) and self._phone.arrived[self._seen].at < now - HAND_SECONDS:
            arrival = self._phone.arrived[self._seen]
            self._seen += 1
            if self._rng.random() < MUTES and not arrival.is_update:
                until = float(int(now + MUTED_SECONDS))
                self._family.mutes.append((now, until))
                text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until))
                self._settings = replace(self._settings, mute_until=text)
        return replace(self._settings, home=self._family.is_home(now))


def _works(moment: datetime) -> bool:
    """On working days everybody is away."""
    return moment.weekday() < 5 and 830 <= 100 * moment.hour + moment.minute < 1730


def ways_of(rng: random.Random, begin: float, days: int, passing: TimePassing, steps: Steps) -> list[ToldWay]:
    failing, evenings = [], []
    for day in range(days):
        since = begin + DAY_S * day + rng.uniform(7, 18) * HOUR
        failing.append((since, since + rng.uniform(2, 8) * HOUR))
        evening = begin + DAY_S * day + 19.5 * HOUR
        evenings.append((evening, evening + HOUR))
    common = passing, steps
    return [
        ToldWay("works", works(rng), *common, can_complete=True),
        ToldWay("slow, and one in ten does not answer", is_slow(rng), *common),
        ToldWay("fails for hours", fails(rng, failing), *common),
        ToldWay("offline each evening", is_away(rng, evenings), *common, can_complete=True),
    ]


def blows_of(rng: random.Random, begin: float, until: float, count: int) -> list[Blow]:
    """Most between two steps of what a begin sets going."""
    most = {"step": 80, "send": 12, "start": 8}
    kinds = ["step"] * 5 + ["send"] * 7 + ["start", "kill", "stop", "reboot"]
    found = []
    for at in sorted(rng.uniform(begin + 60, until - HOUR) for _ in range(count)):
        kind = rng.choice(kinds)
        steps = rng.randint(1, most.get(kind, 1))
        found.append(Blow(at, kind, steps, rng.choice((1, 1, 2, 5, 20, 60, 300))))
    return found


def days_of(plan: Plan) -> list[Day]:
    """Of the same pets."""
    found: list[Day] = []
    seed = plan.seed * 10_000
    while len(found) < plan.days:
        seed += 1
        day = pet_day(seed)
        if tuple(pet.class_name for pet in day.pets) == plan.pets and day.rate <= MOST_RATE:
            found.append(day)
    return found


def _results(days: list[Day], begin: float) -> Iterator[Result]:
    for number, day in enumerate(days):
        for moment, boxes in results(day):
            yield Result(begin + DAY_S * number + moment, boxes)


def _of_ways(ways: list[ToldWay]) -> str:
    lines = []
    for way in ways:
        alerts = [each for each in way.arrived if not each.is_update]
        digests = sum(each.message.kind == "several" for each in alerts)
        told = {number for each in alerts for number in each.ids}
        updates = len(way.arrived) - len(alerts)
        lines.append(
            f"{way.name}: {len(alerts)} messages, {digests} of them of several, of {len(told)} events; "
            f"{updates} brought up to date"
        )
    return "\n".join(lines)


def _folder() -> Path:
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    return folder
