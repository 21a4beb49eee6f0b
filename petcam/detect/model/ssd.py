"""SSD as TensorFlow's object detection API makes it: anchors on six grids, codes relative to them, a score a class.

In: RGB, stretched, -1 to 1. Out: (1, n, 4) codes (centre y, centre x, height, width) and (1, n, classes) scores.
The anchors are those of ``ssd_anchor_generator`` with its defaults: 1917 for 300x300.
"""

from collections.abc import Sequence

import numpy as np

from petcam.detect.model.graph import Floats
from petcam.detect.model.head import Picture, sigmoid, sure_rows

GRIDS, LOWEST, HIGHEST = 6, 0.2, 0.95  # the anchors' scales on the first grid and on the last
RATIOS = (1.0, 2.0, 0.5, 3.0, 0.3333)  # of width to height
FIRST_STRIDE = 16  # pixels a cell of the first grid
CENTRE, SIZE = 10.0, 5.0  # by which codes are scaled


class Ssd:
    """Reads a model whose outputs number ``codes_at`` and ``scores_at`` have codes and scores (``logits``: as such)."""

    family = "SSD"

    def __init__(self, height: int, width: int, classes: int, codes_at: int, scores_at: int, logits: bool) -> None:
        self.classes = classes
        self._codes_at, self._scores_at, self._logits = codes_at, scores_at, logits
        self._anchors = anchors(height, width)

    def fill(self, picture: Picture, target: Floats) -> None:
        np.multiply(picture.transpose(2, 0, 1), np.float32(1 / 127.5), out=target[0])
        np.subtract(target, np.float32(1), out=target)

    def boxes(self, outputs: Sequence[Floats], least: float) -> tuple[Floats, Floats]:
        scores = outputs[self._scores_at][0]
        rows = sure_rows(scores, least, self._logits)
        codes, anchors, scores = outputs[self._codes_at][0][rows], self._anchors[rows], scores[rows]
        centre = codes[:, :2] / np.float32(CENTRE) * anchors[:, 2:] + anchors[:, :2]
        half = np.exp(codes[:, 2:].clip(-80, 80) / np.float32(SIZE)) * anchors[:, 2:] / 2
        boxes = np.concatenate([centre - half, centre + half], 1)[:, [1, 0, 3, 2]]
        return boxes, sigmoid(scores) if self._logits else scores


def count(height: int, width: int) -> int:
    """How many anchors a picture of that size has."""
    first, *others = (rows * columns for rows, columns in grids(height, width))
    return 3 * first + 6 * sum(others)


def grids(height: int, width: int) -> list[tuple[int, int]]:
    """Rows and columns of the grids: each half of the one before, rounded up."""
    found = [(-(-height // FIRST_STRIDE), -(-width // FIRST_STRIDE))]
    while len(found) < GRIDS:
        rows, columns = found[-1]
        found.append((-(-rows // 2), -(-columns // 2)))
    return found


def anchors(height: int, width: int) -> Floats:
    """(n, 4) centre y, centre x, height, width as parts of the picture."""
    short = min(height, width)
    cells = []
    for index, (rows, columns) in enumerate(grids(height, width)):
        sizes = np.array(_sizes(index)) * (short / height, short / width)
        y, x, one = np.meshgrid(np.arange(rows), np.arange(columns), np.arange(len(sizes)), indexing="ij")
        cells.append(np.stack([(y + 0.5) / rows, (x + 0.5) / columns, sizes[one, 0], sizes[one, 1]], -1).reshape(-1, 4))
    return np.concatenate(cells).astype(np.float32)


def _sizes(index: int) -> list[tuple[float, float]]:
    """Height and width of each anchor in a cell of a grid, as parts of the shorter side."""
    scales = [LOWEST + (HIGHEST - LOWEST) / (GRIDS - 1) * at for at in range(GRIDS)] + [1.0]
    scale = scales[index]
    if index == 0:  # reduce_boxes_in_lowest_layer
        return [(0.1, 0.1), _of_ratio(scale, 2.0), _of_ratio(scale, 0.5)]
    between = (scale * scales[index + 1]) ** 0.5
    return [_of_ratio(scale, ratio) for ratio in RATIOS] + [(between, between)]


def _of_ratio(scale: float, ratio: float) -> tuple[float, float]:
    return scale / ratio**0.5, scale * ratio**0.5
