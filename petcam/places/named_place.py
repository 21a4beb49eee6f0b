"""A place in the picture. Imports nothing."""

from typing import NamedTuple

Point = tuple[float, float]  # in parts (0..1) of the picture, from its left top corner


class NamedPlace(NamedTuple):
    id: str  # stays the same whatever it is called and wherever it is
    name: str
    points: tuple[Point, ...]  # the corners of a polygon
