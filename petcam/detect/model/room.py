"""Scratch memory as what needs some takes it, piece after piece."""

from petcam.detect.model.graph import Array, Floats

LINE = 16  # numbers; what is a row of a matrix begins at a multiple of 64 bytes


def lines(count: int) -> int:
    """``count`` rounded up to whole lines."""
    return -(-count // LINE) * LINE


class Room:
    """Gives pieces of an array, each once."""

    def __init__(self, array: Floats) -> None:
        self._array, self._taken = array, 0

    def take(self, *shape: int) -> Array:
        """A piece of that shape, its rows without gaps. The array must have been made large enough."""
        size = 1
        for side in shape:
            size *= side
        piece = self._array[self._taken : self._taken + size].reshape(shape)
        self._taken += lines(size)
        return piece
