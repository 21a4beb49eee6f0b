"""Photographs of cats, dogs and persons, cut out; where they come from is in ``bench/README.md``."""

import io
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench.photographs import photograph

OUTLINES = Path(__file__).with_name("pet_outlines.json")
EDGE_PIXELS = 2  # width of a cut-out's soft edge


@dataclass(frozen=True)
class PetPicture:
    """Part of the photograph of that name. ``faces`` is where it looks: -1 left, 1 right, 0 neither. The outline is in
    ``pet_outlines.json`` by the name, in pixels of the photograph; what is not there brings its own cover (alpha)."""

    name: str
    class_name: str
    faces: int


PET_PICTURES = (
    PetPicture("cat with a ball", "cat", -1),
    PetPicture("kitten", "cat", 0),
    PetPicture("Chelsea", "cat", 1),
    PetPicture("shepherd", "dog", 1),
    PetPicture("dog on a porch", "dog", 1),
    PetPicture("brown dog", "dog", 0),
    PetPicture("husky", "dog", 1),
    PetPicture("dingo", "dog", 1),
    PetPicture("man in blue", "person", 0),
    PetPicture("fireman walking", "person", 1),
    PetPicture("fireman", "person", -1),
    PetPicture("astronaut", "person", 0),
)


@dataclass(frozen=True)
class CutOut:
    """``pixels``: uint8 of shape (height, width, 4), red, green, blue, cover; trimmed to what is covered."""

    picture: PetPicture
    pixels: Any


@cache
def cut_outs() -> dict[str, CutOut]:
    """All that can be had, by name."""
    outlines = json.loads(OUTLINES.read_text())
    data = {picture: photograph(picture.name) for picture in PET_PICTURES}
    return {p.name: cut_out(p, found, outlines.get(p.name)) for p, found in data.items() if found is not None}


def cut_out(picture: PetPicture, data: bytes, outline: list[list[int]] | None) -> CutOut:
    pixels = decoded(data, "rgba").copy()
    if outline is not None:
        pixels[..., 3] = inside(outline, pixels.shape[1], pixels.shape[0])
    rows, columns = (np.flatnonzero((pixels[..., 3] > 127).any(axis)) for axis in (1, 0))
    return CutOut(picture, pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def decoded(data: bytes, pixel_format: str) -> Any:
    """A photograph (PNG, JPEG, WebP) as uint8 of shape (height, width, ...)."""
    with av.open(io.BytesIO(data)) as container:
        return next(container.decode(video=0)).to_ndarray(format=pixel_format)


def inside(outline: list[list[int]], width: int, height: int) -> Any:
    """255 within a polygon, 0 outside, a soft edge between; uint8 of shape (height, width)."""
    x, y = np.arange(width)[None, :] + 0.5, np.arange(height)[:, None] + 0.5
    odd = np.zeros((height, width), bool)
    for (ax, ay), (bx, by) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if ay != by:
            rows = slice(max(0, min(ay, by)), max(ay, by))
            odd[rows] ^= x < ax + (y[rows] - ay) * ((bx - ax) / (by - ay))
    return (_blurred(odd.astype(np.float32), EDGE_PIXELS) * 255).astype(np.uint8)


def _blurred(cover: Any, radius: int) -> Any:
    for axis in (0, 1):
        padded = np.pad(cover, [(radius, radius) if axis == each else (0, 0) for each in (0, 1)], mode="edge")
        length = cover.shape[axis]
        parts = [padded.take(range(k, k + length), axis) for k in range(2 * radius + 1)]
        cover = sum(parts) / np.float32(len(parts))
    return cover
