"""Operators that treat each number by itself: activations, and arithmetic of two tensors with broadcasting."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from petcam.detect.model.graph import Array, Floats, Shape
from petcam.detect.model.kernel import Call, Kernel
from petcam.detect.model.layer import Activation

AT_ONCE = 1 << 16  # numbers
CLIP_IS_FAST = int(np.__version__.split(".")[0]) >= 2  # before, it was slower than its two halves


def clip(low: float, high: float) -> Activation:
    lowest, highest = np.float32(low), np.float32(high)

    def only_low(source: Array, target: Array) -> None:
        np.maximum(source, lowest, out=target)

    def at_once(source: Array, target: Array) -> None:
        np.clip(source, lowest, highest, out=target)

    def one_by_one(source: Array, target: Array) -> None:
        np.maximum(source, lowest, out=target)
        np.minimum(target, highest, out=target)

    if high == math.inf:
        return only_low
    return at_once if CLIP_IS_FAST else one_by_one


def sigmoid(source: Array, target: Array) -> None:
    np.negative(source, out=target)
    np.exp(target, out=target)  # infinite for what is far below zero, whose sigmoid is nought all the same
    np.add(target, np.float32(1), out=target)
    np.reciprocal(target, out=target)


def leaky(slope: float) -> Activation:
    factor = np.float32(slope)

    def run(source: Array, target: Array) -> None:
        below = np.minimum(source, np.float32(0))
        np.multiply(below, factor, out=below)
        np.maximum(source, np.float32(0), out=target)
        np.add(target, below, out=target)

    return run


def hard_sigmoid(alpha: float, beta: float) -> Activation:
    factor, offset, bounded = np.float32(alpha), np.float32(beta), clip(0, 1)

    def run(source: Array, target: Array) -> None:
        np.multiply(source, factor, out=target)
        np.add(target, offset, out=target)
        bounded(target, target)

    return run


def times(inner: Activation) -> Activation:
    """x * inner(x): SiLU of a sigmoid, HardSwish of a hard one."""

    def run(source: Array, target: Array) -> None:
        part = np.empty_like(source)
        inner(source, part)
        np.multiply(source, part, out=target)

    return run


def activation_of(call: Call) -> Activation | None:
    """What an operator does to each number by itself; None for any other operator."""
    kind = call.node.kind
    if kind == "Clip":
        return clip(*_bounds(call))
    if kind == "Relu":
        return clip(0, math.inf)
    if kind == "LeakyRelu":
        return leaky(call.real("alpha", 0.01))
    if kind == "HardSigmoid":
        return hard_sigmoid(call.real("alpha", 0.2), call.real("beta", 0.5))
    return {"Sigmoid": sigmoid, "HardSwish": times(hard_sigmoid(1 / 6, 0.5)), "Silu": times(sigmoid)}.get(kind)


def _bounds(call: Call) -> tuple[float, float]:
    low, high = call.real("min", -math.inf), call.real("max", math.inf)
    for index, name in ((1, "min"), (2, "max")):
        numbers = call.constant(index)
        if numbers is not None:
            if numbers.size != 1:
                raise call.refusal(f"has more than one number as {name}")
            low, high = (float(numbers), high) if name == "min" else (low, float(numbers))
    return low, high


def activation(call: Call) -> Kernel:
    apply = activation_of(call)
    assert apply is not None, "the table of operators names only activations for this"
    shape = call.shape(0)

    def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        source, target = ins[0].reshape(-1), outs[0].reshape(-1)
        for at in range(0, source.size, AT_ONCE):  # some need as much again for a moment
            apply(source[at : at + AT_ONCE], target[at : at + AT_ONCE])

    return Kernel([shape], run, 4 * math.prod(shape), activation=apply)


def _of_one(function: np.ufunc) -> Callable[[Call], Kernel]:
    def kernel(call: Call) -> Kernel:
        shape = call.shape(0)

        def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
            function(ins[0], out=outs[0])

        return Kernel([shape], run, 4 * math.prod(shape))

    return kernel


def _of_two(function: np.ufunc) -> Callable[[Call], Kernel]:
    def kernel(call: Call) -> Kernel:
        shape = broadcast(call, call.shape(0), call.shape(1))

        def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
            function(ins[0], ins[1], out=outs[0], casting="unsafe")

        return Kernel([shape], run, math.prod(shape))

    return kernel


def broadcast(call: Call, left: Shape, right: Shape) -> Shape:
    rank = max(len(left), len(right))
    pairs = zip((1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right, strict=True)
    sizes = []
    for one, other in pairs:
        if one != other and 1 not in (one, other):
            raise call.refusal(f"has tensors of {left} and {right}, which do not fit")
        sizes.append(other if one == 1 else one)
    return tuple(sizes)


def batch_normalization(call: Call) -> Kernel:
    """As it is at inference: a factor and an offset for each channel."""
    shape = call.shape(0)
    scale, offset, mean, variance = (_channels(call, index, shape) for index in range(1, 5))
    factor = scale / np.sqrt(variance + call.real("epsilon", 1e-5))
    wide = (-1,) + (1,) * (len(shape) - 2)
    factors = factor.astype(np.float32).reshape(wide)
    offsets = (offset - mean * factor).astype(np.float32).reshape(wide)

    def run(ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> None:
        np.multiply(ins[0], factors, out=outs[0])
        np.add(outs[0], offsets, out=outs[0])

    return Kernel([shape], run, 2 * math.prod(shape))


def _channels(call: Call, index: int, shape: Shape) -> Array:
    numbers = call.constant(index)
    if numbers is None or len(shape) < 2 or numbers.shape != (shape[1],):
        raise call.refusal(f"has not one number for each channel as its input number {index + 1}")
    return numbers.astype(np.float64)


ACTIVATIONS = ("Clip", "HardSigmoid", "HardSwish", "LeakyRelu", "Relu", "Sigmoid", "Silu")
KERNELS: dict[str, Callable[[Call], Kernel]] = {
    **{kind: activation for kind in ACTIVATIONS},
    "Exp": _of_one(np.exp),
    "Sqrt": _of_one(np.sqrt),
    "Tanh": _of_one(np.tanh),
    "Add": _of_two(np.add),
    "Sub": _of_two(np.subtract),
    "Mul": _of_two(np.multiply),
    "Div": _of_two(np.divide),
    "BatchNormalization": batch_normalization,
}
