"""Where something has moved: thumbnails compared with those of a second before."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from petcam.detect.area import Area

WIDTH, HEIGHT = 160, 90  # pixels of a thumbnail: luma, 0 to 255
CELL = 5  # pixels
COLUMNS, ROWS = WIDTH // CELL, HEIGHT // CELL
BEFORE_NS = 1_000_000_000  # a thumbnail is compared with the one of so long before,
OLDEST_NS = 4_000_000_000  # or with an older one, up to this
MAX_KEPT = 32
LEAST_CHANGE = 2.0  # mean difference of a cell that counts, of 255 …
TIMES_USUAL = 4.0  # … and how many times that of the middle cell, which noise lifts too, and a lamp
LEAST_CELLS = 4  # that hang together, with one around each
MOST_AREAS = 3

Thumbnail = NDArray[np.float32]


class Motion:
    """Compares thumbnails as they come; their times are nanoseconds of one clock."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, Thumbnail]] = deque(maxlen=MAX_KEPT)  # oldest first

    def areas(self, thumbnail: Thumbnail, capture_ns: int) -> list[Area]:
        """Where it differs from a second before, largest first. A thumbnail: (HEIGHT, WIDTH), float32, 0 to 255."""
        before = self._before(capture_ns)
        self._kept.append((capture_ns, thumbnail))
        if before is None:
            return []
        difference = thumbnail - before
        difference -= np.median(difference)  # of all of it: the camera's exposure
        cells = cell_means(np.abs(difference))
        hot = cells > max(LEAST_CHANGE, TIMES_USUAL * float(np.median(cells)))
        return _joined(_widened(hot))

    def _before(self, capture_ns: int) -> Thumbnail | None:
        while self._kept and capture_ns - self._kept[0][0] > OLDEST_NS:
            self._kept.popleft()
        while len(self._kept) > 1 and capture_ns - self._kept[1][0] >= BEFORE_NS:
            self._kept.popleft()
        return self._kept[0][1] if self._kept else None


def cell_means(picture: Thumbnail) -> Thumbnail:
    """(ROWS, COLUMNS) of a thumbnail."""
    means: Thumbnail = picture.reshape(ROWS, CELL, COLUMNS, CELL).mean((1, 3))
    return means


def _widened(hot: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """With the cells around each."""
    padded = np.pad(hot, 1)
    across = padded[:, :-2] | padded[:, 1:-1] | padded[:, 2:]
    return across[:-2] | across[1:-1] | across[2:]


def _joined(hot: NDArray[np.bool_]) -> list[Area]:
    """The cells that hang together, as areas, largest first."""
    left = {(int(row), int(column)) for row, column in zip(*np.nonzero(hot), strict=True)}
    groups = []
    while left:
        group, edge = [], [left.pop()]
        while edge:
            row, column = edge.pop()
            group.append((row, column))
            for near in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
                if near in left:
                    left.remove(near)
                    edge.append(near)
        groups.append(group)
    groups.sort(key=len, reverse=True)
    return [_area(group) for group in groups[:MOST_AREAS] if len(group) >= LEAST_CELLS]


def _area(group: list[tuple[int, int]]) -> Area:
    rows, columns = [row for row, _ in group], [column for _, column in group]
    return Area(min(columns) / COLUMNS, min(rows) / ROWS, (max(columns) + 1) / COLUMNS, (max(rows) + 1) / ROWS)
