"""A day of a household's pets with known truth, and what a detector would say of it: for the rules of visits.

Everything comes from a seed: which pets there are, when they come, walk, hide and sleep, how often the detector looks
(1 to 30 times a second) and how good it is: it misses in streaks, loses who sleeps, calls a cat a dog now and then,
sees what is not there, trembles, and is restarted. The lamp goes on and off.
"""

import bisect
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from petcam.events.rules import Box

DAY_S = 86_400.0
RATES = (1.0, 2.0, 5.0, 5.0, 10.0, 15.0, 30.0)  # results a second
HOUSEHOLDS = (("cat",), ("cat",), ("dog",), ("cat", "cat"), ("cat", "dog"))
NEAR = 0.18  # size of a pet, in parts of the picture
SETTLED_S = 20.0  # from when on the detector may lose one that sleeps for minutes
LIES = ((0.6, 0.85), (0.15, 0.35))


class Stay(NamedTuple):
    """One pet in one place, or on one way; ``asleep`` where it lies."""

    begin: float
    end: float
    start: tuple[float, float]  # of the middle, in parts of the picture
    goal: tuple[float, float]
    asleep: bool


@dataclass
class Pet:
    class_name: str
    size: float
    lies: tuple[float, float]  # between which heights it lies down: not on another one
    stays: list[Stay] = field(default_factory=list)
    begins: list[float] = field(default_factory=list)

    def at(self, time: float) -> Stay | None:
        number = bisect.bisect_right(self.begins, time) - 1
        return self.stays[number] if number >= 0 and time < self.stays[number].end else None


class Presence(NamedTuple):
    class_name: str
    begin: float
    end: float


@dataclass
class Day:
    seed: int
    rate: float
    pets: list[Pet]
    dark: list[float]  # when the light changed; it is light at first
    gaps: list[tuple[float, float]]  # in which nobody looks
    seconds: float  # its length

    def truth(self) -> list[Presence]:
        """Each pet's stays, joined where one follows another."""
        found: list[Presence] = []
        for pet in self.pets:
            for stay in pet.stays:
                if found and found[-1].end == stay.begin and found[-1].class_name == pet.class_name:
                    found[-1] = found[-1]._replace(end=stay.end)
                else:
                    found.append(Presence(pet.class_name, stay.begin, stay.end))
        ended = (each._replace(end=min(each.end, self.seconds)) for each in found if each.begin < self.seconds)
        return sorted(ended, key=lambda each: each.begin)

    def is_watched(self, begin: float, end: float) -> bool:
        return not any(first < end and begin < last for first, last in self.gaps)


def pet_day(seed: int, hours: float = 24.0) -> Day:
    rng = random.Random(seed)
    rate = rng.choice(RATES)
    names = rng.choice(HOUSEHOLDS)
    pets = [_pet(rng, name, place, hours * 3600) for name, place in zip(names, LIES, strict=False)]
    dark = sorted(rng.uniform(0, hours * 3600) for _ in range(rng.randint(2, 8)))
    gaps = []
    for _ in range(rng.randint(0, 4)):
        begin = rng.uniform(0, hours * 3600)
        gaps.append((begin, begin + rng.choice((2.0, 6.0, 20.0, 50.0))))
    return Day(seed, rate, pets, dark, sorted(gaps), hours * 3600)


def _pet(rng: random.Random, name: str, lies: tuple[float, float], seconds: float) -> Pet:
    pet = Pet(name, rng.uniform(0.7, 1.4) * NEAR, lies)
    now = rng.expovariate(1 / 1800)
    while now < seconds:
        now = _come(rng, pet, now, seconds)
        now += rng.choice((rng.uniform(3, 25), rng.uniform(60, 600), rng.expovariate(1 / 3600) + 60))
    pet.begins = [stay.begin for stay in pet.stays]
    return pet


def _come(rng: random.Random, pet: Pet, now: float, seconds: float) -> float:
    """It comes, goes about, sleeps perhaps, and leaves; when it has left."""
    place = (rng.choice((0.05, 0.95)), rng.uniform(0.3, 0.8))
    for _ in range(rng.randint(1, 6)):
        goal = (rng.uniform(0.1, 0.9), rng.uniform(*pet.lies))
        now = _go(pet, now, place, goal, rng.uniform(0.08, 0.3))
        place = goal
        asleep = rng.random() < 0.12
        stays = rng.uniform(600, 4 * 3600) if asleep else rng.expovariate(1 / 15) + 1
        pet.stays.append(Stay(now, now + stays, place, place, asleep))
        now += stays
        if now > seconds:
            break
    return _go(pet, now, place, (rng.choice((0.03, 0.97)), place[1]), 0.2)


def _go(pet: Pet, now: float, start: tuple[float, float], goal: tuple[float, float], speed: float) -> float:
    end = now + max(0.5, math.dist(start, goal) / speed)
    pet.stays.append(Stay(now, end, start, goal, False))
    return end


class Result(NamedTuple):
    time: float
    boxes: list[Box]


def results(day: Day, hours: float = 24.0) -> Iterator[Result]:
    """What the detector says."""
    return _Detector(day).results(hours * 3600)


@dataclass
class _Sight:
    """How the detector does with one pet just now."""

    seen: bool = True
    until: float = 0.0  # of the streak
    named: str = ""
    named_until: float = 0.0


class _Detector:
    def __init__(self, day: Day) -> None:
        self._day = day
        self._rng = random.Random(day.seed + 1_000_000)
        self._sights = [_Sight() for _ in day.pets]
        self._flips = self._rng.uniform(0.02, 0.2)  # of the time it calls a cat a dog
        self._misses = self._rng.uniform(0.05, 0.3)  # of the time it misses one that is awake
        self._false_at = self._rng.expovariate(1 / 1800)
        self._false: tuple[float, Box] | None = None  # until when, and where

    def results(self, seconds: float) -> Iterator[Result]:
        rng, step = self._rng, 1 / self._day.rate
        now, gaps = rng.uniform(0, step), list(self._day.gaps)
        while now < seconds:
            if gaps and now >= gaps[0][0]:
                now = max(now, gaps.pop(0)[1])
            yield Result(now, self._boxes(now))
            now += step * rng.uniform(0.8, 1.2)

    def _boxes(self, now: float) -> list[Box]:
        boxes = []
        is_dark = bisect.bisect_right(self._day.dark, now) % 2 == 1
        for pet, sight in zip(self._day.pets, self._sights, strict=True):
            stay = pet.at(now)
            if stay is not None and self._sees(sight, stay, is_dark, now):
                boxes += self._boxes_of(pet, sight, stay, is_dark, now)
        if now >= self._false_at or self._false is not None:
            boxes += self._of_nothing(now)
        return boxes

    def _sees(self, sight: _Sight, stay: Stay, is_dark: bool, now: float) -> bool:
        if now >= sight.until:
            rng = self._rng
            misses = min(0.6, self._misses + 0.15 * is_dark + 0.25 * stay.asleep)
            sight.seen = rng.random() >= misses
            sight.until = now + rng.expovariate(1 / 0.6)
            if now - stay.begin > SETTLED_S and stay.asleep and not sight.seen and rng.random() < 0.03:
                sight.until = now + rng.uniform(10, 300)
        if sight.until - now > 5 and not stay.asleep:
            sight.until = now  # it got up
        changed = bisect.bisect_right(self._day.dark, now) != bisect.bisect_right(self._day.dark, now - 3)
        return sight.seen and not changed

    def _boxes_of(self, pet: Pet, sight: _Sight, stay: Stay, is_dark: bool, now: float) -> list[Box]:
        rng = self._rng
        part = (now - stay.begin) / (stay.end - stay.begin)
        x = stay.start[0] + part * (stay.goal[0] - stay.start[0]) + rng.gauss(0, 0.03 * pet.size)
        y = stay.start[1] + part * (stay.goal[1] - stay.start[1]) + rng.gauss(0, 0.03 * pet.size)
        w, h = (pet.size * (1 + rng.gauss(0, 0.06)) for _ in range(2))
        if now >= sight.named_until:
            sight.named_until = now + rng.expovariate(1 / 0.8)
            other = "dog" if pet.class_name == "cat" else "cat"
            sight.named = other if rng.random() < self._flips else pet.class_name
        score = min(0.98, max(0.3, rng.gauss(0.65 if is_dark else 0.76, 0.1)))
        boxes = [_box(sight.named, score, x, y, w, h)]
        if rng.random() < 0.03:  # twice
            boxes.append(_box(pet.class_name, 0.8 * score, x + 0.1 * w, y, 0.8 * w, h))
        return boxes

    def _of_nothing(self, now: float) -> list[Box]:
        rng = self._rng
        if self._false is not None and now < self._false[0]:
            return [self._false[1]]
        self._false = None
        if now < self._false_at:
            return []
        self._false_at = now + rng.expovariate(1 / 2400)
        lasts = rng.expovariate(1 / 0.15)
        score = rng.uniform(0.36, 0.75)
        if rng.random() < 0.1:
            lasts, score = rng.uniform(0.5, 3), rng.uniform(0.36, 0.58)
        name = rng.choice(("cat", "dog"))
        box = _box(name, score, rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9), rng.uniform(0.05, 0.3), 0.15)
        self._false = (now + lasts, box)
        return [box]


def _box(name: str, score: float, x: float, y: float, w: float, h: float) -> Box:
    """About this middle, within the picture."""
    left, top = max(0.0, x - w / 2), max(0.0, y - h / 2)
    return Box(name, score, left, top, max(0.01, min(1.0, x + w / 2) - left), max(0.01, min(1.0, y + h / 2) - top))
