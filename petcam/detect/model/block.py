"""Up to three convolutions run together, some rows at a time, so that what is between them stays in the cache.

A block has a depthwise convolution, maybe a dense one before it and one of single pixels behind it, as MobileNet,
ShuffleNet and NanoDet have. For each strip of rows of what it makes:

1. The pixels that the strip needs are gathered from the picture, in the order that step 3 wants (``planes.py``).
2. The first product, its activation, and zeros where the next convolution's padding is.
3. The depthwise convolution (``depthwise.py``), its offsets and its activation.
4. The last product and its activation. What it makes has the planes' pitch yet, with nonsense at each row's end.
5. The rows without that go to their place, and the graph's addition is done.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from petcam.detect.model.depthwise import Depthwise
from petcam.detect.model.gather import gather_pixels, gather_windows, margin_size
from petcam.detect.model.graph import Array, Floats
from petcam.detect.model.kernel import Action, Kernel
from petcam.detect.model.layer import Layer
from petcam.detect.model.planes import Planes
from petcam.detect.model.product import Ending, Product, activated, rows_at_once
from petcam.detect.model.room import Room, lines


@dataclass(frozen=True)
class Layers:
    """A block's convolutions; ``first`` is dense, ``last`` of single pixels."""

    first: Layer | None
    deep: Layer
    last: Layer | None

    def listed(self) -> list[Layer]:
        return [layer for layer in (self.first, self.deep, self.last) if layer is not None]


def block_kernel(layers: Layers, ending: Ending) -> Kernel:
    """Takes the picture and, where ``ending`` adds one, the other tensor."""
    block = _Block(layers, ending)
    work = sum(layer.weights[0].size * math.prod(layer.after) for layer in layers.listed())
    return Kernel([(1, *layers.listed()[-1].after)], work=work, scratch=block.scratch, bind=block.bind)


class _Block:
    """``scratch`` is how many numbers it needs for a while."""

    def __init__(self, layers: Layers, ending: Ending) -> None:
        self._layers, self._ending = layers, ending
        self._product = Product(layers.first, join=True) if layers.first else None
        self._depthwise = Depthwise(layers.deep)
        self._last = Product(layers.last, join=True) if layers.last else None
        self._after = layers.listed()[-1].after
        channels, height, _ = layers.deep.after
        self._rows = rows_at_once(height, lambda rows: channels * self._planes(0, rows).size)
        self.scratch = max(self._scratch(planes) for planes in self._strips())

    def _strips(self) -> Iterator[Planes]:
        height = self._after[1]
        return (self._planes(at, min(at + self._rows, height)) for at in range(0, height, self._rows))

    def _planes(self, first: int, last: int) -> Planes:
        _, height, width = self._layers.deep.before
        return Planes(self._layers.deep.window, height, width, first, last)

    def _scratch(self, planes: Planes) -> int:
        first = self._layers.first
        channels = self._layers.deep.after[0]
        rows = self._last.sees if self._last else channels
        sizes = [channels * planes.size, rows * planes.run, channels * planes.run]
        if self._product is not None:
            sizes.append(self._product.sees * planes.size)
        if first is not None and not first.pointwise:
            sizes.append(margin_size(first, planes))
        if self._last is not None:
            sizes.append(self._after[0] * planes.run)
        return sum(map(lines, sizes))

    def bind(self, ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> list[Action]:
        actions: list[Action] = []
        for planes in self._strips():
            room = Room(scratch)
            before, pixels = self._pixels(ins[0][0], planes, room)
            deep, made = self._deep(pixels, planes, room)
            actions += before + deep + self._placed(made, planes, ins, outs)
        return actions

    def _pixels(self, source: Array, planes: Planes, room: Room) -> tuple[list[Action], Array]:
        """Steps 1 and 2: what the depthwise convolution takes, and the calls that make it."""
        pixels = room.take(self._layers.deep.after[0], planes.size)
        if self._layers.first is None or self._product is None:
            actions = gather_pixels(source, planes, pixels)
        else:
            matrix = room.take(self._product.sees, planes.size)
            seen = self._product.room_in(matrix)
            if self._layers.first.pointwise:
                actions = gather_pixels(source, planes, seen)
            else:
                actions = gather_windows(source, self._layers.first, planes, seen, room)
            actions += self._product.calls(matrix, pixels, planes.seen())
        pieces = [piece for number, part in planes.parts() for piece in planes.outside(pixels, number, part)]
        return actions + [partial(piece.fill, 0) for piece in pieces], pixels

    def _deep(self, pixels: Array, planes: Planes, room: Room) -> tuple[list[Action], Array]:
        """Steps 3 and 4: rows with the planes' pitch, and the calls that make them."""
        deep, last = self._layers.deep, self._last
        seen = room.take(last.sees if last else len(pixels), planes.run)
        made, more = seen[: len(pixels)], room.take(len(pixels), planes.run)
        actions = self._depthwise.calls(planes, pixels, made, more)
        actions.append(partial(np.add, made, deep.offsets[:, None], made))
        actions += activated(deep.activation, made)
        if last is None:
            return actions, made
        result = room.take(self._after[0], planes.run)
        return actions + last.calls(seen, result), result

    def _placed(self, made: Array, planes: Planes, ins: Sequence[Array], outs: Sequence[Array]) -> list[Action]:
        """Step 5."""
        channels, height, width = self._after
        source = made.reshape(channels, -1, planes.pitch)[:, :, :width]
        placed: list[Action] = [partial(np.copyto, outs[0][0, :, planes.first : planes.last], source)]
        strip = slice(planes.first * width, planes.last * width)
        flat = outs[0].reshape(channels, height * width)[:, strip]
        other = ins[1].reshape(channels, height * width)[:, strip] if self._ending.adds else None
        return placed + self._ending.calls(flat, other)
