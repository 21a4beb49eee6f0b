"""A box of a result, and what two boxes have in common."""

from collections.abc import Iterable
from typing import NamedTuple

from petcam.events.rules.settings import are_alike

DOUBLE_OVERLAP, DOUBLE_WITHIN = 0.5, 0.8  # of two boxes of one animal: of their union, or of the smaller

EDGE = 0.01  # parts of the picture


class Box(NamedTuple):
    """``x`` and ``y`` are the left top corner; all in parts (0..1) of the picture."""

    class_name: str
    score: float  # 0..1
    x: float
    y: float
    w: float
    h: float


def without_doubles(boxes: Iterable[Box]) -> list[Box]:
    """The surest of those that lie on one animal, the surest first."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda each: -each.score):
        if not any(is_double(box, other) for other in kept):
            kept.append(box)
    return kept


def is_double(one: Box, other: Box) -> bool:
    if not are_alike(one.class_name, other.class_name):
        return False
    width = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    height = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    if width <= 0 or height <= 0:
        return False
    common, first, second = width * height, one.w * one.h, other.w * other.h
    return common >= DOUBLE_OVERLAP * (first + second - common) or common >= DOUBLE_WITHIN * min(first, second)


def is_at_edge(box: Box) -> bool:
    """Of the picture."""
    return way_from_edge(box) < EDGE


def way_from_edge(box: Box) -> float:
    """How far it is from the picture's nearest edge, in parts of the picture."""
    return min(box.x, box.y, 1 - box.x - box.w, 1 - box.y - box.h)


def way(one: Box, other: Box) -> float:
    """Between their middles, in parts of their size."""
    across = abs(one.x + one.w / 2 - other.x - other.w / 2) / max(one.w, other.w, 1e-6)
    down = abs(one.y + one.h / 2 - other.y - other.h / 2) / max(one.h, other.h, 1e-6)
    return max(across, down)


def distance(one: Box, other: Box) -> float:
    """Between their middles, in parts of the picture."""
    return max(
        abs(one.x + one.w / 2 - other.x - other.w / 2),
        abs(one.y + one.h / 2 - other.y - other.h / 2),
    )


def towards(one: Box, other: Box, part: float) -> Box:
    """``one``, moved and grown by so much (0..1) of what it differs from ``other``."""
    x, y, w, h = (a + part * (b - a) for a, b in zip(one[2:], other[2:], strict=True))
    return one._replace(x=x, y=y, w=w, h=h)
