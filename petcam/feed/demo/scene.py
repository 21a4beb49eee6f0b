"""The demo's picture: room, moon, pet, clock and frame number put together."""

import numpy as np

from petcam.feed.demo import font
from petcam.feed.demo.canvas import Array, Colour, box
from petcam.feed.demo.pet import Pet
from petcam.feed.demo.picture import Picture
from petcam.feed.demo.room import WIDTH, Moon, paint
from petcam.feed.demo.walk import moment

FIGURES = (1070, 28)  # left, top of the clock
LINE = 34  # pixels from the clock down to the frame number
DOT = 3  # pixels
PLATE: Colour = (18, 22, 30)
WHITE_Y = 226


class Scene:
    """Draws the picture of any frame. Making one paints everything that stays, which takes about a second."""

    def __init__(self) -> None:
        canvas = paint()
        left, top = FIGURES
        right = left + DOT * font.ADVANCE * 8
        canvas.paint(box(left - 18, top - 14, right + 14, top + LINE + DOT * font.HEIGHT + 14, 12), PLATE, 0.62)
        self._empty = Picture.of(canvas)
        self._pet = Pet()
        self._moon = Moon()
        self._letters = {letter: font.enlarged(letter, DOT) for letter in font.LETTERS}
        self._picture = Picture(self._empty.i420.copy())

    def draw(self, frame_number: int, clock: str) -> Array:
        """The frame as I420, uint8 of shape (1080, 1280), overwritten by the next call. ``clock`` is HH:MM:SS."""
        np.copyto(self._picture.i420, self._empty.i420)
        self._moon.draw(self._picture, frame_number)
        self._pet.draw(self._picture, moment(frame_number))
        left, top = FIGURES
        self._write(clock, left, top)
        self._write(f"#{frame_number % 10_000_000:07d}", left, top + LINE)
        return self._picture.i420

    def box(self, frame_number: int) -> tuple[float, float, float, float] | None:
        """x, y, w, h of the pet's drawn pixels on a frame; ``None`` where none is in the picture."""
        return self._pet.box(moment(frame_number), WIDTH)

    def _write(self, text: str, left: int, top: int) -> None:
        lit = np.hstack([self._letters[letter] for letter in text])
        self._picture.y[top : top + lit.shape[0], left : left + lit.shape[1]][lit] = WHITE_Y
