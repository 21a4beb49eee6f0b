"""Convolutions by numpy: one matrix product, or for each channel by itself tap by tap."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided

from petcam.detect.model.graph import Array
from petcam.detect.model.kernel import Call, Floats, Kernel
from petcam.detect.model.window import Window, window_of


def convolution(call: Call) -> Kernel:
    shape, weights, bias = call.shape(0), call.constant(1), call.constant(2)
    groups = call.integer("group", 1)
    if len(shape) != 4 or shape[0] != 1 or weights is None or weights.ndim != 4 or weights.dtype != np.float32:
        raise call.refusal(f"takes {shape}; only one picture with constant float32 weights is looked at")
    if groups < 1 or shape[1] != groups * weights.shape[1] or len(weights) % groups or not weights.size:
        raise call.refusal(f"has weights of {weights.shape} in {groups} groups for {shape}, which do not fit")
    if bias is not None and (bias.shape != weights.shape[:1] or bias.dtype != np.float32):
        raise call.refusal(f"has {bias.shape} offsets for {len(weights)} channels")
    window = window_of(call, shape[2], shape[3], list(weights.shape[2:]))
    made = (1, len(weights), window.rows, window.columns)
    padded = shape[1] * (shape[2] + window.top + window.bottom) * (shape[3] + window.left + window.right)
    columns = shape[1] * math.prod(weights.shape[2:]) * window.rows * window.columns
    offsets = np.zeros(len(weights), np.float32) if bias is None else bias

    def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        source = ins[0][0]
        if not window.simple:
            source = _gathered(source, window, scratch, padded)
        product(weights, source, groups, outs[0][0])
        outs[0][0] += offsets[:, None, None]

    return Kernel([made], run, weights[0].size * math.prod(made), 0 if window.simple else padded + columns)


def _gathered(source: Array, window: Window, scratch: Floats, padded: int) -> Array:
    channels, height, width = source.shape
    tall, wide = height + window.top + window.bottom, width + window.left + window.right
    picture = scratch[:padded].reshape(channels, tall, wide)
    picture.fill(0)
    picture[:, window.top : window.top + height, window.left : window.left + width] = source
    (across, down, along), (tall, wide) = picture.strides, window.kernel
    view = as_strided(
        picture,
        (channels, *window.kernel, window.rows, window.columns),
        (
            across,
            down * window.dilations[0],
            along * window.dilations[1],
            down * window.steps[0],
            along * window.steps[1],
        ),
        writeable=False,
    )
    columns = scratch[padded : padded + view.size].reshape(view.shape)
    np.copyto(columns, view)
    return columns


def product(weights: Array, columns: Array, groups: int, out: Array) -> None:
    matrix = weights.reshape(groups, len(weights) // groups, -1)
    pixels = columns.reshape(groups, matrix.shape[2], -1)
    np.matmul(matrix, pixels, out=out.reshape(groups, matrix.shape[1], -1))


KERNELS = {"Conv": convolution}
