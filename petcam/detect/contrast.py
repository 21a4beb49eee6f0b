"""Dim pictures made plain: networks have learned from daylight, and see little in infrared light."""

import numpy as np
from numpy.typing import NDArray

DARKEST, LIGHTEST = 0.01, 0.99  # of all samples: these become nearly black and nearly white
FULL_SPAN = 200  # of 255, between the two: such a picture is left as it is
MOST_RAISED = 6.0  # times


def plain(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``picture`` ((height, width, 3), uint8) itself; one of little contrast smoothed, as it is full of noise, and its
    samples spread further apart."""
    low, high = _span(picture)
    if high - low >= FULL_SPAN:
        return picture
    smooth = _smoothed(picture)
    low, high = _span(smooth)
    factor = min(FULL_SPAN / max(high - low, 1), MOST_RAISED)
    table = (np.arange(256) - (low + high) / 2) * factor + 128
    found: NDArray[np.uint8] = np.clip(table, 0, 255).astype(np.uint8)[smooth]
    return found


def _span(picture: NDArray[np.uint8]) -> tuple[int, int]:
    """By the samples of one colour."""
    counts = np.bincount(picture.reshape(-1)[::3], minlength=256).cumsum()
    low, high = (int(np.searchsorted(counts, part * counts[-1])) for part in (DARKEST, LIGHTEST))
    return low, high


def _smoothed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each sample the mean of the nine around it."""
    wide = np.pad(picture, ((1, 1), (1, 1), (0, 0)), "edge").astype(np.uint16)
    rows = wide[:-2] + wide[1:-1] + wide[2:]
    found: NDArray[np.uint8] = ((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) // 9).astype(np.uint8)
    return found
