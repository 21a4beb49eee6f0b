"""How well a detector saw a scene, by the truth beside it.

What a detector published: ``(capture_ns, publish_ns, [(class name, score, x, y, w, h), ...])`` for each look, in the
order of its capture times, boxes in pixels.
"""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from bench.scene_film import Film
from bench.sprite import Placed

Box = tuple[str, float, float, float, float, float]
Look = tuple[int, int, Sequence[Box]]

PETS = ("cat", "dog")
SEEN = (*PETS, "person")
ENTERED = 0.5  # how much of a pet lies in the picture when it counts as there
LEAST_SHOWN = 0.1  # how much of it lies there when a box on it is not a false one
OVERLAP = 0.3  # of intersection to union; or
AREA_RATIO = 4.0  # the areas differ by at most that much, and the box's middle lies within the truth
BRIDGED_S = 1.5  # a box may lag behind its pet, or stay when it has left, that long
LINGERED_S = 60.0  # a box that stays longer lingers: it is wrong, but no false pet, where one was not long ago
LASTING_S = 5.0  # a result that is older says nothing any more
APART_S = 5.0  # false boxes that are further apart count as two


@dataclass(frozen=True)
class Appearance:
    """``found_s``: from when half of it was in the picture to when a box on it was published; None: never.
    ``right``: that first box said cat of a cat, and so on. ``kept``: the share of the time from being found to the end
    in which the newest result had a box on it."""

    class_name: str
    picture: str
    seconds: float
    found_s: float | None
    right: bool
    kept: float


@dataclass(frozen=True)
class Score:
    appearances: tuple[Appearance, ...]
    false_spans: tuple[tuple[float, float, str], ...]  # from, to (seconds of the scene), class
    false_boxes: int
    lingering_s: float  # in which a box stayed where a pet had been
    looks: int
    seconds: float


def score(film: Film, looks: Sequence[Look]) -> Score:
    """Raises :class:`ValueError` where the looks are not in order."""
    if any(after[0] < before[0] for before, after in zip(looks, looks[1:], strict=False)):
        raise ValueError("the looks are not in the order of their capture times")
    times = [unit.capture_ns for unit in film.units]
    appearances = tuple(_appearance(film, times, looks, *span) for span in spans(film.truth))
    false, lingering = [], []
    for capture_ns, _, boxes in looks:
        wrong = [box for box in boxes if box[0] in PETS and not _was_there(film, times, capture_ns, box, BRIDGED_S)]
        old = [box for box in wrong if _was_there(film, times, capture_ns, box, LINGERED_S)]
        lingering += [capture_ns] if old else []
        false += [((capture_ns - times[0]) / 1e9, box[0]) for box in wrong if box not in old]
    seconds = (times[-1] - times[0]) / 1e9 + 1 / film.scene.fps
    return Score(appearances, joined(false), len(false), _lasting(lingering, looks), len(looks), seconds)


def _lasting(lingering: Sequence[int], looks: Sequence[Look]) -> float:
    """Seconds from each of those looks to the next one."""
    following = dict(zip((look[0] for look in looks), (look[0] for look in looks[1:]), strict=False))
    return sum(min(LASTING_S, (following.get(at, at) - at) / 1e9) for at in lingering)


def spans(truth: Sequence[Sequence[Placed]]) -> list[tuple[int, int]]:
    """First picture and the one after the last of each appearance: at most one is there at a time."""
    there = [any(each.shown >= ENTERED for each in placed) for placed in truth]
    edges = [n for n, (before, now) in enumerate(zip([False, *there], [*there, False], strict=True)) if before != now]
    return list(zip(edges[::2], edges[1::2], strict=True))


def matches(box: Box, placed: Placed) -> bool:
    """Whether a box lies on a pet, whatever it says that it is."""
    _, _, x, y, w, h = box
    across = min(x + w, placed.x + placed.w) - max(x, placed.x)
    down = min(y + h, placed.y + placed.h) - max(y, placed.y)
    if across <= 0 or down <= 0 or w <= 0 or h <= 0:
        return False
    area, true_area = w * h, placed.w * placed.h
    if across * down >= OVERLAP * (area + true_area - across * down):
        return True
    inside = placed.x <= x + w / 2 <= placed.x + placed.w and placed.y <= y + h / 2 <= placed.y + placed.h
    return inside and max(area, true_area) <= AREA_RATIO * min(area, true_area)


def _appearance(film: Film, times: list[int], looks: Sequence[Look], first: int, end: int) -> Appearance:
    entered, left = times[first], times[end - 1]
    truth = {times[n]: film.truth[n][0] for n in range(first, end)}
    found, right, kept_from, kept_ns = None, False, left, 0
    for number, (capture_ns, publish_ns, boxes) in enumerate(looks):
        if not entered <= capture_ns <= left:
            continue
        placed = truth[times[bisect.bisect_right(times, capture_ns) - 1]]
        on_it = [box for box in boxes if box[0] in SEEN and matches(box, placed)]
        if on_it and found is None:
            found, kept_from = (publish_ns - entered) / 1e9, capture_ns
            right = max(on_it, key=lambda box: box[1])[0] == placed.class_name
        if on_it:
            until = looks[number + 1][0] if number + 1 < len(looks) else left
            kept_ns += min(until, left, capture_ns + round(LASTING_S * 1e9)) - capture_ns
    kept = kept_ns / (left - kept_from) if found is not None and left > kept_from else float(found is not None)
    first_placed = film.truth[first][0]
    visitor = film.scene.visitors[_visit_number(film, first)] if film.scene.visitors else ""
    return Appearance(first_placed.class_name, visitor, (left - entered) / 1e9, found, right, kept)


def _visit_number(film: Film, first: int) -> int:
    """How many appearances were before: the visitors come one after the other."""
    return [begin for begin, _ in spans(film.truth)].index(first)


def _was_there(film: Film, times: list[int], capture_ns: int, box: Box, seconds: float) -> bool:
    """Whether a pet is there, or was within these seconds. A cat or dog box on a person is not true."""
    end = bisect.bisect_right(times, capture_ns)
    begin = bisect.bisect_left(times, capture_ns - round(seconds * 1e9))
    return any(
        placed.class_name in PETS and placed.shown >= LEAST_SHOWN and matches(box, placed)
        for n in range(begin, end)
        for placed in film.truth[n]
    )


def joined(false: list[tuple[float, str]]) -> tuple[tuple[float, float, str], ...]:
    """From, to and class of the spans that these are: seconds, in order, and what was seen then."""
    found: list[tuple[float, float, str]] = []
    for at, class_name in false:
        if found and at - found[-1][1] <= APART_S:
            found[-1] = (found[-1][0], at, found[-1][2])
        else:
            found.append((at, at, class_name))
    return tuple(found)
