"""A cut-out, turned, mirrored, blurred by its motion and laid into a picture in Y, U, V."""

import math
from typing import Any, NamedTuple

import av
import numpy as np

from bench.pet_walk import Pose

COVERED = 0.5  # of a pixel, from which on it counts as the pet's


class Placed(NamedTuple):
    """Where a pet truly is. The box, in pixels, holds what of it lies in the picture."""

    class_name: str
    x: float
    y: float
    w: float
    h: float
    shown: float  # how much of it lies in the picture, 0..1


class Sprite:
    """``pixels`` is a cut-out's red, green, blue, cover; it gets ``height`` pixels high."""

    def __init__(self, pixels: Any, class_name: str, faces: int, height: int, tone: float = 1.0) -> None:
        self.class_name, self.height = class_name, height
        self.width = max(8, round(pixels.shape[1] * height / pixels.shape[0]))
        self._faces = faces
        cover = _resized(pixels[..., 3], self.width, height)
        colour = pixels[..., :3] * (pixels[..., 3:] / np.float32(255))  # so that nothing from outside bleeds in
        colour = np.dstack([_resized(colour[..., n].astype(np.uint8), self.width, height) for n in range(3)])
        self._layers = np.dstack([_yuv(colour * tone, cover), cover])  # each times its cover

    def lay(self, planes: list[Any], pose: Pose, blur_s: float) -> Placed | None:
        """Paint it over Y, U and V (float32; U and V of half the size). ``None`` where nothing of it is in the
        picture. ``blur_s`` is the exposure in seconds."""
        layers = self._layers[:, ::-1] if self._faces and self._faces != pose.faces else self._layers
        left, top, turned = _turned(layers, pose)
        turned = _smeared(turned, round(pose.speed * blur_s))
        height, width = planes[0].shape
        whole = float(turned[..., 3].sum())
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(width, left + turned.shape[1]), min(height, top + turned.shape[0])
        if x0 >= x1 or y0 >= y1:
            return None
        x1, y1 = x1 - x1 % 2, y1 - y1 % 2
        part = turned[y0 - top : y1 - top, x0 - left : x1 - left]
        _over(planes, x0, y0, part)
        return self._placed(part, x0, y0, whole)

    def _placed(self, part: Any, x0: int, y0: int, whole: float) -> Placed | None:
        solid = part[..., 3] > COVERED
        rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
        if not rows.size:
            return None
        x, y, right, bottom = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
        box = (float(x0 + x), float(y0 + y), float(right - x), float(bottom - y))
        return Placed(self.class_name, *box, min(1.0, float(part[..., 3].sum()) / whole))


def _resized(plane: Any, width: int, height: int) -> Any:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(plane), format="gray")
    kind = "AREA" if height < frame.height else "BICUBIC"
    return frame.reformat(width=width, height=height, interpolation=kind).to_ndarray(format="gray") / np.float32(255)


def _yuv(rgb: Any, cover: Any) -> Any:
    """Of red, green, blue 0..1 times cover: Y, U, V (BT.709, limited range) times cover."""
    rgb = np.minimum(rgb, cover[..., None])
    luma = rgb @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    u, v = (rgb[..., 2] - luma) / 1.8556, (rgb[..., 0] - luma) / 1.5748
    return np.dstack([16 * cover + 219 * luma, 128 * cover + 224 * u, 128 * cover + 224 * v]).astype(np.float32)


def _turned(layers: Any, pose: Pose) -> tuple[int, int, Any]:
    """Left, top (even, pixels of the picture) and the sprite as it stands there, by bilinear sampling."""
    height, width = layers.shape[:2]
    cos, sin = math.cos(math.radians(pose.degrees)), math.sin(math.radians(pose.degrees))
    half_w = (width * cos + height * abs(sin)) * pose.scale / 2 + 1
    half_h = (height * cos + width * abs(sin)) * pose.scale / 2 + 1
    middle_x, middle_y = pose.x, pose.y - height * pose.scale / 2
    left, top = 2 * math.floor((middle_x - half_w) / 2), 2 * math.floor((middle_y - half_h) / 2)
    columns, rows = 2 * math.ceil(half_w) + 2, 2 * math.ceil(half_h) + 2
    x = (np.arange(left, left + columns, dtype=np.float32) + np.float32(0.5 - middle_x))[None, :] / np.float32(
        pose.scale
    )
    y = (np.arange(top, top + rows, dtype=np.float32) + np.float32(0.5 - middle_y))[:, None] / np.float32(pose.scale)
    return left, top, _sampled(layers, x * cos - y * sin + width / 2, x * sin + y * cos + height / 2)


def _sampled(layers: Any, x: Any, y: Any) -> Any:
    padded = np.pad(layers, ((1, 2), (1, 2), (0, 0)))
    x, y = np.clip(x + 0.5, 0, layers.shape[1] + 1), np.clip(y + 0.5, 0, layers.shape[0] + 1)
    columns, rows = x.astype(np.intp), y.astype(np.intp)
    fx, fy = (x - columns)[..., None].astype(np.float32), (y - rows)[..., None].astype(np.float32)
    upper = padded[rows, columns] * (1 - fx) + padded[rows, columns + 1] * fx
    lower = padded[rows + 1, columns] * (1 - fx) + padded[rows + 1, columns + 1] * fx
    return upper * (1 - fy) + lower * fy


def _smeared(layers: Any, pixels: int) -> Any:
    """Blurred along the rows, as a picture of what moves."""
    if pixels < 2:
        return layers
    sums = np.cumsum(np.pad(layers, ((0, 0), (pixels // 2 + 1, pixels), (0, 0))), axis=1)
    return ((sums[:, pixels:] - sums[:, :-pixels]) / pixels)[:, : layers.shape[1]]


def _over(planes: list[Any], x: int, y: int, part: Any) -> None:
    """``x`` and ``y`` are even, and so are the part's sides."""
    height, width = part.shape[:2]
    luma = planes[0][y : y + height, x : x + width]
    luma *= 1 - part[..., 3]
    luma += part[..., 0]
    small = part.reshape(height // 2, 2, width // 2, 2, 4).mean((1, 3))
    for plane, layer in zip(planes[1:], (small[..., 1], small[..., 2]), strict=True):
        under = plane[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2]
        under *= 1 - small[..., 3]
        under += layer
