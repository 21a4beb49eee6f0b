"""A dense convolution by itself: strip after strip, what its window sees at each pixel, then one product."""

import math
from collections.abc import Iterator, Sequence

from petcam.detect.model.gather import gather_windows, margin_size
from petcam.detect.model.graph import Array, Floats
from petcam.detect.model.kernel import Action, Kernel
from petcam.detect.model.layer import Layer, one_pixel
from petcam.detect.model.planes import Planes
from petcam.detect.model.product import Ending, Product, rows_at_once
from petcam.detect.model.room import Room, lines


def dense_kernel(layer: Layer, ending: Ending) -> Kernel:
    """Takes the picture and, where ``ending`` adds one, the other tensor."""
    dense = _Dense(layer, ending)
    work = layer.weights[0].size * math.prod(layer.after)
    return Kernel([(1, *layer.after)], work=work, scratch=dense.scratch, bind=dense.bind)


class _Dense:
    """``scratch`` is how many numbers it needs for a while."""

    def __init__(self, layer: Layer, ending: Ending) -> None:
        self._layer, self._ending = layer, ending
        self._product = Product(layer, join=not layer.pointwise)
        channels, height, self._width = layer.after
        wide = max(channels, 0 if layer.pointwise else self._product.sees) * self._width
        self._rows = rows_at_once(height, lambda rows: wide * rows)
        self.scratch = 0 if layer.pointwise else max(self._scratch(planes) for planes in self._strips())

    def _scratch(self, planes: Planes) -> int:
        return lines(self._product.sees * planes.size) + margin_size(self._layer, planes)

    def _strips(self) -> Iterator[Planes]:
        height = self._layer.after[1]
        return (self._planes(at, min(at + self._rows, height)) for at in range(0, height, self._rows))

    def _planes(self, first: int, last: int) -> Planes:
        _, height, width = self._layer.after
        return Planes(one_pixel(height, width), height, width, first, last)

    def bind(self, ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> list[Action]:
        channels, height, width = self._layer.after
        made = outs[0].reshape(channels, height * width)
        other = ins[1].reshape(made.shape) if self._ending.adds else None
        actions: list[Action] = []
        for planes in self._strips():
            strip = slice(planes.first * width, planes.last * width)
            before, seen = self._seen(ins[0][0], planes, strip, Room(scratch))
            actions += before + self._product.calls(seen, made[:, strip])
            actions += self._ending.calls(made[:, strip], None if other is None else other[:, strip])
        return actions

    def _seen(self, source: Array, planes: Planes, strip: slice, room: Room) -> tuple[list[Action], Array]:
        """What the product takes, and the calls that make it."""
        if self._layer.pointwise:
            return [], source.reshape(len(source), -1)[:, strip]
        seen = room.take(self._product.sees, planes.size)
        actions = gather_windows(source, self._layer, planes, self._product.room_in(seen), room)
        return actions, seen[:, : planes.run]
