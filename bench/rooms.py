"""Rooms without anybody in them: the demo's painted one, photographs, and rooms put together from photographs."""

from collections.abc import Callable
from functools import cache
from typing import Any

import av
import numpy as np

from bench.pet_pictures import decoded
from bench.photographs import photograph
from petcam.feed.demo import HEIGHT, WIDTH
from petcam.feed.demo.canvas import Canvas, Colour, box, ellipse
from petcam.feed.demo.room import paint

WALL_ENDS_Y = 400


@cache
def room(name: str) -> Any:
    """uint8 of shape (720, 1280, 3), red, green, blue. :class:`LookupError` where its photographs are missing."""
    return np.clip(ROOMS[name](), 0, 255).astype(np.uint8)


def _demo() -> Any:
    return paint().pixels[..., :3]


def _garage() -> Any:
    return _filling(_photograph("motorcycle"))


def _plant() -> Any:
    return _filling(_photograph("aloe"), bottom=True)


def _shelf() -> Any:
    return _filling(_photograph("books"), bottom=True)


def _carpeted() -> Any:
    wall = _wall((196, 182, 160), (178, 164, 140))
    canvas = _canvas(wall, _floor("gravel", (150, 96, 80), 0.45))
    _picture(canvas, "coffee", 210, 90, 260)
    _picture(canvas, "hubble", 900, 70, 200)
    canvas.paint(box(560, 250, 860, 500, 14), (92, 70, 54))  # a chest
    canvas.paint(box(574, 264, 846, 372, 4), (112, 86, 66))
    canvas.paint(box(574, 384, 846, 488, 4), (112, 86, 66))
    return canvas.pixels[..., :3]


def _tiled() -> Any:
    wall = _wall((168, 184, 188), (150, 168, 172))
    canvas = _canvas(wall, _floor("brick", (168, 160, 150), 0.8))
    canvas.paint(box(60, 120, 360, 520, 6), (214, 212, 206))  # a cupboard
    canvas.paint(box(208, 130, 212, 510), (150, 148, 144))
    canvas.paint(box(700, 60, 1010, 250, 4), (236, 240, 244))  # a window
    canvas.paint(box(850, 60, 860, 250), (190, 186, 178))
    canvas.paint(ellipse(1140, 470, 95, 60), (70, 80, 92))  # a pouffe
    return canvas.pixels[..., :3]


def _rugged() -> Any:
    wall = _wall((120, 116, 128), (104, 100, 112))
    canvas = _canvas(wall, _floor("grass", (112, 124, 104), 0.5))
    canvas.paint(box(330, 230, 960, 470, 40), (136, 58, 52))  # a sofa
    canvas.paint(box(300, 330, 400, 500, 30), (120, 48, 44))
    canvas.paint(box(890, 330, 990, 500, 30), (120, 48, 44))
    canvas.paint(box(390, 380, 900, 480, 16), (150, 70, 62))
    _picture(canvas, "rocket", 90, 60, 200)
    return canvas.pixels[..., :3]


ROOMS: dict[str, Callable[[], Any]] = {
    "demo": _demo,
    "garage": _garage,
    "plant": _plant,
    "shelf": _shelf,
    "carpeted": _carpeted,
    "tiled": _tiled,
    "rugged": _rugged,
}


def _photograph(name: str) -> Any:
    data = photograph(name)
    if data is None:
        raise LookupError(f"the photograph {name} could not be had")
    return decoded(data, "rgb24")


def resized(pixels: Any, width: int, height: int) -> Any:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    kind = "AREA" if width < frame.width else "BICUBIC"
    return frame.reformat(width=width, height=height, interpolation=kind).to_ndarray(format="rgb24")


def _filling(pixels: Any, bottom: bool = False) -> Any:
    """The picture enlarged to fill 1280x720, cut to its middle, or to its lower part."""
    height, width = pixels.shape[:2]
    factor = max(WIDTH / width, HEIGHT / height)
    large = resized(pixels, round(width * factor), round(height * factor)).astype(np.float32)
    top, left = (large.shape[0] - HEIGHT) // (1 if bottom else 2), (large.shape[1] - WIDTH) // 2
    return large[top : top + HEIGHT, left : left + WIDTH]


def _wall(upper: Colour, lower: Colour) -> Any:
    """Plaster: a gradient and unevenness that is larger than a pixel."""
    rng = np.random.default_rng(7)
    part = np.linspace(0, 1, WALL_ENDS_Y)[:, None, None]
    rough = rng.normal(0, 5, (WALL_ENDS_Y // 8, WIDTH // 8, 1)).repeat(8, 0).repeat(8, 1)
    fine = rng.normal(0, 3, (WALL_ENDS_Y, WIDTH, 1))
    return np.asarray(upper) * (1 - part) + np.asarray(lower) * part + rough + fine


def _floor(texture: str, colour: Colour, contrast: float) -> Any:
    """A texture seen from above at a slant, its rows narrower towards the wall."""
    grey = _photograph(texture)[..., 0].astype(np.float32)
    tone = (grey / grey.mean() - 1) * contrast + 1
    y = np.arange(WALL_ENDS_Y, HEIGHT)[:, None]
    depth = 1 / (y - WALL_ENDS_Y + 130)
    u = (np.arange(WIDTH)[None, :] - WIDTH / 2) * depth * 520
    v = np.broadcast_to(130_000 * depth, u.shape)
    shade = 0.75 + 0.25 * (y - WALL_ENDS_Y) / (HEIGHT - WALL_ENDS_Y)
    rows, columns = (np.floor(each).astype(int) % size for each, size in zip((v, u), tone.shape, strict=True))
    return (tone[rows, columns] * shade)[..., None] * np.asarray(colour)


def _canvas(wall: Any, floor: Any) -> Canvas:
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.pixels[:WALL_ENDS_Y, :, :3] = wall
    canvas.pixels[WALL_ENDS_Y:, :, :3] = floor
    canvas.paint(box(-9, WALL_ENDS_Y - 16, WIDTH + 9, WALL_ENDS_Y + 4), (206, 200, 190))
    return canvas


def _picture(canvas: Canvas, name: str, left: int, top: int, width: int) -> None:
    """A photograph in a frame on the wall."""
    pixels = _photograph(name)
    height = width * pixels.shape[0] // pixels.shape[1]
    canvas.paint(box(left - 10, top - 10, left + width + 10, top + height + 10), (52, 44, 38))
    canvas.pixels[top : top + height, left : left + width, :3] = resized(pixels, width, height)
