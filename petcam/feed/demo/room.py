"""The demo's room: a living room in the evening, painted once, and the moon that moves behind its window."""

import math

import numpy as np

from petcam.feed.demo.canvas import Array, Canvas, Colour, Shader, box, convex, ellipse, limb, shared, union
from petcam.feed.demo.picture import Patch, View

WIDTH, HEIGHT = 1280, 720  # pixels
SKIRTING_Y = 476  # where the wall ends
PANE = (150, 92, 390, 330)  # left, top, right, bottom of the window's glass
BAR_Y = 196  # top of the bar across it
MOON_SIZE = 120
MOON_FRAMES = 1800  # from one side of the window to the other

FRAME: Colour = (206, 200, 186)
CURTAIN: Colour = (62, 74, 108)
LAMP_LIGHT: Colour = (255, 206, 140)


def paint() -> Canvas:
    """The room without pet, moon and figures."""
    canvas = Canvas(WIDTH, HEIGHT)
    _wall(canvas)
    _floor(canvas)
    _window(canvas)
    _frames_on_wall(canvas)
    _plant(canvas)
    _sofa(canvas)
    _rug(canvas)
    _bed(canvas)
    _lamp(canvas)
    return canvas


def _plain(colour: Colour, lower: Colour, top: float, bottom: float) -> Shader:
    """From one colour at ``top`` to another at ``bottom``."""

    def shade(distance: Array, x: Array, y: Array) -> Array:
        part = np.clip((y - top) / (bottom - top), 0, 1) + 0 * x
        upper = np.asarray(colour, np.float32)
        return np.asarray(upper + part[..., None] * (np.asarray(lower, np.float32) - upper))

    return shade


def _wall(canvas: Canvas) -> None:
    canvas.paint(box(-9, -9, WIDTH + 9, SKIRTING_Y), _plain((60, 82, 96), (78, 98, 106), 0, SKIRTING_Y))
    canvas.paint(box(-9, SKIRTING_Y - 22, WIDTH + 9, SKIRTING_Y), (172, 168, 156))
    canvas.paint(box(-9, SKIRTING_Y - 24, WIDTH + 9, SKIRTING_Y - 20), (140, 138, 130))


def _floor(canvas: Canvas) -> None:
    def planks(distance: Array, x: Array, y: Array) -> Array:
        depth = (y - SKIRTING_Y) / (HEIGHT - SKIRTING_Y)
        across = (x - WIDTH / 2) / (0.62 + 0.62 * depth)  # vanishing towards the wall
        plank = np.floor(across / 74)
        grain = np.sin(plank * 12.9898) * 43758.5453
        tone = (grain - np.floor(grain)) * 0.16 + 0.06 * np.sin(across * 0.6 + 3 * np.sin(depth * 4 + plank))
        seam = np.clip(1.4 - np.abs(across / 74 - plank - 0.5) * -74 - 37 + 1.4, 0, 1)
        bright = 0.82 + 0.22 * depth + tone * 0.6 - 0.25 * seam
        return np.asarray(bright[..., None] * np.asarray((122, 96, 78), np.float32))

    canvas.paint(box(-9, SKIRTING_Y, WIDTH + 9, HEIGHT + 9), planks)


def _window(canvas: Canvas) -> None:
    left, top, right, bottom = PANE
    canvas.paint(box(left - 18, top - 18, right + 18, bottom + 18, 4), FRAME)
    canvas.paint(box(left, top, right, bottom), _plain((24, 30, 66), (104, 88, 128), top, bottom))
    for i in range(26):
        x, y = left + 8 + (i * 97) % (right - left - 16), top + 8 + (i * i * 31) % 120
        canvas.paint(ellipse(x, y, 1.3, 1.3), (236, 236, 220), 0.35 + 0.3 * (i % 3))
    _town(canvas)
    canvas.paint(box(-6 + (left + right) / 2, top, 6 + (left + right) / 2, bottom), FRAME)
    canvas.paint(box(left, BAR_Y, right, BAR_Y + 10), FRAME)
    canvas.paint(box(left - 30, bottom + 14, right + 30, bottom + 30, 4), (222, 216, 202))
    for side, edge in ((-1, left - 14), (1, right + 14)):
        _curtain(canvas, edge, side)
    canvas.paint(limb((left - 84, top - 38), (right + 84, top - 38), 5, 5), (150, 128, 92))


def _town(canvas: Canvas) -> None:
    left, _, right, bottom = PANE
    for i, (width, tall) in enumerate(((44, 46), (36, 74), (52, 34), (40, 60), (34, 88), (46, 42))):
        x = left + i * 41
        house = shared(box(x, bottom - tall, x + width, bottom + 9), box(*PANE))
        canvas.paint(house, (34, 34, 58))
        for row in range(2):
            for column in range(2):
                if (i + row * 2 + column) % 3:
                    pane_x, pane_y = x + 8 + column * 15, bottom - tall + 10 + row * 17
                    canvas.paint(box(pane_x, pane_y, pane_x + 6, pane_y + 8), (240, 204, 122), 0.85)


def _curtain(canvas: Canvas, edge: float, side: int) -> None:
    def folds(distance: Array, x: Array, y: Array) -> Array:
        bright = 0.95 + 0.2 * np.sin((x - edge) * 0.34 + side) + 0 * y
        return np.asarray(bright[..., None] * np.asarray(CURTAIN, np.float32))

    outer = edge + side * 66
    canvas.paint(box(min(edge, outer), PANE[1] - 38, max(edge, outer), SKIRTING_Y - 8, 6), folds)


def _frames_on_wall(canvas: Canvas) -> None:
    for left, top, right, bottom, sky in ((574, 96, 704, 196, (150, 176, 176)), (732, 112, 812, 212, (196, 188, 160))):
        canvas.paint(box(left + 4, top + 6, right + 4, bottom + 6, 3), (30, 38, 46), 0.5, softness=8)
        canvas.paint(box(left, top, right, bottom, 2), (58, 48, 44))
        inner = box(left + 7, top + 7, right - 7, bottom - 7)
        canvas.paint(inner, (226, 220, 204))
        print_ = box(left + 16, top + 16, right - 16, bottom - 16)
        canvas.paint(print_, sky)
        middle = (left + right) / 2
        canvas.paint(shared(print_, ellipse(middle - 18, bottom - 12, 40, 26)), (96, 128, 112))
        canvas.paint(shared(print_, ellipse(middle + 28, bottom - 8, 44, 22)), (78, 108, 104))
        canvas.paint(ellipse(middle + 14, top + 34, 8, 8), (244, 226, 178))


def _plant(canvas: Canvas) -> None:
    for i in range(11):
        angle = math.radians(-158 + i * 13.6)
        length = 118 + 34 * ((i * 7) % 3)
        tip = (64 + math.cos(angle) * length * 0.62, 394 + math.sin(angle) * length)
        bend = (64 + math.cos(angle) * length * 0.2, 394 + math.sin(angle) * length * 0.6)
        green = (52 + 8 * (i % 3), 98 + 12 * (i % 3), 76)
        canvas.paint(union(limb((64, 402), bend, 3, 11), limb(bend, tip, 11, 1), melt=6), green)
        canvas.paint(union(limb((64, 402), bend, 1, 1), limb(bend, tip, 1, 1)), (120, 158, 126), 0.5)
    canvas.paint(ellipse(64, 506, 62, 10), (24, 20, 26), 0.5, softness=10)
    canvas.paint(
        convex((22, 400), (106, 400), (94, 504), (34, 504), radius=4),
        _plain((206, 196, 182), (158, 150, 142), 400, 504),
    )
    canvas.paint(box(16, 392, 112, 410, 6), (216, 206, 192))


def _sofa(canvas: Canvas) -> None:
    left, right = 500, 930
    canvas.paint(ellipse((left + right) / 2, 512, 246, 16), (20, 18, 24), 0.6, softness=18)
    for x in (left + 26, right - 26):
        canvas.paint(limb((x, 486), (x, 508), 7, 5), (66, 50, 42))
    canvas.paint(box(left + 14, 278, right - 14, 470, 34), _plain((82, 114, 110), (62, 90, 88), 278, 470))
    middle = (left + right) / 2
    for x0, x1 in ((left + 38, middle - 3), (middle + 3, right - 38)):
        canvas.paint(box(x0, 298, x1, 430, 24), _plain((96, 130, 124), (72, 102, 98), 298, 430), softness=2)
        canvas.paint(box(x0 - 6, 400, x1 + 6, 462, 20), _plain((108, 142, 134), (84, 116, 110), 400, 462), softness=2)
    canvas.paint(box(left + 10, 440, right - 10, 492, 14), _plain((70, 100, 96), (54, 80, 78), 440, 492))
    for x0, x1 in ((left - 14, left + 46), (right - 46, right + 14)):
        canvas.paint(box(x0, 346, x1, 494, 26), _plain((94, 128, 122), (60, 88, 86), 346, 494))
    _cushion(canvas, 596, 372, (212, 190, 140))
    _cushion(canvas, 836, 374, (150, 166, 190))


def _cushion(canvas: Canvas, x: float, y: float, colour: Colour) -> None:
    canvas.paint(box(x - 40, y - 34, x + 44, y + 42, 22), (30, 44, 44), 0.35, softness=12)
    dark = (colour[0] * 0.78, colour[1] * 0.78, colour[2] * 0.78)
    canvas.paint(box(x - 42, y - 40, x + 42, y + 38, 20), _plain(colour, dark, y - 40, y + 38))
    for i in range(-2, 3):
        canvas.paint(limb((x + i * 15, y - 28), (x + i * 15, y + 26), 1.2, 1.2), dark, 0.7, softness=2)


def _rug(canvas: Canvas) -> None:
    for rx, ry, colour in (
        (438, 88, (98, 106, 128)),
        (420, 82, (196, 192, 180)),
        (374, 71, (122, 134, 156)),
        (360, 68, (186, 184, 176)),
        (240, 44, (122, 134, 156)),
        (226, 41, (196, 192, 180)),
    ):
        canvas.paint(ellipse(610, 612, rx, ry), colour, softness=2)


def _bed(canvas: Canvas) -> None:
    canvas.paint(ellipse(1128, 598, 136, 26), (20, 18, 24), 0.5, softness=16)
    canvas.paint(ellipse(1128, 568, 128, 42), _plain((118, 126, 150), (86, 92, 116), 530, 606))
    canvas.paint(ellipse(1128, 560, 96, 25), (66, 70, 92), softness=2)
    canvas.paint(ellipse(1128, 566, 92, 21), _plain((214, 206, 192), (178, 172, 164), 548, 586), softness=3)


def _lamp(canvas: Canvas) -> None:
    canvas.paint(ellipse(1042, 504, 56, 9), (20, 18, 24), 0.5, softness=8)
    canvas.paint(ellipse(1042, 500, 44, 8), (60, 54, 52))
    canvas.paint(limb((1042, 246), (1042, 498), 4, 4), (84, 76, 70))
    shade = convex((1008, 150), (1076, 150), (1102, 250), (982, 250), radius=5)
    canvas.paint(shade, _plain((246, 222, 170), (255, 236, 190), 150, 250))
    canvas.glow(1042, 210, 330, 260, LAMP_LIGHT, 0.24)
    canvas.glow(1042, 258, 120, 90, LAMP_LIGHT, 0.22)
    canvas.glow(1000, 560, 430, 120, LAMP_LIGHT, 0.10)


class Moon:
    """The light that moves: a moon with its halo, seen through the glass."""

    def __init__(self) -> None:
        canvas = Canvas(MOON_SIZE, MOON_SIZE, (MOON_SIZE / 2, MOON_SIZE / 2), (236, 230, 206))
        canvas.paint(ellipse(0, 0, 30, 30), (206, 206, 220), 0.28, softness=52)
        canvas.paint(ellipse(0, 0, 17, 17), (246, 240, 216), softness=1.5)
        for x, y, r in ((-5, -4, 4), (6, 3, 3), (-1, 8, 2.5)):
            canvas.paint(ellipse(x, y, r, r), (224, 216, 190), softness=2)
        self._patch = Patch.of(canvas)

    def draw(self, picture: View, frame_number: int) -> None:
        """Draw it where it stands on a frame, behind the bars of the window; its way takes ``MOON_FRAMES``."""
        left, top, right, _ = PANE
        part = (frame_number + MOON_FRAMES // 4) % MOON_FRAMES / MOON_FRAMES
        x = int((right - left + MOON_SIZE) * part) - MOON_SIZE
        y = int(6 - 28 * math.sin(math.pi * part))
        middle = (left + right) // 2
        for pane_left, pane_right in ((left, middle - 6), (middle + 6, right)):
            pane = picture.part(pane_left, top, pane_right, BAR_Y)
            pane.blend(self._patch, (x - pane_left + left) & ~1, y & ~1)
