"""Operators over a window or over all of a picture: pools, the softmax and nearest resizing."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from petcam.detect.model.graph import Array, Floats
from petcam.detect.model.kernel import Call, Kernel
from petcam.detect.model.layer import Window
from petcam.detect.model.window import window_of


def _pool(call: Call, largest: bool) -> Kernel:
    shape = call.shape(0)
    if len(shape) != 4 or len(call.node.outputs) != 1:
        raise call.refusal(f"takes {shape}; only pictures are looked at, and places are not kept")
    window = window_of(call, shape[2], shape[3], call.integers("kernel_shape", ()))
    made = (*shape[:2], window.rows, window.columns)
    padded = math.prod(shape[:2]) * (shape[2] + window.top + window.bottom) * (shape[3] + window.left + window.right)
    counts = None if largest else _counts(call, window, shape[2], shape[3])

    def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        taps = _taps(ins[0], window, scratch[:padded], -math.inf if largest else 0)
        np.copyto(outs[0], taps[0])
        for tap in taps[1:]:
            (np.maximum if largest else np.add)(outs[0], tap, out=outs[0])
        if counts is not None:
            np.divide(outs[0], counts, out=outs[0])

    return Kernel([made], run, math.prod(window.kernel) * math.prod(made), padded)


def _taps(source: Array, window: Window, scratch: Floats, edge: float) -> list[Array]:
    """For each place in the window the pixels there, of all windows."""
    height, width = source.shape[2:]
    picture = scratch.reshape(
        *source.shape[:2], height + window.top + window.bottom, width + window.left + window.right
    )
    picture.fill(edge)
    picture[:, :, window.top : window.top + height, window.left : window.left + width] = source
    spans = [
        [slice(tap * dilation, tap * dilation + step * (count - 1) + 1, step) for tap in range(side)]
        for side, dilation, step, count in zip(
            window.kernel, window.dilations, window.steps, (window.rows, window.columns), strict=True
        )
    ]
    return [picture[:, :, rows, columns] for rows in spans[0] for columns in spans[1]]


def _counts(call: Call, window: Window, height: int, width: int) -> Array:
    """How many pixels each mean is of: those of the picture, or with its padding."""
    pads = call.integers("pads", (0, 0, 0, 0)) if call.integer("count_include_pad", 0) else [0, 0, 0, 0]
    sides = []
    for size, begin, before, after, side, dilation, step, count in zip(
        (height, width),
        (window.top, window.left),
        pads[:2],
        pads[2:],
        window.kernel,
        window.dilations,
        window.steps,
        (window.rows, window.columns),
        strict=True,
    ):
        places = np.arange(count)[:, None] * step + np.arange(side) * dilation - begin
        sides.append(((places >= -before) & (places < size + after)).sum(1))
    return np.asarray(np.outer(*sides), np.float32)


def max_pool(call: Call) -> Kernel:
    return _pool(call, largest=True)


def average_pool(call: Call) -> Kernel:
    return _pool(call, largest=False)


def global_average_pool(call: Call) -> Kernel:
    shape = call.shape(0)
    axes = tuple(range(2, len(shape)))

    def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        np.mean(ins[0], axes, out=outs[0], keepdims=True)

    return Kernel([shape[:2] + (1,) * len(axes)], run, math.prod(shape))


def softmax(call: Call) -> Kernel:
    """Up to opset 12 over all dimensions from the axis on, from 13 on over the axis alone."""
    shape = call.shape(0)
    axis = call.axis(call.integer("axis", -1 if call.opset >= 13 else 1), len(shape))
    axes = (axis,) if call.opset >= 13 else tuple(range(axis, len(shape)))

    def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        np.subtract(ins[0], ins[0].max(axes, keepdims=True), out=outs[0])
        np.exp(outs[0], out=outs[0])
        np.divide(outs[0], outs[0].sum(axes, keepdims=True), out=outs[0])

    return Kernel([shape], run, 6 * math.prod(shape))


def resize(call: Call) -> Kernel:
    """A picture made larger or smaller, by the nearest pixel or linearly between two."""
    shape = call.shape(0)
    if len(shape) != 4:
        raise call.refusal(f"takes {shape}; only pictures are looked at")
    sizes = _sizes(call)
    if sizes[:2] != list(shape[:2]) or not all(0 < size <= 4096 for size in (*shape[2:], *sizes[2:])):
        raise call.refusal(f"makes {sizes} of {shape}")
    places = [_places(call, shape[at], sizes[at]) for at in (2, 3)]
    mode = call.word("mode", "nearest")
    if mode == "nearest":
        rows, columns = (_rounded(call, at, size) for at, size in zip(places, shape[2:], strict=True))

        def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
            np.take(np.take(ins[0], rows, 2), columns, 3, out=outs[0])

        return Kernel([tuple(sizes)], run, math.prod(sizes))
    if mode != "linear":
        raise call.refusal(f"resizes by {mode}; nearest and linear are read")
    down, along = (_between(at, size) for at, size in zip(places, shape[2:], strict=True))

    def run_linear(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        np.matmul(np.matmul(down, ins[0]), along.T, out=outs[0])

    return Kernel([tuple(sizes)], run_linear, math.prod(sizes) * sum(shape[2:]))


def _sizes(call: Call) -> list[int]:
    shape = call.shape(0)
    at = 1 if call.node.kind == "Upsample" or call.opset < 11 else 2
    sizes = call.listed("sizes", 3) if at == 2 else None
    if sizes:
        found = sizes
    else:
        scales = call.node.attributes.get("scales")
        factors = call.constant(at) if scales is None else np.asarray(scales, np.float64)
        if factors is None or factors.shape != (4,) or not (factors > 0).all() or not (factors <= 4096).all():
            raise call.refusal("has no scales")
        found = [math.floor(size * float(factor)) for size, factor in zip(shape, factors, strict=True)]
    if len(found) != 4:
        raise call.refusal(f"makes {found} of {shape}")
    return found


def _places(call: Call, before: int, after: int) -> Array:
    """Where each of ``after`` pixels lies among ``before``."""
    ratio, places = before / after, np.arange(after)
    how = call.word("coordinate_transformation_mode", "half_pixel" if call.opset >= 11 else "asymmetric")
    if call.node.kind == "Upsample" or how == "asymmetric" or call.opset < 11:
        return places * ratio
    if how == "half_pixel" or (how == "pytorch_half_pixel" and after > 1):
        return (places + 0.5) * ratio - 0.5
    if how == "pytorch_half_pixel":
        return places * 0.0
    if how == "align_corners":
        return places * ((before - 1) / max(after - 1, 1))
    raise call.refusal(f"has coordinates by {how}, which are not read")


def _rounded(call: Call, places: Array, before: int) -> Array:
    """The nearest pixel to each place."""
    old = call.node.kind == "Upsample" or call.opset < 11
    rounding = "floor" if old else call.word("nearest_mode", "round_prefer_floor")
    ways: dict[str, Callable[[Array], Array]] = {
        "floor": np.floor,
        "ceil": np.ceil,
        "round_prefer_floor": lambda at: np.ceil(at - 0.5),
        "round_prefer_ceil": lambda at: np.floor(at + 0.5),
    }
    if rounding not in ways:
        raise call.refusal(f"rounds by {rounding}, which is not read")
    return ways[rounding](places).clip(0, before - 1).astype(np.intp)


def _between(places: Array, before: int) -> Floats:
    """(after, before): each place's part of the two pixels beside it."""
    inside = places.clip(0, before - 1)
    low = np.floor(inside).astype(np.intp)
    high = np.minimum(low + 1, before - 1)
    parts = np.zeros((len(places), before), np.float32)
    rows = np.arange(len(places))
    parts[rows, high] += inside - low
    parts[rows, low] += 1 - (inside - low)
    return parts


KERNELS: dict[str, Callable[[Call], Kernel]] = {
    "AveragePool": average_pool,
    "GlobalAveragePool": global_average_pool,
    "MaxPool": max_pool,
    "Resize": resize,
    "Softmax": softmax,
    "Upsample": resize,
}
