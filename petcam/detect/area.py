"""Rectangles of a picture, in parts of its width and height: 0 is left or top, 1 right or bottom."""

from typing import NamedTuple


class Area(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def size(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def clipped(self, other: "Area") -> "Area":
        """What of it lies in the other; turned inside out where nothing does."""
        return Area(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def common(self, other: "Area") -> float:
        """The size of what lies in both."""
        return self.clipped(other).size

    def overlap(self, other: "Area") -> float:
        """What lies in both, of what lies in either: 0 to 1."""
        common = self.common(other)
        return common / (self.size + other.size - common or 1.0)

    def share_within(self, other: "Area") -> float:
        """The part of it that lies in the other: 0 to 1."""
        return self.common(other) / (self.size or 1.0)

    def moved(self, across: float, down: float) -> "Area":
        return Area(self.left + across, self.top + down, self.right + across, self.bottom + down)

    def within(self, other: "Area") -> "Area":
        """It, whose parts are those of ``other``, in the parts of the whole."""
        return Area(
            other.left + self.left * other.width,
            other.top + self.top * other.height,
            other.left + self.right * other.width,
            other.top + self.bottom * other.height,
        )

    def holds(self, point: tuple[float, float]) -> bool:
        return self.left <= point[0] <= self.right and self.top <= point[1] <= self.bottom


WHOLE = Area(0.0, 0.0, 1.0, 1.0)
