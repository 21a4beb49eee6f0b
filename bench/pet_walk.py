"""How a pet goes through a room: in from a side or from below, from place to place with stops between, out again."""

import math
from dataclasses import dataclass

import numpy as np

from petcam.feed.demo import HEIGHT, WIDTH

STRIDE = 0.6  # of its height: the way it goes in one bob
BOB = 0.02  # of its height
SWAY_DEGREES = 3.0


@dataclass(frozen=True)
class Pose:
    x: float  # pixels: the middle of the sprite's lower edge
    y: float
    scale: float  # of the sprite's own size
    degrees: float  # anticlockwise
    faces: int  # -1 left, 1 right: where it goes, or went last
    speed: float  # pixels a second, for the blur


@dataclass(frozen=True)
class Stretch:
    """From ``begin`` to ``end`` (seconds) on a straight line between two points; a stop has one point twice."""

    begin: float
    end: float
    start: tuple[float, float]
    goal: tuple[float, float]

    @property
    def speed(self) -> float:
        return math.dist(self.start, self.goal) / (self.end - self.begin)


@dataclass(frozen=True)
class Walk:
    stretches: tuple[Stretch, ...]
    height: int  # of the sprite, pixels

    @property
    def seconds(self) -> float:
        return self.stretches[-1].end

    def pose(self, seconds: float) -> Pose | None:
        """``None`` before it comes and after it has gone."""
        if not 0 <= seconds < self.seconds:
            return None
        number = next(n for n, each in enumerate(self.stretches) if seconds < each.end)
        stretch = self.stretches[number]
        part = (seconds - stretch.begin) / (stretch.end - stretch.begin)
        (ax, ay), (bx, by) = stretch.start, stretch.goal
        phase = 2 * math.pi * part * math.dist(stretch.start, stretch.goal) / (STRIDE * self.height)
        y = ay + (by - ay) * part - abs(math.sin(phase / 2)) * BOB * self.height
        breath = 1 + 0.004 * math.sin(seconds * 2.1) if not stretch.speed else 1.0
        degrees = SWAY_DEGREES * math.sin(phase / 2) if stretch.speed else 0.0
        return Pose(ax + (bx - ax) * part, y, breath, degrees, self._faces(number), stretch.speed)

    def _faces(self, number: int) -> int:
        for stretch in (*reversed(self.stretches[: number + 1]), *self.stretches[number:]):
            if stretch.goal[0] != stretch.start[0]:
                return 1 if stretch.goal[0] > stretch.start[0] else -1
        return 1


def walk(rng: np.random.Generator, width: int, height: int) -> Walk:
    """In, one to three places with a stop at some of them, out. ``width`` and ``height``: the sprite's, pixels."""
    points = [
        _outside(rng, width, height),
        *(_place(rng) for _ in range(rng.integers(1, 4))),
        _outside(rng, width, height),
    ]
    stretches, now = [], 0.0
    for number, (start, goal) in enumerate(zip(points, points[1:], strict=False)):
        if number and rng.random() < 0.6:
            stretches.append(Stretch(now, now := now + rng.uniform(0.7, 2.5), start, start))
        pace = height * rng.uniform(0.7, 1.6)
        stretches.append(Stretch(now, now := now + max(0.3, math.dist(start, goal) / pace), start, goal))
    return Walk(tuple(stretches), height)


def sleep(rng: np.random.Generator, width: int, height: int, seconds: float) -> Walk:
    """In from a side to a place, where it lies until the end."""
    start, place = _outside(rng, width, height), _place(rng)
    arrives = math.dist(start, place) / height
    return Walk((Stretch(0, arrives, start, place), Stretch(arrives, arrives + seconds, place, place)), height)


def _outside(rng: np.random.Generator, width: int, height: int) -> tuple[float, float]:
    way = rng.integers(5)
    if way == 4:  # from below, where the camera stands
        return rng.uniform(0.2, 0.8) * WIDTH, HEIGHT + height * 1.1
    return (-width * 0.6 if way % 2 else WIDTH + width * 0.6), rng.uniform(0.66, 0.97) * HEIGHT


def _place(rng: np.random.Generator) -> tuple[float, float]:
    return rng.uniform(0.12, 0.88) * WIDTH, rng.uniform(0.66, 0.97) * HEIGHT
