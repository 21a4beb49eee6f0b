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

from bench.figure import Figure
from bench.pet_scenes import Scene, pictures
from bench.scene_film import encoded, unit
from bench.scene_list import EMPTY_CHANGES, LIERS, LIGHTS
from bench.seeing import LOOKS_PER_SECOND, MODEL
from bench.seeing_score import APART_S, PETS
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
    from petcam.detect.model import load_model
    from petcam.detect.replay import watch

    results = watch(_units(_hour(hour)), load_model(MODEL, runtime="numpy"), looks_per_second=LOOKS_PER_SECOND)
    found = [result for result in results if any(box.class_name in PETS for box in result.boxes)]
    names = sorted({box.class_name for result in found for box in result.boxes})
    return len(results), _spans([result.capture_ns / 1e9 for result in found]), names


def _lost(light: str, name: str) -> float:
    """The longest time, in seconds, without a cat or dog, from the first one to the end."""
    from petcam.detect.model import load_model
    from petcam.detect.replay import watch

    sleeps = ASLEEP_HOURS * HOUR_S
    scene = Scene(f"{name} asleep", light, "demo", (name,), ASLEEP_HEIGHT, fps=1, seed=ASLEEP_HOURS, sleeps=sleeps)
    results = watch(_units(scene), load_model(MODEL, runtime="numpy"), looks_per_second=LOOKS_PER_SECOND)
    found = [each.capture_ns / 1e9 for each in results if any(box.class_name in PETS for box in each.boxes)]
    if not found:
        return sleeps
    return max(after - before for before, after in itertools.pairwise([*found, results[-1].capture_ns / 1e9]))


def _hour(hour: int) -> Scene:
    light = LIGHTS[hour * len(LIGHTS) // HOURS]
    return Scene(f"hour {hour}", light, "demo", fps=1, seconds=HOUR_S, seed=hour, changes=EMPTY_CHANGES[hour % 8])


def _units(scene: Scene) -> Iterator[AccessUnit]:
    drawn = (picture for picture, _ in pictures(scene))
    for number, (data, keyframe) in enumerate(encoded(drawn, RATE, 1.0)):
        yield unit(number, RATE, keyframe, (WIDTH, HEIGHT), data)


def _spans(times: list[float]) -> int:
    return sum(not n or time - times[n - 1] > APART_S for n, time in enumerate(times))
