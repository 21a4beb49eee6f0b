"""Convolutions read from a graph, and the slow general way to run those that ``chain.py`` does not."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import as_strided

from petcam.detect.model.block import Layers, block_kernel
from petcam.detect.model.dense import dense_kernel
from petcam.detect.model.graph import Array, Floats
from petcam.detect.model.kernel import Call, Kernel
from petcam.detect.model.layer import Layer
from petcam.detect.model.product import Ending
from petcam.detect.model.window import window_of


def convolution(call: Call) -> Kernel:
    layer = _layer(call)
    kernel = convolved([layer], Ending()) if one_kernel([layer]) else _general(layer)
    return replace(kernel, layer=layer)


def one_kernel(layers: Sequence[Layer]) -> bool:
    """Whether layers, each of which alone takes what the one before makes, can be done together."""
    kinds = "".join("w" if layer.depthwise else "p" if layer.pointwise else "d" for layer in layers)
    known = all(layer.depthwise or layer.groups == 1 for layer in layers)
    return known and kinds in ("p", "d", "w", "pw", "dw", "wp", "pwp", "dwp")


def convolved(layers: Sequence[Layer], ending: Ending) -> Kernel:
    """One kernel for layers that can be done together."""
    deep = next((at for at, layer in enumerate(layers) if layer.depthwise), None)
    if deep is None:
        return dense_kernel(layers[0], ending)
    first = layers[0] if deep else None
    return block_kernel(Layers(first, layers[deep], layers[-1] if deep < len(layers) - 1 else None), ending)


def _layer(call: Call) -> Layer:
    shape, weights, offsets = call.shape(0), call.constant(1), call.constant(2)
    groups = call.integer("group", 1)
    if len(shape) != 4 or shape[0] != 1 or weights is None or weights.ndim != 4 or weights.dtype != np.float32:
        raise call.refusal(f"takes {shape}; only one picture with constant float32 weights is looked at")
    if not weights.size or groups < 1 or shape[1] != groups * weights.shape[1] or len(weights) % groups:
        raise call.refusal(f"has weights of {weights.shape} in {groups} groups for {shape}, which do not fit")
    if offsets is None:
        offsets = np.zeros(len(weights), np.float32)
    if offsets.shape != weights.shape[:1] or offsets.dtype != np.float32:
        raise call.refusal(f"has {offsets.shape} offsets for {len(weights)} channels")
    window = window_of(call, shape[2], shape[3], list(weights.shape[2:]))
    after = (len(weights), window.rows, window.columns)
    return Layer(weights, offsets, groups, window, shape[1:], after)


def _general(layer: Layer) -> Kernel:
    """Any groups, steps and dilations: what each window sees is copied, then one matrix product for each group."""
    window, (channels, height, width) = layer.window, layer.before
    tall, wide = height + window.top + window.bottom, width + window.left + window.right
    padded, seen = channels * tall * wide, channels * math.prod(window.kernel) * window.rows * window.columns
    matrix = layer.weights.reshape(layer.groups, len(layer.weights) // layer.groups, -1)
    offsets = layer.offsets[:, None, None]

    def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        picture = scratch[:padded].reshape(channels, tall, wide)
        picture.fill(0)
        picture[:, window.top : window.top + height, window.left : window.left + width] = ins[0][0]
        across, down, along = picture.strides
        view = as_strided(
            picture,
            (channels, *window.kernel, window.rows, window.columns),
            (across, down * window.dilations[0], along * window.dilations[1])
            + (down * window.steps[0], along * window.steps[1]),
            writeable=False,
        )
        columns = scratch[padded : padded + seen].reshape(view.shape)
        np.copyto(columns, view)
        pixels = columns.reshape(layer.groups, matrix.shape[2], -1)
        np.matmul(matrix, pixels, out=outs[0].reshape(layer.groups, matrix.shape[1], -1))
        np.add(outs[0][0], offsets, out=outs[0][0])

    work = layer.weights[0].size * math.prod(layer.after)
    return Kernel([(1, *layer.after)], run, work, padded + seen)


KERNELS = {"Conv": convolution}
