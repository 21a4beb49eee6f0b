"""Operators that put numbers elsewhere without changing them: other shapes, orders, parts, joints and sizes."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from petcam.detect.model.graph import Array, Floats
from petcam.detect.model.kernel import Call, Kernel

DTYPES = {1: "<f4", 6: "<i4", 7: "<i8", 11: "<f8"}


def _view(call: Call, shape: Sequence[int]) -> Kernel:
    if math.prod(shape) != math.prod(call.shape(0)):
        raise call.refusal(f"makes {tuple(shape)} of {call.shape(0)}, which does not fit")
    return Kernel([tuple(shape)], None)


def reshape(call: Call) -> Kernel:
    source, wanted = call.shape(0), call.listed("shape", 1)
    if wanted is None or len(wanted) > 8:
        raise call.refusal("has no shape")
    if not call.integer("allowzero", 0):
        if any(size == 0 and at >= len(source) for at, size in enumerate(wanted)):
            raise call.refusal(f"makes {wanted} of {source}, which does not fit")
        wanted = [size or source[at] for at, size in enumerate(wanted)]
    if wanted.count(-1) == 1:
        rest = -math.prod(wanted)
        wanted[wanted.index(-1)] = math.prod(source) // rest if rest > 0 else 0
    return _view(call, wanted)


def flatten(call: Call) -> Kernel:
    shape = call.shape(0)
    axis = call.integer("axis", 1)
    axis = axis if axis == len(shape) else call.axis(axis, len(shape))
    return _view(call, (math.prod(shape[:axis]), math.prod(shape[axis:])))


def squeeze(call: Call) -> Kernel:
    shape, axes = call.shape(0), call.listed("axes", 1)
    gone = {at for at, size in enumerate(shape) if size == 1}
    if axes is not None:
        gone = {call.axis(axis, len(shape)) for axis in axes}
    return _view(call, [size for at, size in enumerate(shape) if at not in gone])


def unsqueeze(call: Call) -> Kernel:
    shape, axes = list(call.shape(0)), call.listed("axes", 1)
    if axes is None or len(axes) > 8:
        raise call.refusal("has no axes")
    rank = len(shape) + len(axes)
    for axis in sorted(call.axis(axis, rank) for axis in axes):
        shape.insert(axis, 1)
    return _view(call, shape)


def same(call: Call) -> Kernel:
    return _view(call, call.shape(0))


def cast(call: Call) -> Kernel:
    """Of constants only, but for float32 to float32."""
    kind = call.integer("to", 0)
    if kind not in DTYPES or (kind != 1 and call.constant(0) is None):
        raise call.refusal(f"makes numbers of kind {kind}")
    if all(numbers is None for numbers in call.constants):
        return same(call)

    def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        np.copyto(outs[0], ins[0], casting="unsafe")

    return Kernel([call.shape(0)], run, dtype=DTYPES[kind])


def transpose(call: Call) -> Kernel:
    shape = call.shape(0)
    order = call.integers("perm", range(len(shape))[::-1])
    if sorted(order) != list(range(len(shape))):
        raise call.refusal(f"has the order {order} for {len(shape)} dimensions")

    def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        np.copyto(outs[0], ins[0].transpose(order))

    return Kernel([tuple(shape[at] for at in order)], run, math.prod(shape))


def concat(call: Call) -> Kernel:
    shapes = [call.shape(index) for index in range(len(call.shapes))]
    axis = call.axis(call.integer("axis", 0), len(call.shape(0)))
    rest = {(*shape[:axis], 0, *shape[axis + 1 :]) for shape in shapes}
    if len(rest) > 1:
        raise call.refusal(f"joins tensors of {shapes}, which do not fit")
    made = (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])

    def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        np.concatenate(ins, axis, out=outs[0])

    return Kernel([made], run, math.prod(made))


def split(call: Call) -> Kernel:
    shape, count = call.shape(0), len(call.node.outputs)
    axis = call.axis(call.integer("axis", 0), len(shape))
    sizes = call.listed("split", 1)
    if sizes is None:
        each = -(-shape[axis] // count)
        sizes = [max(0, min(each, shape[axis] - at * each)) for at in range(count)]
    if len(sizes) != count or sum(sizes) != shape[axis] or min(sizes) < 0:
        raise call.refusal(f"makes parts of {sizes} of {shape}, which does not fit")
    ends = np.cumsum(sizes).tolist()
    parts = [(slice(None),) * axis + (slice(end - size, end),) for end, size in zip(ends, sizes, strict=True)]

    def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        for part, out in zip(parts, outs, strict=True):
            np.copyto(out, ins[0][part])

    return Kernel([(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes], run, math.prod(shape))


def slice_(call: Call) -> Kernel:
    shape = call.shape(0)
    starts, ends = call.listed("starts", 1), call.listed("ends", 2)
    if starts is None or ends is None or len(starts) != len(ends):
        raise call.refusal("has no starts and ends")
    axes = call.listed("axes", 3) or list(range(len(starts)))
    steps = call.listed("steps", 4) or [1] * len(starts)
    if not len(starts) == len(axes) == len(steps) or 0 in steps:
        raise call.refusal(f"has axes {axes} and steps {steps} for {len(starts)} parts")
    part = [slice(None)] * len(shape)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        at = call.axis(axis, len(shape))
        gone_below = step < 0 and end < -shape[at]  # down to the very first
        part[at] = slice(max(start, -shape[at]), None if gone_below else end, step)
    sizes = [len(range(*piece.indices(size))) for piece, size in zip(part, shape, strict=True)]
    taken = tuple(part)

    def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        np.copyto(outs[0], ins[0][taken])

    return Kernel([tuple(sizes)], run, math.prod(sizes))


def gather(call: Call) -> Kernel:
    """By constant indices."""
    shape, indices = call.shape(0), call.constant(1)
    axis = call.axis(call.integer("axis", 0), len(shape))
    if indices is None or indices.dtype.kind != "i" or indices.size > 4096:
        raise call.refusal("has no short list of indices")
    for index in indices.reshape(-1).tolist():
        call.axis(index, shape[axis])

    def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        np.copyto(outs[0], np.take(ins[0], indices, axis))

    made = (*shape[:axis], *indices.shape, *shape[axis + 1 :])
    return Kernel([made], run, math.prod(made))


KERNELS: dict[str, Callable[[Call], Kernel]] = {
    "Cast": cast,
    "Concat": concat,
    "Dropout": same,
    "Flatten": flatten,
    "Gather": gather,
    "Identity": same,
    "Reshape": reshape,
    "Slice": slice_,
    "Split": split,
    "Squeeze": squeeze,
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
}
