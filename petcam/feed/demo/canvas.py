"""A small painter: shapes as signed distances, laid over each other with soft edges.

Distances make edges smooth without drawing larger first, and shapes can be joined and swelled.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # numpy 1.21 cannot subscript its types
    Array = np.ndarray[Any, np.dtype[Any]]
else:
    Array = np.ndarray
Point = tuple[float, float]
Colour = tuple[float, float, float]  # red, green, blue, 0..255


@dataclass(frozen=True)
class Shape:
    """``distance(x, y)`` is the distance to the edge in pixels, negative inside, for broadcast float32 arrays.

    Nothing of the shape lies outside of ``left``, ``top``, ``right``, ``bottom``: only that much is computed.
    """

    distance: Callable[[Array, Array], Array]
    left: float
    top: float
    right: float
    bottom: float


# The colour at points of a shape: (distance, x, y) -> float32 of shape (..., 3).
Shader = Callable[[Array, Array, Array], Array]


def ellipse(cx: float, cy: float, rx: float, ry: float) -> Shape:
    def distance(x: Array, y: Array) -> Array:
        px, py = (x - cx) / rx, (y - cy) / ry
        length = np.sqrt(px * px + py * py)
        slope = np.sqrt((px / rx) ** 2 + (py / ry) ** 2)
        return np.asarray(length * (length - 1) / np.maximum(slope, 1e-6))

    return Shape(distance, cx - rx, cy - ry, cx + rx, cy + ry)


def box(left: float, top: float, right: float, bottom: float, radius: float = 0) -> Shape:
    def distance(x: Array, y: Array) -> Array:
        qx = np.abs(x - (left + right) / 2) - ((right - left) / 2 - radius)
        qy = np.abs(y - (top + bottom) / 2) - ((bottom - top) / 2 - radius)
        return np.hypot(np.maximum(qx, 0), np.maximum(qy, 0)) + np.minimum(np.maximum(qx, qy), 0) - radius

    return Shape(distance, left, top, right, bottom)


def limb(a: Point, b: Point, ra: float, rb: float) -> Shape:
    """A capsule from ``a`` to ``b`` whose radius goes from ``ra`` to ``rb``."""
    ax, ay = a
    bx, by = b[0] - ax, b[1] - ay
    square = max(bx * bx + by * by, 1e-6)

    def distance(x: Array, y: Array) -> Array:
        px, py = x - ax, y - ay
        along = np.clip((px * bx + py * by) / square, 0, 1)
        px, py = px - along * bx, py - along * by
        return np.sqrt(px * px + py * py) - (ra + along * (rb - ra))

    return Shape(distance, *_around((a, b), max(ra, rb)))


def convex(*corners: Point, radius: float = 0) -> Shape:
    """A convex polygon, its corners clockwise on the screen, swelled by ``radius``."""

    def distance(x: Array, y: Array) -> Array:
        sides = []
        for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True):
            length = math.hypot(bx - ax, by - ay)
            sides.append((x - ax) * ((by - ay) / length) - (y - ay) * ((bx - ax) / length))
        inner = sides[0]
        for side in sides[1:]:
            inner = np.maximum(inner, side)
        return inner - radius

    return Shape(distance, *_around(corners, radius))


def union(*shapes: Shape, melt: float = 0) -> Shape:
    """All shapes as one; where they are closer than ``melt`` pixels they flow into each other."""

    def distance(x: Array, y: Array) -> Array:
        joined = shapes[0].distance(x, y)
        for shape in shapes[1:]:
            other = shape.distance(x, y)
            apart = joined - other
            joined = np.minimum(joined, other)
            if melt:
                joined = joined - np.maximum(melt - np.abs(apart), 0) ** 2 / (4 * melt)
        return joined

    return Shape(
        distance,
        min(shape.left for shape in shapes) - melt / 4,
        min(shape.top for shape in shapes) - melt / 4,
        max(shape.right for shape in shapes) + melt / 4,
        max(shape.bottom for shape in shapes) + melt / 4,
    )


def shared(shape: Shape, other: Shape) -> Shape:
    """What lies in both."""
    return Shape(
        lambda x, y: np.maximum(shape.distance(x, y), other.distance(x, y)),
        max(shape.left, other.left),
        max(shape.top, other.top),
        min(shape.right, other.right),
        min(shape.bottom, other.bottom),
    )


def _around(points: Sequence[Point], margin: float) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin


class Canvas:
    """Red, green, blue (0..255) and cover (0..1): float32 of shape (height, width, 4).

    At first it is ``ground`` and covers nothing: soft edges fade from what is painted into that colour.
    ``origin`` is the pixel that shapes call (0, 0).
    """

    def __init__(self, width: int, height: int, origin: Point = (0, 0), ground: Colour = (0, 0, 0)) -> None:
        self.pixels = np.zeros((height, width, 4), np.float32)
        self.pixels[..., :3] = ground
        self._x = (np.arange(width, dtype=np.float32) + np.float32(0.5 - origin[0]))[None, :]
        self._y = (np.arange(height, dtype=np.float32) + np.float32(0.5 - origin[1]))[:, None]

    def paint(self, shape: Shape, colour: Colour | Shader, opacity: float = 1, softness: float = 1) -> None:
        """Lay a shape over what is there; its edge is ``softness`` pixels wide."""
        rows = self._span(self._y[:, 0], shape.top - softness, shape.bottom + softness)
        columns = self._span(self._x[0], shape.left - softness, shape.right + softness)
        x, y = self._x[:, columns], self._y[rows]
        distance = shape.distance(x, y)
        cover = (np.clip(0.5 - distance / softness, 0, 1) * opacity)[..., None]
        under = self.pixels[rows, columns]
        over = colour(distance, x, y) if callable(colour) else np.asarray(colour, np.float32)
        under[..., :3] += (over - under[..., :3]) * cover
        under[..., 3:] += (1 - under[..., 3:]) * cover

    def glow(self, cx: float, cy: float, rx: float, ry: float, colour: Colour, amount: float) -> None:
        """Add light that fades from a point."""
        falloff = np.exp(-(((self._x - cx) / rx) ** 2 + ((self._y - cy) / ry) ** 2)) * np.float32(amount)
        self.pixels[..., :3] += falloff[..., None] * np.asarray(colour, np.float32)

    @staticmethod
    def _span(centres: Array, low: float, high: float) -> slice:
        first, last = np.searchsorted(centres, (low, high))
        return slice(int(first), int(last))


def to_yuv(rgb: Array) -> tuple[Array, Array, Array]:
    """Y, U, V planes, uint8, of an RGB picture with even sides (0..255): BT.709, limited range, 4:2:0."""
    red, green, blue = (np.clip(rgb[..., i], 0, 255) for i in range(3))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    u = halved((blue - luma) / 1.8556)
    v = halved((red - luma) / 1.5748)
    return _bytes(16 + luma * (219 / 255)), _bytes(128 + u * (224 / 255)), _bytes(128 + v * (224 / 255))


def halved(plane: Array) -> Array:
    """The plane at half the size; each pixel the mean of four."""
    height, width = plane.shape
    return np.asarray(plane.reshape(height // 2, 2, width // 2, 2).mean((1, 3)))


def _bytes(plane: Array) -> Array:
    return np.clip(np.rint(plane), 0, 255).astype(np.uint8)
