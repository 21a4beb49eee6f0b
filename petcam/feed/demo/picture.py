"""A picture in I420, the planes in one array as encoders take it, and a patch that is blended into it."""

from dataclasses import dataclass

import numpy as np

from petcam.feed.demo.canvas import Array, Canvas, halved, to_yuv

Planes = tuple[Array, Array, Array]


@dataclass(frozen=True)
class Patch:
    """Y, U, V and how much each covers (0..256, uint16); U and V have half the size. All sides are even.

    ``left``, ``top``: where the patch lies on the canvas that it was cut from.
    """

    colours: Planes
    covers: Planes
    left: int
    top: int

    @classmethod
    def of(cls, canvas: Canvas) -> "Patch":
        """What was painted on a canvas, without the empty space around it."""
        top, bottom = _even_span(canvas.pixels[..., 3].max(1))
        left, right = _even_span(canvas.pixels[..., 3].max(0))
        pixels = canvas.pixels[top:bottom, left:right]
        cover = np.rint(pixels[..., 3] * 256)
        small = halved(cover)
        return cls(
            to_yuv(pixels[..., :3]),
            (cover.astype(np.uint16), small.astype(np.uint16), small.astype(np.uint16)),
            left,
            top,
        )

    def mirrored(self, canvas_width: int) -> "Patch":
        """The patch of the canvas, left and right exchanged."""
        y, u, v = (plane[:, ::-1] for plane in self.colours)
        cover_y, cover_u, cover_v = (plane[:, ::-1] for plane in self.covers)
        return Patch((y, u, v), (cover_y, cover_u, cover_v), canvas_width - self.left - y.shape[1], self.top)


def _even_span(painted: Array) -> tuple[int, int]:
    """From the first to behind the last that is painted, widened to even numbers."""
    places = np.flatnonzero(painted)
    return int(places[0]) & ~1, (int(places[-1]) + 2) & ~1


@dataclass
class View:
    """The planes of a picture, or of a part of one; U and V have half the size."""

    y: Array
    u: Array
    v: Array

    def part(self, left: int, top: int, right: int, bottom: int) -> "View":
        """A part that is drawn into like a picture of its own. All sides are even."""
        small = slice(top // 2, bottom // 2), slice(left // 2, right // 2)
        return View(self.y[top:bottom, left:right], self.u[small], self.v[small])

    def blend(self, patch: Patch, left: int, top: int) -> None:
        """Lay a patch over the view, its canvas' corner at even ``left``, ``top``; what lies outside is cut off."""
        left, top = left + patch.left, top + patch.top
        planes = zip((self.y, self.u, self.v), patch.colours, patch.covers, (1, 2, 2), strict=True)
        for plane, colour, cover, scale in planes:
            _blend(plane, colour, cover, left // scale, top // scale)


class Picture(View):
    """``i420``: the planes as encoders take them, uint8 of shape (height * 3 / 2, width), Y above U above V."""

    def __init__(self, i420: Array) -> None:
        height, width = i420.shape[0] * 2 // 3, i420.shape[1]
        y, u, v = np.split(i420.reshape(-1), (height * width, height * width * 5 // 4))
        small = (height // 2, width // 2)
        super().__init__(y.reshape(height, width), u.reshape(small), v.reshape(small))
        self.i420 = i420

    @classmethod
    def of(cls, canvas: Canvas) -> "Picture":
        """The colours of a canvas with even sides."""
        planes = to_yuv(canvas.pixels[..., :3])
        return cls(np.concatenate([plane.reshape(-1) for plane in planes]).reshape(-1, canvas.pixels.shape[1]))


def _blend(plane: Array, colour: Array, cover: Array, left: int, top: int) -> None:
    height, width = plane.shape
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + colour.shape[1], width), min(top + colour.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return
    under = plane[y0:y1, x0:x1]
    inside = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    over, amount = colour[inside], cover[inside]
    under[...] = (under * (256 - amount) + over * amount + 128) >> 8
