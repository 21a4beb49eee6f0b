"""Copies what a strip needs of a picture into the order of its planes, as the matrix that a product takes."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from petcam.detect.model.graph import Array
from petcam.detect.model.kernel import Action
from petcam.detect.model.layer import Layer
from petcam.detect.model.planes import Part, Planes
from petcam.detect.model.room import Room, lines


def gather_pixels(source: Array, planes: Planes, matrix: Array) -> list[Action]:
    """Of a (channels, height, width) picture into a (channels, planes' size) matrix."""
    actions: list[Action] = []
    for number, part in planes.parts():
        target = planes.view(matrix, number)[:, part.rows, part.columns]
        if target.size:
            rows, columns = _slice(part.of_rows), _slice(part.of_columns)
            actions.append(partial(np.copyto, target, source[:, rows, columns]))
    return actions


def _slice(numbers: range) -> slice:
    return slice(numbers.start, numbers.stop, numbers.step)


def margin_size(layer: Layer, planes: Planes) -> int:
    """How many numbers ``gather_windows`` takes of the room."""
    first, last = _rows(layer, [part for _, part in planes.parts()])
    return lines(layer.before[0] * (last - first) * _width(layer))


def gather_windows(source: Array, layer: Layer, planes: Planes, matrix: Array, room: Room) -> list[Action]:
    """What ``layer``'s window sees at each pixel of the planes: (channels x window, planes' size) numbers.

    The rows that are needed are copied with their padding first.
    """
    parts = list(planes.parts())
    first, last = _rows(layer, [part for _, part in parts])
    channels, height, width = layer.before
    left, top = layer.window.left, layer.window.top
    margin = room.take(channels, last - first, _width(layer))
    begin, end = max(first - top, 0), min(last - top, height)
    inside = margin[:, begin + top - first : end + top - first, left : left + width]
    actions: list[Action] = [partial(margin.fill, 0), partial(np.copyto, inside, source[:, begin:end])]
    for number, part in parts:
        target = _windows(planes.view(matrix, number), layer)[..., part.rows, part.columns]
        if target.size:
            actions.append(partial(np.copyto, target, _seen(margin, layer, part, first, target.shape)))
    return actions


def _rows(layer: Layer, parts: Sequence[Part]) -> tuple[int, int]:
    """From which row to before which the layer sees, counted in the picture with its padding."""
    window = layer.window
    rows = [row for part in parts for row in part.of_rows] or [0]
    return min(rows) * window.steps[0], max(rows) * window.steps[0] + window.dilations[0] * (window.kernel[0] - 1) + 1


def _width(layer: Layer) -> int:
    return layer.before[2] + layer.window.left + layer.window.right


def _windows(view: Array, layer: Layer) -> Array:
    return view.reshape(layer.before[0], *layer.window.kernel, *view.shape[1:])


def _seen(margin: Array, layer: Layer, part: Part, first: int, shape: tuple[int, ...]) -> Array:
    window, (across, down, along) = layer.window, margin.strides
    begin = margin[:, part.of_rows.start * window.steps[0] - first :, part.of_columns.start * window.steps[1] :]
    places = (down * window.steps[0] * part.of_rows.step, along * window.steps[1] * part.of_columns.step)
    strides = (across, down * window.dilations[0], along * window.dilations[1], *places)
    return as_strided(begin, shape, strides, writeable=False)
