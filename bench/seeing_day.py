"""A day of the demo's room without its pet, and pets that sleep in it for hours: does petcam's own detector know both?

At rest it looks at one picture a second, which is then a keyframe, so a day has 86,400 of them, and they need not be
waited for. Half of the day is by day, half in infrared-like light; each hour has another noise and another change in
the room (``scene_list.EMPTY_CHANGES``). Needs the model; takes an hour and a half on two cores.
"""

import itertools
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from typing import Any

from bench.figure import Figure
from bench.pet_scenes import Scene, pictures
from bench.scene_film import encoded, unit
from bench.scene_list import EMPTY_CHANGES, LIERS, LIGHTS
from bench.seeing import LOOKS_PER_SECOND, MODEL
from bench.seeing_score import PETS, joined
from petcam.feed.demo import HEIGHT, WIDTH
from petcam.shm.stream import AccessUnit

HOURS, HOUR_S = 24, 3600
ASLEEP_HOURS, ASLEEP_HEIGHT = 3, 180
RATE = Fraction(1)


def figures() -> Iterator[Figure]:
    count = 0
    with ProcessPoolExecutor() as processes:
        for hour, (pictures_seen, spans, names) in enumerate(processes.map(_false, range(HOURS))):
            print(f"seeing_day: hour {hour}: {pictures_seen} pictures, {spans} false {names or ''}", file=sys.stderr)
            count += spans
        lost = list(processes.map(_lost, LIGHTS, LIERS))
    for light, seconds in zip(LIGHTS, lost, strict=True):
        yield Figure(f"{light}: longest that a pet asleep for {ASLEEP_HOURS} h was lost", seconds, "s", 60)
    yield Figure(f"false cats and dogs in {HOURS} h of the demo's room without its pet", count, "", 1)


def _false(hour: int) -> tuple[int, int, list[str]]:
    """Pictures that were seen, how often there was a cat or dog in them, and what they were called."""
    results = _watched(_hour(hour))
    found = _pets_in(results)
    return len(results), len(joined(found)), sorted({name for _, name in found})


def _lost(light: str, name: str) -> float:
    """The longest time, in seconds, without a cat or dog, from the first one to the end."""
    sleeps = ASLEEP_HOURS * HOUR_S
    scene = Scene(f"{name} asleep", light, "demo", (name,), ASLEEP_HEIGHT, fps=1, seed=ASLEEP_HOURS, sleeps=sleeps)
    results = _watched(scene)
    found = [at for at, _ in _pets_in(results)]
    if not found:
        return sleeps
    return max(after - before for before, after in itertools.pairwise([*found, results[-1].capture_ns / 1e9]))


def _watched(scene: Scene) -> Any:
    from petcam.detect.model import load_model
    from petcam.detect.replay import watch

    return watch(_units(scene), load_model(MODEL, runtime="numpy"), looks_per_second=LOOKS_PER_SECOND)


def _pets_in(results: Any) -> list[tuple[float, str]]:
    """The time, in seconds, of each with a cat or dog, and which of them."""
    names = ((each, next((box.class_name for box in each.boxes if box.class_name in PETS), "")) for each in results)
    return [(each.capture_ns / 1e9, name) for each, name in names if name]


def _hour(hour: int) -> Scene:
    light = LIGHTS[hour * len(LIGHTS) // HOURS]
    return Scene(f"hour {hour}", light, "demo", fps=1, seconds=HOUR_S, seed=hour, changes=EMPTY_CHANGES[hour % 8])


def _units(scene: Scene) -> Iterator[AccessUnit]:
    drawn = (picture for picture, _ in pictures(scene))
    for number, (data, keyframe) in enumerate(encoded(drawn, RATE, 1.0)):
        yield unit(number, RATE, keyframe, (WIDTH, HEIGHT), data)
