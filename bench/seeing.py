"""How well petcam's own detector sees pets: in scenes whose truth is known, and in rooms without any.

Needs ``build/model/pets.onnx`` (``make model``) and the packages whose photographs it shows (``bench/README.md``).
"""

import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench import scene_list
from bench.figure import Figure
from bench.pet_pictures import CutOut, cut_outs
from bench.pet_scenes import Scene
from bench.room_clips import clips
from bench.scene_film import Film, film
from bench.seeing_score import Appearance, Look, Score, score
from petcam.shm.stream import AccessUnit

Watch = Callable[[list[AccessUnit]], Sequence[Look]]

MODEL = Path(__file__).resolve().parent.parent / "build" / "model" / "pets.onnx"
LOOKS_PER_SECOND, SLOW = 5.0, 2.0  # by default (detect.max_fps), and on a slow board
IN_TIME_S = 2.0
MOST_MISSED = {("day", 180): 5, ("infrared", 180): 20, ("day", 100): 20, ("infrared", 100): 50}  # percent
KNOWN_SCORE = 0.4  # from which on a picture counts as recognised
DAY_S = 86_400


def figures() -> Iterator[Figure]:
    from petcam.detect.model import load_model
    from petcam.detect.replay import watch

    model = load_model(MODEL, runtime="numpy")
    known = [name for name, cut in cut_outs().items() if recognised(model, cut)]
    yield Figure(
        "seeing: pictures of pets and persons that the model knows at all", len(known), f"of {len(cut_outs())}"
    )
    yield from measured(lambda units: watch(units, model, looks_per_second=LOOKS_PER_SECOND))
    print(f"at {SLOW:g} looks a second:")
    slow = watched(scene_list.moving(), lambda units: watch(units, model, looks_per_second=SLOW))
    yield from _of_moving(slow, f"seeing at {SLOW:g} looks/s")


def measured(watch: Watch) -> Iterator[Figure]:
    """Of any detector. Prints a table with a line for each light and height, and for each picture of a pet."""
    moving = watched(scene_list.moving(), watch)
    yield from _of_moving(moving)
    yield from _of_sleeping(watched(scene_list.sleeping(), watch))
    yield from _of_persons(watched(scene_list.persons(), watch))
    empty = [(each.scene.light, result) for each, result in watched(scene_list.empty(), watch)]
    empty += [("clips", score(each, watch(each.units))) for each in clips()]
    yield from _of_empty("empty rooms and clips", [result for _, result in empty])
    yield from _of_night([result for _, result in watched(scene_list.night(), watch)])


def watched(scenes: Sequence[Scene], watch: Watch) -> list[tuple[Film, Score]]:
    """Scenes whose photographs cannot be had are left out."""
    results = []
    for number, scene in enumerate(scenes):
        if number % 8 == 0:
            print(f"seeing: {scene.name} and the next", file=sys.stderr, flush=True)
        try:
            made = film(scene)
        except LookupError as error:
            print(f"{scene.name} is left out: {error}", file=sys.stderr)
            continue
        results.append((made, score(made, watch(made.units))))
    return results


def recognised(model: Any, cut: CutOut) -> bool:
    """Whether the model knows it when it stands large on a plain ground."""
    ground = np.full((model.height, model.width, 3), (170, 165, 155), np.uint8)
    height, width = cut.pixels.shape[:2]
    factor = 0.7 * min(model.height / height, model.width / width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    whole = av.VideoFrame.from_ndarray(np.ascontiguousarray(cut.pixels), format="rgba")
    small = whole.reformat(width=size[0], height=size[1], interpolation="AREA").to_ndarray(format="rgba")
    top, left = (model.height - size[1]) // 2, (model.width - size[0]) // 2
    part = ground[top : top + size[1], left : left + size[0]]
    cover = small[..., 3:] / 255
    part[:] = part * (1 - cover) + small[..., :3] * cover
    return any(each.class_name == cut.picture.class_name for each in model.find(ground, KNOWN_SCORE))


def _of_moving(results: list[tuple[Film, Score]], subject: str = "seeing") -> Iterator[Figure]:
    print(_line("light", "height", "visits", "in 2 s", "ever", "median s", "right name", "kept", "false/h", "lingers"))
    for (light, height), most in MOST_MISSED.items():
        of_kind = [result for made, result in results if (made.scene.light, made.scene.height) == (light, height)]
        seen = [each for result in of_kind for each in result.appearances]
        if not seen:
            continue  # its photographs cannot be had
        lingers = sum(result.lingering_s for result in of_kind) / len(seen)
        print(_line(light, height, *_shares(seen), f"{_an_hour(of_kind):.1f}", f"{lingers:.1f} s"))
        missed = 100 * (1 - _in_time(seen))
        yield Figure(f"{subject}: {light}, {height} px, moving pets not found in {IN_TIME_S:.0f} s", missed, "%", most)
        wrong = sum(each.found_s is not None and not each.right for each in seen)
        yield Figure(f"{subject}: {light}, {height} px, found by a wrong name", wrong, f"of {len(seen)} visits")
    if results:
        yield Figure(
            f"{subject}: false cats and dogs in an hour of these", _an_hour([result for _, result in results]), ""
        )
    print(_line("picture", "", "visits", "in 2 s", "ever", "median s", "right name", "kept", ""))
    for name in scene_list.PETS:
        seen = [each for _, result in results for each in result.appearances if each.picture == name]
        if seen:
            print(_line(name, "", *_shares(seen), ""))


def _of_sleeping(results: list[tuple[Film, Score]]) -> Iterator[Figure]:
    for light in scene_list.LIGHTS:
        for height in scene_list.HEIGHTS:
            of_kind = [r for made, r in results if (made.scene.light, made.scene.height) == (light, height)]
            if not of_kind:
                continue
            lost = 100 * (1 - statistics.fmean(each.kept for result in of_kind for each in result.appearances))
            yield Figure(f"seeing: {light}, {height} px, time in which a sleeping pet was lost", lost, "%")


def _of_persons(results: list[tuple[Film, Score]]) -> Iterator[Figure]:
    seen = [each for _, result in results for each in result.appearances]
    if not seen:
        return
    yield Figure("seeing: persons not found in 2 s", 100 * (1 - _in_time(seen)), "%")
    count = sum(len(result.false_spans) for _, result in results)
    yield Figure("seeing: persons taken for cats or dogs", count, f"times in {len(seen)} visits")


def _of_empty(name: str, results: list[Score]) -> Iterator[Figure]:
    hours = sum(result.seconds for result in results) / 3600
    count = sum(len(result.false_spans) for result in results)
    yield Figure(f"seeing: false cats and dogs in {hours:.2f} h of {name}", count, "")


def _of_night(results: list[Score]) -> Iterator[Figure]:
    """The rate of false tracks per look, times the looks of 24 hours. None in n looks does not prove none: with 95 %
    certainty there are less than 3 in n (the rule of three)."""
    looks = sum(result.looks for result in results)
    count = sum(len(result.false_spans) for result in results)
    in_a_day = DAY_S * LOOKS_PER_SECOND / max(1, looks)
    yield Figure("seeing: looks at rooms without pets, compressed", looks, "")
    yield Figure("seeing: false cats and dogs in them", count, "")
    yield Figure("seeing: which makes in 24 h of looks", count * in_a_day, "", 1)
    yield Figure("seeing: at most that many in 24 h, by 95 % certainty", _upper_bound(count) * in_a_day, "")


def _upper_bound(count: int) -> float:
    """Of a Poisson rate of which ``count`` were seen, one-sided 95 %: 3.0 for none, 4.7 for one, and so on."""
    bound = float(count)
    while sum(np.exp(-bound) * bound**k / float(np.prod(np.arange(1, k + 1))) for k in range(count + 1)) > 0.05:
        bound += 0.01
    return bound


def _in_time(seen: Sequence[Appearance]) -> float:
    return statistics.fmean(each.found_s is not None and each.found_s <= IN_TIME_S for each in seen)


def _an_hour(results: Sequence[Score]) -> float:
    return 3600 * sum(len(result.false_spans) for result in results) / sum(result.seconds for result in results)


def _shares(seen: Sequence[Appearance]) -> list[str]:
    """Visits, found in time, found at all, median of the seconds, right by name (of the found), kept."""
    found = [each for each in seen if each.found_s is not None]
    median = f"{statistics.median(each.found_s or 0.0 for each in found):.2f}" if found else "-"
    right = f"{statistics.fmean(each.right for each in found):.0%}" if found else "-"
    kept = f"{statistics.fmean(each.kept for each in found):.0%}" if found else "-"
    return [str(len(seen)), f"{_in_time(seen):.0%}", f"{len(found) / len(seen):.0%}", median, right, kept]


def _line(*cells: object) -> str:
    return "".join(f"{cell!s:>12}" if number else f"{cell!s:<16}" for number, cell in enumerate(cells))
