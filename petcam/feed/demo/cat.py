"""The cat: its skeleton in each pose, and how it is drawn.

Coordinates are pixels around the point on the floor under its middle, y downwards, the cat facing right.
"""

import math
from dataclasses import dataclass, fields

import numpy as np

from petcam.feed.demo.canvas import Array, Canvas, Colour, Point, Shader, Shape, convex, ellipse, limb, shared, union

WIDTH, HEIGHT = 316, 212  # of the sprite
ORIGIN = (158, 200)  # the floor point in the sprite

GINGER: Colour = (224, 128, 44)
FAR: Colour = (178, 92, 30)  # the legs on the far side
STRIPE: Colour = (182, 88, 24)
CREAM: Colour = (250, 224, 190)
PINK: Colour = (226, 122, 112)
DARK: Colour = (58, 34, 26)
EYE: Colour = (158, 196, 92)


@dataclass(frozen=True)
class Pose:
    """Joints of the skeleton; a leg is hip, knee, paw."""

    hip: Point
    shoulder: Point
    head: Point
    tail: tuple[Point, Point, Point, Point]  # a Bézier curve
    near_front: tuple[Point, Point, Point]
    far_front: tuple[Point, Point, Point]
    near_hind: tuple[Point, Point, Point]
    far_hind: tuple[Point, Point, Point]
    haunch: float  # radius of the folded thigh; grows when sitting
    eyes: float  # 1 open, 0 shut
    curl: float = 0  # 1: the tail lies round the front, the head on it, and the cat is asleep

    @property
    def is_curled(self) -> bool:
        return self.curl > 0.5


def between(a: Pose, b: Pose, part: float) -> Pose:
    """The pose on the way from ``a`` (part 0) to ``b`` (part 1)."""

    def mix(one: object, other: object) -> object:
        if isinstance(one, tuple) and isinstance(other, tuple):
            return tuple(mix(p, q) for p, q in zip(one, other, strict=True))
        assert isinstance(one, int | float) and isinstance(other, int | float)
        return one + (other - one) * part

    return Pose(**{f.name: mix(getattr(a, f.name), getattr(b, f.name)) for f in fields(Pose)})  # type: ignore[arg-type]


def walking(phase: float, stride: float) -> Pose:
    """A pose of the walk; ``phase`` 0..1 is one stride of ``stride`` pixels. Feet on the floor do not slide."""
    bob = 1.6 * math.sin(4 * math.pi * phase)
    sway = math.sin(2 * math.pi * phase)
    hip, shoulder = (-52.0, -82 + bob), (46.0, -80 - bob)
    return Pose(
        hip=hip,
        shoulder=shoulder,
        head=(88.0, -112 - bob),
        tail=((-68.0, -92 + bob), (-104.0, -98), (-92.0 - 6 * sway, -150), (-124.0 - 10 * sway, -158 + 4 * sway)),
        near_front=_leg((44.0, -66 - bob), 46, phase + 0.25, stride, -1),
        far_front=_leg((56.0, -68 - bob), 58, phase + 0.75, stride, -1),
        near_hind=_leg((-54.0, -68 + bob), -58, phase, stride, 1),
        far_hind=_leg((-44.0, -70 + bob), -46, phase + 0.5, stride, 1),
        haunch=25,
        eyes=1,
    )


def sitting(sway: float, eyes: float) -> Pose:
    """Sitting upright; ``sway`` -1..1 moves the tip of the tail."""
    return Pose(
        hip=(-34.0, -36),
        shoulder=(18.0, -88),
        head=(40.0, -136 + 0.8 * sway),
        tail=((-58.0, -18), (-104.0, -4), (-112.0, -22 - 8 * sway), (-128.0 - 4 * sway, -44 - 14 * sway)),
        near_front=((24.0, -74), (27.0, -40), (30.0, -7)),
        far_front=((34.0, -76), (42.0, -42), (47.0, -8)),
        near_hind=((-30.0, -30), (-8.0, -14), (0.0, -7)),
        far_hind=((-22.0, -30), (6.0, -14), (14.0, -8)),
        haunch=36,
        eyes=eyes,
    )


def sleeping(breath: float) -> Pose:
    """Curled up on the floor; ``breath`` 0..1 lifts its back."""
    return Pose(
        hip=(-20.0, -42 - 3 * breath),
        shoulder=(22.0, -34 - 2 * breath),
        head=(58.0, -32 - breath),
        tail=((-60.0, -28), (-84.0, 6), (-20.0, 0), (36.0, -8)),
        near_front=((24.0, -30), (44.0, -14), (62.0, -6)),
        far_front=((34.0, -30), (60.0, -14), (76.0, -7)),
        near_hind=((-30.0, -24), (-14.0, -14), (4.0, -7)),
        far_hind=((-22.0, -24), (0.0, -14), (14.0, -8)),
        haunch=40 + breath,
        eyes=0,
        curl=1,
    )


def _leg(hip: Point, under: float, phase: float, stride: float, bend: int) -> tuple[Point, Point, Point]:
    """A leg in its stride: on the floor for six tenths of it, then lifted forward. ``bend`` 1: knee forward."""
    phase %= 1.0
    reach = 0.6 * stride / 2
    if phase < 0.6:
        x, lift = reach - stride * phase, 0.0
    else:
        swing = (phase - 0.6) / 0.4
        x, lift = -reach + 2 * reach * (0.5 - 0.5 * math.cos(math.pi * swing)), 15 * math.sin(math.pi * swing)
    paw = (under + x, -7 - lift)
    knee = ((hip[0] + paw[0]) / 2 + bend * (6 + lift * 0.6), (hip[1] + paw[1]) / 2)
    return hip, knee, paw


def draw(pose: Pose) -> Canvas:
    """The cat in a pose, on a canvas of WIDTH x HEIGHT that covers nothing but the cat."""
    canvas = Canvas(WIDTH, HEIGHT, ORIGIN, GINGER)
    for leg in (pose.far_front, pose.far_hind):
        canvas.paint(_leg_shape(leg, 9), FAR)
    if not pose.is_curled:
        _tail(canvas, pose.tail)
    _body(canvas, pose)
    for leg in (pose.near_front, pose.near_hind):
        _near_leg(canvas, leg)
    if pose.is_curled:
        _tail(canvas, pose.tail)
    _head(canvas, pose)
    return canvas


def _fur(distance: Array, x: Array, y: Array) -> Array:
    """Ginger, lit by the lamp from above, with a darker rim."""
    depth = np.clip(-distance / 20, 0, 1)
    height = np.clip(-y / 150, 0, 1)  # 0 at the floor, 1 at the back
    return np.asarray((0.84 + 0.18 * depth + 0.08 * height)[..., None] * np.asarray(GINGER, np.float32))


def _leg_shape(leg: tuple[Point, Point, Point], width: float) -> Shape:
    hip, knee, paw = leg
    return union(
        limb(hip, knee, width * 1.55, width * 1.1),
        limb(knee, paw, width * 1.1, width * 0.85),
        ellipse(paw[0] + 4, paw[1] + 1, width * 1.35, width * 0.85),
        melt=8,
    )


def _near_leg(canvas: Canvas, leg: tuple[Point, Point, Point]) -> None:
    """A leg whose upper end fades into the body."""
    hip, knee, paw = leg

    def fur(distance: Array, x: Array, y: Array) -> Array:
        rim = np.clip((y - hip[1]) / 26, 0, 1)
        return _fur(np.where(distance > -20, distance * rim - 20 * (1 - rim), distance), x, y)

    canvas.paint(_leg_shape(leg, 10), fur)
    canvas.paint(ellipse(paw[0] + 5, paw[1] + 1, 10, 5), CREAM, softness=5)


def _tail(canvas: Canvas, curve: tuple[Point, Point, Point, Point]) -> None:
    points = [_bezier(curve, i / 9) for i in range(10)]
    widths = [11 - 0.4 * i for i in range(10)]
    tail = union(*(limb(points[i], points[i + 1], widths[i], widths[i + 1]) for i in range(9)))
    canvas.paint(tail, _fur)
    for i in (2, 4, 6, 8):
        canvas.paint(shared(tail, ellipse(*points[i], 6, 6)), STRIPE, 0.75, softness=3)


def _bezier(curve: tuple[Point, Point, Point, Point], t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    x, y = (sum(w * p[axis] for w, p in zip(weights, curve, strict=True)) for axis in (0, 1))
    return x, y


def _body(canvas: Canvas, pose: Pose) -> None:
    hip, shoulder, head = pose.hip, pose.shoulder, pose.head
    body = union(
        limb(hip, shoulder, 31, 28),
        ellipse(hip[0] - 4, hip[1] + 6, pose.haunch + 4, pose.haunch),
        limb(shoulder, (head[0] - 8, head[1] + 10), 26, 18),
        melt=22,
    )
    canvas.paint(body, _tabby(hip, shoulder))
    if not pose.is_curled:  # else the head lies on it
        chest = ellipse(shoulder[0] + 16, shoulder[1] + 10, 13, 22)
        canvas.paint(shared(body, chest), CREAM, 0.9, softness=9)


def _tabby(hip: Point, shoulder: Point) -> Shader:
    """Fur with stripes across the back that fade towards the belly."""
    dx, dy = shoulder[0] - hip[0], shoulder[1] - hip[1]
    length = math.hypot(dx, dy)

    def shade(distance: Array, x: Array, y: Array) -> Array:
        along = ((x - hip[0]) * dx + (y - hip[1]) * dy) / length
        above = ((x - hip[0]) * dy - (y - hip[1]) * dx) / length
        bands = np.clip(np.sin((along + above * 0.25) * (2 * math.pi / 21)) * 2 - 0.9, 0, 1)
        fade = np.clip((above + 2) / 18, 0, 1) * np.clip((length + 4 - along) / 14, 0, 1)
        fur = _fur(distance, x, y)
        return np.asarray(fur + (np.asarray(STRIPE, np.float32) - fur) * (bands * fade * 0.75)[..., None])

    return shade


def _head(canvas: Canvas, pose: Pose) -> None:
    cx, cy = pose.head
    canvas.paint(convex((cx + 5, cy - 20), (cx + 24, cy - 38), (cx + 28, cy - 10), radius=4), STRIPE)
    canvas.paint(convex((cx - 27, cy - 10), (cx - 22, cy - 40), (cx - 3, cy - 22), radius=4), STRIPE)
    canvas.paint(convex((cx + 11, cy - 20), (cx + 22, cy - 33), (cx + 24, cy - 14), radius=1), PINK, softness=3)
    canvas.paint(convex((cx - 22, cy - 14), (cx - 19, cy - 34), (cx - 7, cy - 22), radius=1), PINK, softness=3)
    skull = union(ellipse(cx, cy, 32, 28), ellipse(cx + 2, cy + 9, 36, 20), melt=12)
    canvas.paint(skull, _fur)
    for offset, tall in ((-9, 9), (1, 12), (11, 9)):
        canvas.paint(limb((cx + offset + 1, cy - 25), (cx + offset, cy - 24 + tall), 2.2, 1.2), STRIPE, softness=2)
    _face(canvas, cx + 4, cy)
    for x in (cx - 10, cx + 18):
        if pose.is_curled:
            _sleeping_eye(canvas, x, cy)
        else:
            _eye(canvas, x, cy - 2, pose.eyes)


def _face(canvas: Canvas, cx: float, cy: float) -> None:
    canvas.paint(union(ellipse(cx - 7, cy + 14, 11, 9), ellipse(cx + 7, cy + 14, 11, 9), melt=4), CREAM, softness=4)
    for side in (-1, 1):
        for whisker in (-1, 0, 1):
            start, end = (cx + side * 12, cy + 13 + whisker), (cx + side * 27, cy + 11 + whisker * 5)
            canvas.paint(limb(start, end, 0.6, 0.3), (255, 244, 226), 0.7)
        canvas.paint(limb((cx, cy + 14), (cx + side * 4, cy + 17), 1, 1), DARK, 0.8)
        canvas.paint(limb((cx + side * 4, cy + 17), (cx + side * 8, cy + 15), 1, 0.8), DARK, 0.8)
    canvas.paint(convex((cx - 4, cy + 7), (cx + 4, cy + 7), (cx, cy + 11), radius=1), PINK)
    canvas.paint(limb((cx, cy + 11), (cx, cy + 14), 0.9, 0.9), DARK, 0.8)


def _eye(canvas: Canvas, x: float, y: float, eyes: float) -> None:
    canvas.paint(ellipse(x, y, 8, max(8 * eyes, 1.2)), DARK)
    if eyes > 0.5:
        canvas.paint(ellipse(x, y, 6.8, 6.8), EYE)
        canvas.paint(ellipse(x, y, 3.8, 6.2), DARK)
        canvas.paint(ellipse(x + 2, y - 2.6, 2, 2), (255, 255, 255))


def _sleeping_eye(canvas: Canvas, x: float, y: float) -> None:
    """A lid that hangs down."""
    points = [(x + dx, y + 4 - dx * dx / 14) for dx in (-8, -4, 0, 4, 8)]
    canvas.paint(union(*(limb(a, b, 1.4, 1.4) for a, b in zip(points, points[1:], strict=False))), DARK)
