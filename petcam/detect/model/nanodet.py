"""NanoDet and NanoDet-Plus: for each cell of three or four grids the classes' scores and four distances.

In: BGR, less the mean of ImageNet's pictures, by their deviation; stretched. A distance from the cell's place to an
edge of the box is a distribution over 8 or 11 whole numbers of strides. Out is either one tensor, (1, n, classes + 4
times that), or two for each grid, (1, n of the grid, classes) and (1, n of the grid, 4 times that).
"""

from collections.abc import Sequence

import numpy as np

from petcam.detect.model.cells import cells
from petcam.detect.model.graph import Floats
from petcam.detect.model.head import Picture, sigmoid, sure_rows

STRIDES = ((8, 16, 32), (8, 16, 32, 64))  # NanoDet's, whose places are the middles of cells; Plus's, the corners
BINS = (8, 11)
MEAN = np.array([103.53, 116.28, 123.675], np.float32)[:, None, None]
DEVIATION = np.array([57.375, 57.12, 58.395], np.float32)[:, None, None]


class Nanodet:
    """``pairs`` says for each grid which outputs have its scores and its distances; none: one output has all."""

    family = "NanoDet"

    def __init__(
        self,
        height: int,
        width: int,
        classes: int,
        bins: int,
        grids: int,
        pairs: Sequence[tuple[int, int]],
        logits: bool,
    ) -> None:
        self.classes = classes
        self._bins, self._pairs, self._logits = bins, pairs, logits
        self._size = np.array([width, height, width, height], np.float32)
        self._cells = cells(height, width, STRIDES[grids - 3], 0.5 if grids == 3 else 0.0)

    def fill(self, picture: Picture, target: Floats) -> None:
        np.subtract(picture[:, :, ::-1].transpose(2, 0, 1), MEAN, out=target[0])
        np.divide(target[0], DEVIATION, out=target[0])

    def boxes(self, outputs: Sequence[Floats], least: float) -> tuple[Floats, Floats]:
        scores, reaches = self._joined(outputs)
        rows = sure_rows(scores, least, self._logits)
        places, strides = self._cells[rows, :2], self._cells[rows, 2:]
        parts = reaches[rows].reshape(-1, 4, self._bins)
        parts = np.exp(parts - parts.max(2, keepdims=True))
        steps = np.arange(self._bins, dtype=np.float32)
        reach = (parts * steps).sum(2) / parts.sum(2) * strides
        edges = np.concatenate([places - reach[:, :2], places + reach[:, 2:]], 1)
        boxes = np.asarray(edges / self._size, np.float32)
        return boxes, sigmoid(scores[rows]) if self._logits else scores[rows]

    def _joined(self, outputs: Sequence[Floats]) -> tuple[Floats, Floats]:
        """All cells' scores and distributions."""
        if not self._pairs:
            return outputs[0][0, :, : self.classes], outputs[0][0, :, self.classes :]
        scores, reaches = ([outputs[pair[which]][0] for pair in self._pairs] for which in (0, 1))
        return np.concatenate(scores), np.concatenate(reaches)
