"""Which part of a picture the network is shown: squares, as it takes no other shape, and not smaller than its input."""

from petcam.detect.area import Area

LEAST_ROOM = 1.5  # of a square's side to what it is to hold: networks find little that fills their picture
# How a place is shown one time after the other: so much room, shifted by so much of the room. What is found in one of
# them only is no pet.
SHOWN = ((2.0, 0.0, 0.0), (1.6, 0.25, -0.2), (2.6, -0.2, 0.15), (1.8, -0.25, -0.15), (2.2, 0.2, 0.25))
TILE_STEP = 0.7  # of a tile's side, from one tile to the next
TILE_SIZES = (1.0, 0.66)  # of the picture's shorter side


class Picture:
    """A picture's shape: its pixels as they are shown, which are square, and the least side of a square in them."""

    def __init__(self, width: int, height: int, least: int) -> None:
        self.width, self.height, self.least = width, height, min(least, width, height)

    def around(self, area: Area, turn: int = 0) -> Area:
        """A square with ``area`` in it, and room around; within the picture. ``turn`` counts how often it was asked."""
        room, across, down = SHOWN[turn % len(SHOWN)]
        largest = max(area.width * self.width, area.height * self.height)
        side = self._side(room * largest)
        spare = max(0.0, side - LEAST_ROOM * largest)
        x, y = area.centre
        return self._at(x * self.width - side / 2 + across * spare, y * self.height - side / 2 + down * spare, side)

    def tiles(self) -> list[Area]:
        """Squares that hold the whole picture, of each size: for what lies still."""
        found = []
        for size in TILE_SIZES:
            side = self._side(size * min(self.width, self.height))
            for top in _steps(self.height, side):
                found += [self._at(left, top, side) for left in _steps(self.width, side)]
        return list(dict.fromkeys(found))

    def _side(self, wanted: float) -> float:
        return min(max(wanted, self.least), self.width, self.height)

    def _at(self, left: float, top: float, side: float) -> Area:
        left, top = min(max(left, 0.0), self.width - side), min(max(top, 0.0), self.height - side)
        return Area(left / self.width, top / self.height, (left + side) / self.width, (top + side) / self.height)


def _steps(length: float, side: float) -> list[float]:
    """Where tiles of this side begin on a line of this length, evenly."""
    count = max(1, -(-(length - side) // (TILE_STEP * side)) + 1) if length > side else 1
    return [(length - side) * i / max(1, count - 1) for i in range(int(count))]
