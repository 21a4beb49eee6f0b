"""What a camera makes of a room: by day in colour, at night by its infrared lamp; with its sensor's noise."""

from functools import cache
from typing import Any

import numpy as np

from petcam.feed.demo import HEIGHT, WIDTH

NOISES = 6  # different ones, each shifted about
MARGIN = 64  # pixels that they may be shifted

# Exposure in seconds, deviation of the noise in Y and in U and V (of 8 bits), contrast, base of Y.
LIGHTS = {
    "day": (1 / 100, 2.5, 1.0, 1.0, 0.0),
    "dusk": (1 / 40, 5.0, 2.5, 0.5, 12.0),
    "infrared": (1 / 30, 5.0, 0.0, 0.5, 24.0),
}


def exposure(light: str) -> float:
    return LIGHTS[light][0]


def seen(planes: list[Any], light: str, rng: np.random.Generator) -> Any:
    """The planes (Y, U, V; float32) as an I420 picture with noise: uint8 of shape (1080, 1280)."""
    _, luma_noise, chroma_noise, contrast, base = LIGHTS[light]
    luma, u, v = planes
    if contrast != 1.0:
        luma = (luma - 16) * (contrast * _vignette() if light == "infrared" else contrast) + (16 + base)
    picture = np.empty((HEIGHT * 3 // 2, WIDTH), np.uint8)
    picture[:HEIGHT] = np.clip(luma + luma_noise * _noise(rng, luma.shape), 0, 255)
    for number, plane in enumerate((u, v)):
        rows = slice(HEIGHT + number * HEIGHT // 4, HEIGHT + (number + 1) * HEIGHT // 4)
        if light == "infrared":
            picture[rows] = 128
        else:
            grainy = plane + chroma_noise * _noise(rng, plane.shape)
            picture[rows] = np.clip(grainy, 0, 255).reshape(HEIGHT // 4, WIDTH)
    return picture


def _noise(rng: np.random.Generator, shape: tuple[int, int]) -> Any:
    top, left = rng.integers(0, MARGIN, 2)
    return _noises()[rng.integers(NOISES)][top : top + shape[0], left : left + shape[1]]


@cache
def _noises() -> list[Any]:
    """Of deviation 1, a little alike from pixel to pixel, as after a camera's own processing."""
    rng = np.random.default_rng(11)
    made = []
    for _ in range(NOISES):
        raw = rng.normal(size=(HEIGHT + MARGIN + 1, WIDTH + MARGIN + 1)).astype(np.float32)
        smooth = raw[:-1, :-1] + 0.4 * raw[1:, :-1] + 0.4 * raw[:-1, 1:]
        made.append(smooth / smooth.std())
    return made


@cache
def _vignette() -> Any:
    """The lamp is in the middle: 1 there, a third in the corners."""
    x, y = np.linspace(-1, 1, WIDTH, dtype=np.float32)[None, :], np.linspace(-1, 1, HEIGHT, dtype=np.float32)[:, None]
    return 1 - np.float32(0.33) * (x * x + y * y)
