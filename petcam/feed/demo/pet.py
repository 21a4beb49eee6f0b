"""The pet on a frame: its sprite, where it stands, and the exact box around what is drawn."""

import math
from dataclasses import dataclass

import numpy as np

from petcam.feed.demo import cat
from petcam.feed.demo.canvas import Array, Canvas, ellipse
from petcam.feed.demo.picture import Patch, View
from petcam.feed.demo.walk import STEP, STRIDE_FRAMES, TURN_FRAMES, Moment, Mood

FLOOR_Y = 652  # where the paws stand
IDLE_FRAMES = 60  # the seated cat's tail and eyes repeat after this
BLINK = (14, 15)  # of the 20 pictures of it, those with shut eyes
DRAWN = 0.5  # a pixel belongs to the pet where it covers at least this much


@dataclass(frozen=True)
class Sprite:
    """``drawn``: which pixels of the canvas show the pet, bool of shape (cat.HEIGHT, cat.WIDTH)."""

    patch: Patch
    drawn: Array

    @property
    def mirrored(self) -> "Sprite":
        return Sprite(self.patch.mirrored(cat.WIDTH), self.drawn[:, ::-1])


class Pet:
    """All sprites, drawn once when the pet is made (some tenths of a second)."""

    def __init__(self) -> None:
        self._shadow = _shadow()
        right = {key: _sprite(pose) for key, pose in _poses().items()}
        self._sprites = {1: right, -1: {key: sprite.mirrored for key, sprite in right.items()}}

    def draw(self, picture: View, moment: Moment) -> None:
        """Draw the pet and its shadow."""
        if moment.mood is Mood.OUT:
            return
        picture.blend(self._shadow, moment.x - cat.WIDTH // 2, FLOOR_Y - cat.ORIGIN[1])
        picture.blend(self._sprite(moment).patch, *_corner(moment))

    def box(self, moment: Moment, width: int) -> tuple[float, float, float, float] | None:
        """x, y, w, h of the pet's pixels within a picture of this width; ``None`` where none is in it."""
        if moment.mood is Mood.OUT:
            return None
        left, top = _corner(moment)
        hidden = max(0, -left)  # columns of the sprite that are out of the picture on the left
        seen = self._sprite(moment).drawn[:, hidden : max(hidden, width - left)]
        if not seen.any():
            return None
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        x, y = left + hidden + int(columns[0]), top + int(rows[0])
        return float(x), float(y), float(columns[-1] - columns[0] + 1), float(rows[-1] - rows[0] + 1)

    def _sprite(self, moment: Moment) -> Sprite:
        return self._sprites[moment.facing][_key(moment)]


def _corner(moment: Moment) -> tuple[int, int]:
    return moment.x - cat.WIDTH // 2, FLOOR_Y - cat.ORIGIN[1]


def _key(moment: Moment) -> tuple[Mood, int]:
    """The sprite of a moment. Standing up is sitting down backwards."""
    if moment.mood is Mood.WALK:
        return Mood.WALK, moment.frame % STRIDE_FRAMES
    if moment.mood is Mood.STAND_UP:
        return Mood.SIT_DOWN, (TURN_FRAMES - 1 - moment.frame) // 2
    if moment.mood is Mood.SIT:
        return Mood.SIT, moment.frame % IDLE_FRAMES // 3
    return Mood.SIT_DOWN, moment.frame // 2


def _poses() -> dict[tuple[Mood, int], cat.Pose]:
    stride = STEP * STRIDE_FRAMES
    poses = {(Mood.WALK, i): cat.walking(i / STRIDE_FRAMES, stride) for i in range(STRIDE_FRAMES)}
    stand, seat = cat.walking(0, stride), cat.sitting(0, 1)
    for i in range(TURN_FRAMES // 2):
        part = (i + 1) / (TURN_FRAMES // 2 + 1)
        poses[Mood.SIT_DOWN, i] = cat.between(stand, seat, part * part * (3 - 2 * part))
    for i in range(IDLE_FRAMES // 3):
        sway = math.sin(2 * math.pi * i / (IDLE_FRAMES // 3))
        poses[Mood.SIT, i] = cat.sitting(sway, 0 if i in BLINK else 1)
    return poses


def _sprite(pose: cat.Pose) -> Sprite:
    canvas = cat.draw(pose)
    return Sprite(Patch.of(canvas), canvas.pixels[..., 3] >= DRAWN)


def _shadow() -> Patch:
    canvas = Canvas(cat.WIDTH, cat.HEIGHT, cat.ORIGIN, (22, 18, 24))
    canvas.paint(ellipse(0, -3, 92, 10), (22, 18, 24), 0.5, softness=14)
    return Patch.of(canvas)
