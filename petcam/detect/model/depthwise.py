"""The convolution of each channel by itself, of pixels that lie in planes.

What one place of the window sees of the whole strip is one run of each channel. ``numpy.einsum`` multiplies runs by
their weights and adds them up in one pass where they lie at even distances of more than one number: the places of a
column lie a row apart, those of neighbouring columns of different planes a plane apart. So a window of 3x3 takes three
calls for steps of 1 and four for steps of 2.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from petcam.detect.model.graph import Array, Floats
from petcam.detect.model.kernel import Action
from petcam.detect.model.layer import Layer
from petcam.detect.model.planes import Planes


@dataclass(frozen=True)
class _Group:
    """Places of the window that are added up at once: their weights, (channels, rows, columns), the plane of the first
    and how many pixels it is shifted."""

    weights: Floats
    plane: int
    shift: int


class Depthwise:
    """A depthwise layer's weights in the order in which they are used."""

    def __init__(self, layer: Layer) -> None:
        (down, across), weights = layer.window.steps, layer.weights[:, 0]
        self._groups = [
            _Group(
                np.ascontiguousarray(weights[:, row::down, column : column + across]), row * across, column // across
            )
            for row in range(min(down, weights.shape[1]))
            for column in range(0, weights.shape[2], across)
        ]

    def calls(self, planes: Planes, pixels: Array, made: Array, more: Array) -> list[Action]:
        """From (channels, planes' size) into ``made``; that and ``more`` are (channels, planes' run)."""
        actions: list[Action] = []
        for group in self._groups:
            runs = self._runs(group, planes, pixels)
            target = more if actions else made
            actions.append(partial(np.einsum, "cuvl,cuv->cl", runs, group.weights, out=target))
            if target is more:
                actions.append(partial(np.add, made, more, made))
        return actions

    def _runs(self, group: _Group, planes: Planes, pixels: Array) -> Array:
        across, along = pixels.strides
        begin = pixels[:, group.plane * planes.distance + group.shift :]
        return as_strided(
            begin,
            (*group.weights.shape, planes.run),
            (across, along * planes.pitch, along * planes.distance, along),
            writeable=False,
        )
