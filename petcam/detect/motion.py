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
        """Where it differs from a second before, the largest first, and first of all what moves this very moment. A
        thumbnail: (HEIGHT, WIDTH), float32, 0 to 255."""
        while self._kept and capture_ns - self._kept[0][0] > OLDEST_NS:
            self._kept.popleft()
        while len(self._kept) > 1 and capture_ns - self._kept[1][0] >= BEFORE_NS:
            self._kept.popleft()
        if not self._kept:
            self._kept.append((capture_ns, thumbnail))
            return []
        changed = _widened(changed_cells(self._kept[0][1], thumbnail))
        just_now = changed_cells(self._kept[-1][1], thumbnail)
        self._kept.append((capture_ns, thumbnail))
        return _areas(changed, just_now)


def changed_cells(before: Thumbnail, after: Thumbnail) -> NDArray[np.bool_]:
    """(ROWS, COLUMNS): whether each cell of a thumbnail shows something else."""
    difference = after - before
    difference -= np.median(difference)  # of all of it: the camera's exposure
    cells = np.abs(difference).reshape(ROWS, CELL, COLUMNS, CELL).mean((1, 3))
    found: NDArray[np.bool_] = cells > max(LEAST_CHANGE, TIMES_USUAL * float(np.median(cells)))
    return found


def _widened(hot: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """With the cells around each."""
    padded = np.pad(hot, 1)
    across = padded[:, :-2] | padded[:, 1:-1] | padded[:, 2:]
    return across[:-2] | across[1:-1] | across[2:]


Cell = tuple[int, int]  # row, column


def _areas(changed: NDArray[np.bool_], just_now: NDArray[np.bool_]) -> list[Area]:
    """Of each group of cells that have changed. What runs leaves where it was behind: its area is of those cells that
    have changed just now."""
    groups = [group for group in _groups(changed)[:MOST_AREAS] if len(group) >= LEAST_CELLS]
    running = [[cell for cell in group if just_now[cell]] for group in groups]
    moving = [_area(cells) for cells in running if cells]
    return moving + [_area(group) for group, cells in zip(groups, running, strict=True) if not cells]


def _groups(hot: NDArray[np.bool_]) -> list[list[Cell]]:
    """The cells that hang together, the most first."""
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
    return sorted(groups, key=len, reverse=True)


def _area(cells: list[Cell]) -> Area:
    """With the cells around."""
    rows, columns = [row for row, _ in cells], [column for _, column in cells]
    return Area(
        max(0, min(columns) - 1) / COLUMNS,
        max(0, min(rows) - 1) / ROWS,
        min(COLUMNS, max(columns) + 2) / COLUMNS,
        min(ROWS, max(rows) + 2) / ROWS,
    )
