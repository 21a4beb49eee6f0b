"""What changes in a room without anybody: lamp, clouds, curtain, fan, television, a camera that trembles."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Planes = list[Any]  # Y, U, V, float32, U and V of half the size


def lamp(planes: Planes, seconds: float) -> None:
    """Switched on and off each 13 seconds; warm light from the right."""
    if int(seconds / 13) % 2:
        height, width = planes[0].shape
        x, y = np.linspace(0, 1, width, dtype=np.float32)[None, :], np.linspace(0, 1, height, dtype=np.float32)[:, None]
        glow = np.exp(-(((x - 0.8) / 0.4) ** 2 + ((y - 0.4) / 0.6) ** 2))
        planes[0] += 55 * glow
        planes[2] += 10 * glow[::2, ::2]
    else:
        planes[0] *= np.float32(0.8)


def clouds(planes: Planes, seconds: float) -> None:
    factor = 1 + 0.14 * math.sin(seconds / 3.7) + 0.08 * math.sin(seconds / 1.3)
    planes[0] -= 16
    planes[0] *= np.float32(factor)
    planes[0] += 16


def curtain(planes: Planes, seconds: float) -> None:
    """A striped curtain at the left, moved by the wind."""
    x, y = np.arange(320, dtype=np.float32)[None, :], np.arange(520, dtype=np.float32)[:, None]
    swing = 9 * math.sin(seconds * 1.1) * (y / 520) ** 2 + 3 * math.sin(seconds * 2.7 + 1)
    folds = np.sin((x + swing) / 9) * 22 + np.sin((x + 2 * swing) / 31) * 14
    edge = np.clip((280 + 6 * swing - x) / 6, 0, 1)
    part = planes[0][60:580, :320]
    part += (120 + folds - part) * edge
    for plane, tint in zip(planes[1:], (140, 120), strict=True):
        small = plane[30:290, :160]
        small += (tint - small) * edge[::2, ::2]


def fan(planes: Planes, seconds: float) -> None:
    """Three blades before a grille, some turns a second."""
    x, y = np.arange(-110, 110, dtype=np.float32)[None, :], np.arange(-110, 110, dtype=np.float32)[:, None]
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    blades = (np.cos(3 * (angle - 9.7 * seconds)) > 0.1) & (radius < 98)
    disc = np.clip((108 - radius) / 2, 0, 1)
    tone = np.where(blades, 70, 150) + 24 * (np.cos(radius / 3) > 0.7)
    part = planes[0][300:520, 940:1160]
    part += (tone - part) * disc


def television(planes: Planes, seconds: float) -> None:
    """A set whose picture changes each two seconds and flickers."""
    rng = np.random.default_rng(int(seconds / 2))
    blocks = rng.uniform(30, 220, (6, 10)).repeat(25, 0).repeat(26, 1)
    slide = int(seconds * 40) % 26
    planes[0][150:320, 500:780] = 20
    planes[0][160:310, 510:770] = np.roll(blocks, slide, 1) * (0.85 + 0.15 * math.sin(seconds * 40))
    for plane in planes[1:]:
        colours = rng.uniform(90, 166, (5, 13)).repeat(15, 0).repeat(10, 1)
        plane[80:155, 255:385] = np.roll(colours, slide // 2, 1)


def trembling(planes: Planes, seconds: float) -> None:
    """A camera on a shelf that somebody walks past: up to two pixels."""
    if int(seconds) % 5 == 0:
        shift = 2 * round(1.3 * math.sin(seconds * 31))
        planes[0][:] = np.roll(planes[0], shift, 1)
        for plane in planes[1:]:
            plane[:] = np.roll(plane, shift // 2, 1)


CHANGES: dict[str, Callable[[Planes, float], None]] = {
    "lamp": lamp,
    "clouds": clouds,
    "curtain": curtain,
    "fan": fan,
    "television": television,
    "trembling": trembling,
}
