"""The demo's picture: room, moon, pet, clock and frame number put together."""

import numpy as np

from petcam.feed.demo import font
from petcam.feed.demo.canvas import Array, Colour, box
from petcam.feed.demo.pet import Pet
from petcam.feed.demo.picture import Picture
from petcam.feed.demo.room import WIDTH, Moon, paint
from petcam.feed.demo.walk import pet_state

CLOCK_CORNER = (1070, 28)  # left, top, pixels
LINE_HEIGHT = 34  # pixels from the clock down to the frame number
DOT_SIZE = 3  # pixels
PLATE_COLOUR: Colour = (18, 22, 30)
FIGURE_LUMA = 226  # Y of the clock's and the number's dots


class Scene:
    """Draws the picture of any frame. Making one paints everything that stays, which takes about a second.

    ``restless``: the pet never sleeps and is never away for long.
    """

    def __init__(self, restless: bool = False) -> None:
        self._restless = restless
        canvas = paint()
        left, top = CLOCK_CORNER
        right, bottom = left + DOT_SIZE * font.ADVANCE * 8, top + LINE_HEIGHT + DOT_SIZE * font.HEIGHT
        canvas.paint(box(left - 18, top - 14, right + 14, bottom + 14, 12), PLATE_COLOUR, 0.62)
        self._empty = Picture.of(canvas)
        self._pet = Pet()
        self._moon = Moon()
        self._letters = {letter: font.enlarged(letter, DOT_SIZE) for letter in font.LETTERS}
        self._picture = Picture(self._empty.i420.copy())

    def draw(self, frame_number: int, clock: str) -> Array:
        """The frame as I420, uint8 of shape (1080, 1280), overwritten by the next call. ``clock`` is HH:MM:SS."""
        np.copyto(self._picture.i420, self._empty.i420)
        self._moon.draw(self._picture, frame_number)
        self._pet.draw(self._picture, pet_state(frame_number, self._restless))
        left, top = CLOCK_CORNER
        self._write(clock, left, top)
        self._write(f"#{frame_number % 10_000_000:07d}", left, top + LINE_HEIGHT)
        return self._picture.i420

    def box(self, frame_number: int) -> tuple[float, float, float, float] | None:
        """x, y, w, h of the pet's drawn pixels on a frame; ``None`` where none is in the picture."""
        return self._pet.box(pet_state(frame_number, self._restless), WIDTH)

    def _write(self, text: str, left: int, top: int) -> None:
        lit = np.hstack([self._letters[letter] for letter in text])
        self._picture.y[top : top + lit.shape[0], left : left + lit.shape[1]][lit] = FIGURE_LUMA
