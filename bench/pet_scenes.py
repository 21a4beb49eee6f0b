"""Scenes in a room whose truth is known: who is where in each picture. The same from run to run."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.light import exposure, seen
from bench.pet_pictures import cut_outs
from bench.pet_walk import Walk, sleep, walk
from bench.room_changes import CHANGES
from bench.rooms import room
from bench.sprite import Placed, Sprite
from petcam.feed.demo.canvas import to_yuv

EMPTY_FIRST = 4.0  # seconds before the first comes
APART = (3.0, 5.0)  # seconds between two visits


@dataclass(frozen=True)
class Scene:
    """``visitors`` come one after the other, ``height`` pixels high; a sleeper stays for ``sleeps`` seconds.

    ``seconds`` is how long it lasts where nobody comes, ``gop`` the seconds from keyframe to keyframe, ``changes``
    names what changes in the room.
    """

    name: str
    light: str
    room: str
    visitors: tuple[str, ...] = ()
    height: int = 0
    fps: int = 15
    gop: float = 1.0
    seed: int = 0
    sleeps: float = 0.0
    seconds: float = 0.0
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Visit:
    begin: float
    sprite: Sprite
    walk: Walk


def visits(scene: Scene) -> list[Visit]:
    rng = np.random.default_rng(scene.seed)
    made, now = [], EMPTY_FIRST
    for name in scene.visitors:
        cut = cut_outs()[name]
        tone = rng.uniform(0.75, 1.0)
        sprite = Sprite(cut.pixels, cut.picture.class_name, cut.picture.faces, scene.height, tone)
        size = (sprite.width, scene.height)
        path = sleep(rng, *size, scene.sleeps) if scene.sleeps else walk(rng, *size)
        made.append(Visit(now, sprite, path))
        now += path.seconds + rng.uniform(*APART)
    return made


def pictures(scene: Scene) -> Iterator[tuple[Any, list[Placed]]]:
    """Each picture (I420, uint8 of shape (1080, 1280)) with who is in it. Raises :class:`LookupError` where a
    photograph cannot be had."""
    rng = np.random.default_rng(scene.seed + 1)
    empty = [plane.astype(np.float32) for plane in to_yuv(room(scene.room).astype(np.float32))]
    present = visits(scene)
    seconds = scene.seconds or present[-1].begin + present[-1].walk.seconds + (0 if scene.sleeps else APART[0])
    for number in range(round(seconds * scene.fps)):
        now = number / scene.fps
        planes = [plane.copy() for plane in empty]
        for change in scene.changes:
            CHANGES[change](planes, now)
        truth = _lay(planes, present, now, exposure(scene.light))
        yield seen(planes, scene.light, rng), truth


def _lay(planes: list[Any], present: list[Visit], now: float, blur_s: float) -> list[Placed]:
    placed = []
    for visit in present:
        pose = visit.walk.pose(now - visit.begin)
        if pose is not None:
            placed.append(visit.sprite.lay(planes, pose, blur_s))
    return [each for each in placed if each is not None]
