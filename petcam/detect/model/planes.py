"""How the pixels that a strip of a depthwise convolution sees lie in memory, so that numpy can run it without copies.

For steps of ``sh`` x ``sw`` there are as many planes: plane (i, j) has the rows and columns with the remainders i and
j. A plane lies row after row with a ``pitch``, so what one place of the window sees for all places of the strip is one
contiguous run, and what another sees is the same, shifted. The zeros right of a row also serve left of the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from petcam.detect.model.graph import Array
from petcam.detect.model.layer import Window
from petcam.detect.model.room import lines


@dataclass(frozen=True)
class Part:
    """The rectangle of a plane that is in the picture, and which of the picture's rows and columns it has."""

    rows: slice
    columns: slice
    of_rows: range
    of_columns: range


class Planes:
    """For rows ``first`` to before ``last`` of what a window makes of a picture of ``height`` x ``width``.

    ``rows`` and ``pitch`` are one plane's, ``distance`` is from one to the next, ``size`` is all planes' (of one
    channel), ``run`` is that of what comes out, its rows with the same pitch.
    """

    def __init__(self, window: Window, height: int, width: int, first: int, last: int) -> None:
        self.window, self.first, self.last = window, first, last
        self._height, self._width = height, width
        more_rows, more_columns = (-(-side // step) - 1 for side, step in zip(window.kernel, window.steps, strict=True))
        shared = min(window.left, window.right, more_columns) if window.steps[1] == 1 else 0
        self.rows = last - first + more_rows
        self.pitch = window.columns + more_columns - shared
        self.distance = lines(self.rows * self.pitch + more_columns)
        self.size = window.steps[0] * window.steps[1] * self.distance
        self.run = (last - first) * self.pitch

    def parts(self) -> Iterator[tuple[int, Part]]:
        """Each plane's number and part."""
        down, across = self.window.steps
        for number in range(down * across):
            row = self.first * down + number // across - self.window.top  # what the plane begins with
            column = number % across - self.window.left
            rows = _inside(row, down, self.rows, self._height)
            columns = _inside(column, across, self.pitch, self._width)
            yield number, Part(rows, columns, _of(row, down, rows), _of(column, across, columns))

    def seen(self) -> slice:
        """Which numbers of a channel must be reckoned; the others are outside of the picture."""
        (_, part), *others = self.parts()
        return slice(0, self.size) if others else slice(part.rows.start * self.pitch, part.rows.stop * self.pitch)

    def view(self, matrix: Array, number: int) -> Array:
        """(channels, rows, pitch) of one plane in a (channels, size) matrix."""
        plane = matrix[:, number * self.distance : number * self.distance + self.rows * self.pitch]
        return plane.reshape(len(matrix), self.rows, self.pitch)

    def outside(self, matrix: Array, number: int, part: Part) -> Iterator[Array]:
        """What of a plane is not in the picture, and what lies behind it: rectangles, none of them empty."""
        plane = self.view(matrix, number)
        behind = matrix[:, number * self.distance + self.rows * self.pitch : (number + 1) * self.distance]
        above, below = plane[:, : part.rows.start], plane[:, part.rows.stop :]
        left, right = plane[:, part.rows, : part.columns.start], plane[:, part.rows, part.columns.stop :]
        yield from (piece for piece in (above, below, left, right, behind) if piece.size)


def _inside(begin: int, step: int, count: int, size: int) -> slice:
    """Which of ``count`` places at ``begin``, ``begin + step`` ... lie within 0 to before ``size``."""
    start = min(max(-(begin // step), 0), count)
    return slice(start, min(max(-((begin - size) // step), start), count))


def _of(begin: int, step: int, places: slice) -> range:
    return range(begin + places.start * step, begin + places.stop * step, step)
