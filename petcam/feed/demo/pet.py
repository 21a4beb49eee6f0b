"""The pet on a frame: its sprite, where it stands, and the exact box around what is drawn."""

import math
from dataclasses import dataclass

import numpy as np

from petcam.feed.demo import cat
from petcam.feed.demo.canvas import Array, Canvas, ellipse
from petcam.feed.demo.picture import Patch, View
from petcam.feed.demo.walk import (
    LIE_DOWN_FRAMES,
    SIT_DOWN_FRAMES,
    STEP_PIXELS,
    STRIDE_FRAMES,
    Activity,
    PetState,
)

FLOOR_Y = 652  # where the paws stand
IDLE_FRAMES = 60  # after which the seated cat's tail and eyes repeat
BLINK_SPRITES = (14, 15)  # of the 20 of the seated cat, those with shut eyes
LIE_DOWN_SPRITES = 4
BREATH_SPRITES = (0, 1, 2, 3, 2, 1)  # in and out again
BREATH_FRAMES = 17  # that one of them is shown: a breath takes 3.4 s
MIN_COVER = 0.5  # of a pixel that counts as the pet's


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

    def draw(self, picture: View, state: PetState) -> None:
        """Draw the pet and its shadow."""
        if state.activity is Activity.AWAY:
            return
        picture.blend(self._shadow, state.x - cat.WIDTH // 2, FLOOR_Y - cat.ORIGIN[1])
        picture.blend(self._sprite(state).patch, *_corner(state))

    def box(self, state: PetState, width: int) -> tuple[float, float, float, float] | None:
        """x, y, w, h of the pet's pixels within a picture of this width; ``None`` where none is in it."""
        if state.activity is Activity.AWAY:
            return None
        left, top = _corner(state)
        hidden = max(0, -left)  # columns of the sprite that are out of the picture on the left
        seen = self._sprite(state).drawn[:, hidden : max(hidden, width - left)]
        if not seen.any():
            return None
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        x, y = left + hidden + int(columns[0]), top + int(rows[0])
        return float(x), float(y), float(columns[-1] - columns[0] + 1), float(rows[-1] - rows[0] + 1)

    def _sprite(self, state: PetState) -> Sprite:
        return self._sprites[state.facing][_key(state)]


def _corner(state: PetState) -> tuple[int, int]:
    return state.x - cat.WIDTH // 2, FLOOR_Y - cat.ORIGIN[1]


def _key(state: PetState) -> tuple[Activity, int]:
    """Which sprite shows it. Standing up is sitting down backwards, and getting up lying down."""
    if state.activity is Activity.WALK:
        return Activity.WALK, state.frame % STRIDE_FRAMES
    if state.activity is Activity.STAND_UP:
        return Activity.SIT_DOWN, (SIT_DOWN_FRAMES - 1 - state.frame) // 2
    if state.activity is Activity.SIT:
        return Activity.SIT, state.frame % IDLE_FRAMES // 3
    if state.activity is Activity.SLEEP:
        return Activity.SLEEP, BREATH_SPRITES[state.frame // BREATH_FRAMES % len(BREATH_SPRITES)]
    if state.activity is Activity.LIE_DOWN:
        return Activity.LIE_DOWN, state.frame * LIE_DOWN_SPRITES // LIE_DOWN_FRAMES
    if state.activity is Activity.GET_UP:
        return Activity.LIE_DOWN, (LIE_DOWN_FRAMES - 1 - state.frame) * LIE_DOWN_SPRITES // LIE_DOWN_FRAMES
    return Activity.SIT_DOWN, state.frame // 2


def _poses() -> dict[tuple[Activity, int], cat.Pose]:
    stride = STEP_PIXELS * STRIDE_FRAMES
    poses = {(Activity.WALK, i): cat.walking(i / STRIDE_FRAMES, stride) for i in range(STRIDE_FRAMES)}
    stand, seat = cat.walking(0, stride), cat.sitting(0, 1)
    for i in range(SIT_DOWN_FRAMES // 2):
        poses[Activity.SIT_DOWN, i] = cat.between(stand, seat, _eased(i, SIT_DOWN_FRAMES // 2))
    for i in range(IDLE_FRAMES // 3):
        sway = math.sin(2 * math.pi * i / (IDLE_FRAMES // 3))
        poses[Activity.SIT, i] = cat.sitting(sway, 0 if i in BLINK_SPRITES else 1)
    for i in range(LIE_DOWN_SPRITES):
        poses[Activity.LIE_DOWN, i] = cat.between(seat, cat.sleeping(0), _eased(i, LIE_DOWN_SPRITES))
    most = max(BREATH_SPRITES)
    for i in range(most + 1):
        poses[Activity.SLEEP, i] = cat.sleeping(i / most)
    return poses


def _eased(i: int, sprites: int) -> float:
    """How far sprite ``i`` of so many is on its way, 0..1 without both; slow at its ends."""
    part = (i + 1) / (sprites + 1)
    return part * part * (3 - 2 * part)


def _sprite(pose: cat.Pose) -> Sprite:
    canvas = cat.draw(pose)
    return Sprite(Patch.of(canvas), canvas.pixels[..., 3] >= MIN_COVER)


def _shadow() -> Patch:
    canvas = Canvas(cat.WIDTH, cat.HEIGHT, cat.ORIGIN, (22, 18, 24))
    canvas.paint(ellipse(0, -3, 92, 10), (22, 18, 24), 0.5, softness=14)
    return Patch.of(canvas)
