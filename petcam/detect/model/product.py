"""A dense convolution as one matrix product, and what happens to a convolution's result."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from petcam.detect.model.graph import Array
from petcam.detect.model.kernel import Action
from petcam.detect.model.layer import Activation, Layer

STRIP_BYTES = 256 << 10  # of the largest matrix of a strip; a small core has about as much second cache
STRIP_ROWS = 8  # of a strip at least, since those at its edges are made twice
PIECE_BYTES = 1 << 20  # of weights that are taken at once
JOINED = 1 << 15  # weights of a product up to which they are copied, with their offsets as one more column
ALL = slice(None)


class Product:
    """A dense layer as a matrix: (channels, what its window sees) weights.

    ``joined``: they have their offsets as one more column, for which what is seen has a row of ones.
    """

    def __init__(self, layer: Layer, join: bool) -> None:
        """``join`` where there is room for that row; it is done where the weights are few."""
        self.layer = layer
        weights = layer.weights.reshape(len(layer.weights), -1)
        self.joined = join and weights.size <= JOINED
        self._offsets = layer.offsets[:, None]
        self._weights = np.concatenate([weights, self._offsets], 1) if self.joined else weights
        self.sees = self._weights.shape[1]

    def room_in(self, seen: Array) -> Array:
        """Where what is seen goes in (sees, pixels), the row of ones left out."""
        return seen[:-1] if self.joined else seen

    def calls(self, seen: Array, made: Array, part: slice = ALL) -> list[Action]:
        """From (sees, pixels) into (channels, pixels), the activation included. Only ``part`` of the pixels counts.

        What numpy does number by number is done with all of them: without gaps it takes a third of the time.
        """
        actions = products(self._weights, seen[:, part], made[:, part])
        if self.joined:
            actions.insert(0, partial(seen[-1].fill, 1))
        else:
            actions.append(partial(np.add, made, self._offsets, made))
        return actions + activated(self.layer.activation, made)


def products(weights: Array, seen: Array, made: Array) -> list[Action]:
    """The matrix product, of many weights piece by piece: each can be forgotten before the next."""
    rows = -(-len(weights) // -(-weights.nbytes // PIECE_BYTES))
    pieces = [slice(at, at + rows) for at in range(0, len(weights), rows)]
    return [partial(np.matmul, weights[piece], seen, made[piece]) for piece in pieces]


def activated(activation: Activation | None, made: Array) -> list[Action]:
    return [] if activation is None else [partial(activation, made, made)]


@dataclass(frozen=True)
class Ending:
    """What happens to a result: another tensor of its shape is added, then an activation."""

    adds: bool = False
    activation: Activation | None = None

    def calls(self, made: Array, other: Array | None) -> list[Action]:
        added: list[Action] = [] if other is None else [partial(np.add, made, other, made)]
        return added + activated(self.activation, made)


def rows_at_once(height: int, largest: Callable[[int], int]) -> int:
    """Rows of a strip, about as many in each of them. ``largest`` gives the numbers that a strip's matrix has."""
    for strips in range(1, height):
        rows = -(-height // strips)
        if 4 * largest(rows) <= STRIP_BYTES or -(-height // (strips + 1)) < STRIP_ROWS:
            return rows
    return height
