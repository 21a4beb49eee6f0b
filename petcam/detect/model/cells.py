"""The grids of anchor-free detectors: one place for each cell, grid after grid, row after row."""

import numpy as np

from petcam.detect.model.graph import Floats


def cell_count(height: int, width: int, stride: int) -> int:
    return -(-height // stride) * -(-width // stride)


def cells(height: int, width: int, strides: tuple[int, ...], offset: float) -> Floats:
    """(n, 3): x and y of each cell in pixels, and its stride. ``offset`` is where in a cell its place is, 0 to 1."""
    grids = []
    for stride in strides:
        y, x = np.divmod(np.arange(cell_count(height, width, stride)), -(-width // stride))
        grids.append(np.stack([(x + offset) * stride, (y + offset) * stride, np.full(len(x), stride)], 1))
    return np.concatenate(grids).astype(np.float32)
