"""YOLOX as its own ``export_onnx.py`` makes it: (1, n, 5 + classes), a row for each cell of three grids.

In: BGR, 0 to 255. YOLOX was trained with pictures that keep their shape within a grey border; ours are stretched to
the model's size, which a square piece of a picture does not feel. A row has the box's centre and size, how likely
something is there, and the classes' parts of that. Boxes are relative to their cell unless the graph decodes them.
"""

from collections.abc import Sequence

import numpy as np

from petcam.detect.model.cells import cell_count, cells
from petcam.detect.model.graph import Floats
from petcam.detect.model.head import Picture, sure_rows

STRIDES = (8, 16, 32)


class Yolox:
    """``decoded``: the graph gives boxes in pixels."""

    family = "YOLOX"

    def __init__(self, height: int, width: int, classes: int, decoded: bool) -> None:
        self.classes = classes
        self._size = np.array([width, height, width, height], np.float32)
        self._cells = cells(height, width, STRIDES, 0.0)
        self._decoded = decoded

    def fill(self, picture: Picture, target: Floats) -> None:
        np.copyto(target[0], picture[:, :, ::-1].transpose(2, 0, 1))

    def boxes(self, outputs: Sequence[Floats], least: float) -> tuple[Floats, Floats]:
        table = outputs[0][0]
        likely = np.flatnonzero(table[:, 4] >= least)  # no class is more likely than that anything is there
        scores = table[likely, 5:] * table[likely, 4:5]
        sure = sure_rows(scores, least)
        rows, scores = likely[sure], scores[sure]
        centre, size = table[rows, :2], table[rows, 2:4]
        if not self._decoded:
            places, strides = self._cells[rows, :2], self._cells[rows, 2:]
            centre, size = centre * strides + places, np.exp(size.clip(-40, 40)) * strides
        edges = np.concatenate([centre - size / 2, centre + size / 2], 1)
        return np.asarray(edges / self._size, np.float32), scores


def count(height: int, width: int) -> int:
    """How many rows a picture of that size has."""
    return sum(cell_count(height, width, stride) for stride in STRIDES)
