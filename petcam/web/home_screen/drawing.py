"""An SVG picture as pixels: as much of SVG as ``static/icon.svg`` uses, so that it is the one drawing of the icon.

That is a square ``viewBox`` from 0 0, a ``rect`` that fills it, then ``ellipse`` and ``path`` (of ``M``, ``c``, ``s``,
``z``), with a ``fill`` of ``#rrggbb`` on them or on a ``g`` around them. All else is refused.
"""

import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

NAMESPACE = "{http://www.w3.org/2000/svg}"
TOKEN = re.compile(r"[A-Za-z]|-?\d*\.?\d+")
STEPS = np.linspace(0, 1, 25)  # of a curve, which becomes as many straight lines
ROWS = 4  # that are looked at within each row of pixels; along a row the cover is exact
ROUND = 0.5523  # where the controls of a curve lie that is a quarter of a circle

Outline = npt.NDArray[np.complex128]  # corners, x + y * 1j
Pixels = npt.NDArray[np.uint8]  # (size, size, 4): red, green, blue, alpha
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Drawing:
    size: float  # of the viewBox, whose units outlines are in
    ground: Outline
    ground_colour: Colour
    shapes: tuple[tuple[Outline, Colour], ...]  # that lie on it

    @classmethod
    def of(cls, svg: str) -> "Drawing":
        """Raises ``ValueError`` where it is more than this can draw."""
        root = ElementTree.fromstring(svg)
        left, top, width, height = map(float, root.attrib["viewBox"].split())
        (ground, colour), *shapes = _shapes(root, "")
        if (left, top) != (0, 0) or width != height:
            raise ValueError("the viewBox is not square, or does not begin at 0 0")
        return cls(width, ground, colour, tuple(shapes))

    def pixels(self, size: int, to_the_edge: bool) -> Pixels:
        """``to_the_edge``: the ground fills the square, for systems that cut a shape of their own out of it."""
        scale = size / self.size
        drawn = np.empty((size, size, 4), np.float32)
        drawn[..., :3] = self.ground_colour
        drawn[..., 3] = 255.0 if to_the_edge else 0.0
        if not to_the_edge:
            window, cover = _cover(self.ground * scale, size)
            drawn[window][..., 3] = 255 * cover
        for outline, colour in self.shapes:
            window, cover = _cover(outline * scale, size)
            part = drawn[window][..., :3]
            part += cover[..., np.newaxis] * (np.array(colour, np.float32) - part)
        return np.rint(drawn).astype(np.uint8)


def _shapes(element: Any, fill: str) -> Iterator[tuple[Outline, Colour]]:
    for child in element:
        kind, colour = child.tag.removeprefix(NAMESPACE), child.get("fill", fill)
        if kind == "g":
            yield from _shapes(child, colour)
        else:
            red, green, blue = bytes.fromhex(colour.removeprefix("#"))
            yield _outline(kind, child.attrib), (red, green, blue)


def _outline(kind: str, has: Mapping[str, str]) -> Outline:
    if kind == "path":
        return _path(has["d"])
    if kind == "ellipse":
        radii = float(has["rx"]), float(has["ry"])
        middle = complex(float(has["cx"]), float(has["cy"]))
        return _rounded(middle - complex(*radii), middle + complex(*radii), *radii)
    if kind == "rect":
        radius = float(has["rx"])
        return _rounded(0j, complex(float(has["width"]), float(has["height"])), radius, radius)
    raise ValueError(f"{kind} cannot be drawn")


def _rounded(low: complex, high: complex, across: float, down: float) -> Outline:
    """A rectangle whose corners are quarters of ellipses of these radii."""
    curves = []
    for x, y, is_upright in ((1, -1, False), (1, 1, True), (-1, 1, False), (-1, -1, True)):
        corner = complex(high.real if x > 0 else low.real, high.imag if y > 0 else low.imag)
        along, beside = corner - x * across, corner - y * down * 1j
        begin, end = (beside, along) if is_upright else (along, beside)
        near_begin, near_end = (begin + (corner - begin) * ROUND, end + (corner - end) * ROUND)
        curves.append(_curve(begin, near_begin, near_end, end))
    return np.concatenate(curves)


def _path(text: str) -> Outline:
    tokens = TOKEN.findall(text)
    if tokens[:1] != ["M"] or tokens[-1] != "z" or set("".join(tokens)) - set("Mcsz-.0123456789"):
        raise ValueError(f"a path is not of M, c, s and z: {text}")
    at, command = complex(float(tokens[1]), float(tokens[2])), ""
    before, curves, rest = at, [], tokens[3:-1]
    while rest:
        if rest[0] in "cs":
            command = rest.pop(0)
        count = 6 if command == "c" else 4
        numbers, rest = list(map(float, rest[:count])), rest[count:]
        points = [at + complex(*numbers[i : i + 2]) for i in range(0, count, 2)]
        first, second, end = points if command == "c" else (2 * at - before, *points)
        curves.append(_curve(at, first, second, end))
        at, before = end, second
    return np.concatenate(curves)


def _curve(begin: complex, first: complex, second: complex, end: complex) -> Outline:
    """A Bezier of the third degree."""
    t, u = STEPS, 1 - STEPS
    return np.asarray(u**3 * begin + 3 * u * u * t * first + 3 * u * t * t * second + t**3 * end)


def _cover(outline: Outline, size: int) -> tuple[tuple[slice, slice], npt.NDArray[np.float32]]:
    """How much of each pixel is within ``outline``, 0 to 1, for those around it: which rows and columns, and the cover.
    ``outline`` is in pixels, of a square of ``size``."""
    top, bottom = _range(outline.imag, size)
    left, right = _range(outline.real, size)
    height, width = bottom - top, right - left
    begin = outline[:, np.newaxis] - complex(left, top)
    end = np.roll(begin, -1, axis=0)
    rows = (np.arange(height * ROWS) + 0.5) / ROWS
    line, row = np.nonzero((begin.imag <= rows) != (end.imag <= rows))  # which crosses the middle of which
    begin, end = begin[line, 0], end[line, 0]
    x = begin.real + (rows[row] - begin.imag) / (end.imag - begin.imag) * (end.real - begin.real)
    x = np.clip(x, 0, width)
    column, way = x.astype(int), np.where(end.imag > begin.imag, 1, -1)
    steps = np.zeros((height * ROWS, width + 2), np.float32)  # where a row goes into the outline, and out of it
    np.add.at(steps, (row, column), way * (1 - (x - column)))
    np.add.at(steps, (row, column + 1), way * (x - column))
    within = np.abs(np.cumsum(steps, axis=1))[:, :width].reshape(height, ROWS, width)
    return (slice(top, bottom), slice(left, right)), np.clip(within.mean(axis=1), 0, 1)


def _range(along: npt.NDArray[np.float64], size: int) -> tuple[int, int]:
    """Of pixels, the end not included."""
    return max(0, math.floor(along.min())), min(size, math.ceil(along.max()))
