"""Pictures that bear their number, so that it can be read wherever they come out, encoded anew or not."""

from typing import Any

import numpy as np

SIZE = (160, 120)  # pixels
BITS = 10
DARK, LIGHT = 40, 210


def painted(number: int, size: tuple[int, int] = SIZE) -> Any:
    """RGB, uint8 of shape (height, width, 3): the number in blocks above (least bit first); below a bar that moves over
    noise, so that keyframes take several packets."""
    width, height = size
    picture = np.random.default_rng(1).integers(70, 110, (height, width, 3), np.uint8)
    block = width // BITS
    for bit in range(BITS):
        picture[: height // 2, bit * block : (bit + 1) * block] = LIGHT if number >> bit & 1 else DARK
    at = number * 6 % width
    picture[height // 2 :, at : at + 20] = (250, 200, 60)
    return picture


def number_in(luma: Any) -> int:
    """The number of a picture, from its luma (uint8 of shape (height, width))."""
    height, width = luma.shape
    block = width // BITS
    rows = luma[height // 8 : height * 3 // 8]
    middles = [rows[:, bit * block + block // 4 : bit * block + block * 3 // 4] for bit in range(BITS)]
    return sum(int(middle.mean() > (DARK + LIGHT) / 2) << bit for bit, middle in enumerate(middles))
