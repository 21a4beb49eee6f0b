"""Plans how numpy runs a graph: each operator's kernel and shapes, what is constant, and where each tensor lies.

All of it is reckoned before anything runs: memory and work of one look have bounds. A graph is run in the order of its
file, which the format prescribes, so one with a loop is one that takes a tensor before it is made.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

import numpy as np

from petcam.detect.model.fusion import Step, fused
from petcam.detect.model.graph import Array, Graph, Node, Shape
from petcam.detect.model.kernel import Call, Kernel
from petcam.detect.model.operators import KERNELS
from petcam.detect.model.refusal import refusal, shown

BYTES = 256 << 20  # for all tensors and scratch of one look; some operators take twice a tensor for a moment
WORK = 32_000_000_000  # multiply-adds of one look
CONSTANT_ELEMENTS = 4 << 20  # of all tensors that are computed once, when planning
STATED = ("Constant", "Shape")  # operators whose numbers are known when planning
ELEMENTS = 8 << 20  # of one tensor that is computed


@dataclass
class Plan:
    """``steps`` in their order; ``homes`` says for each tensor where its numbers begin in the one array for all."""

    steps: list[Step] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    constants: dict[str, Array] = field(default_factory=dict)
    views: dict[str, str] = field(default_factory=dict)  # of a tensor that is another one in another shape: which
    homes: dict[str, int] = field(default_factory=dict)
    size: int = 0  # of the array, in numbers
    scratch: int = 0
    work: int = 0
    folded: int = 0

    def root(self, name: str) -> str:
        while name in self.views:
            name = self.views[name]
        return name


def plan_of(graph: Graph) -> Plan:
    """The plan for a graph whose inputs have fixed sizes. Raises ``BAD_MODEL``."""
    _refuse_unknown(graph)
    plan = Plan(constants=dict(graph.weights))
    plan.shapes = {name: array.shape for name, array in graph.weights.items()} | graph.inputs
    for node in graph.nodes:
        _add(plan, node, graph.opset)
        if plan.work > WORK:
            raise refusal(
                f"one look would take more than {WORK // 10**9} thousand million multiply-adds; use a smaller one"
            )
    for name, shape in graph.outputs.items():
        if name not in plan.shapes or name in plan.constants:
            raise refusal(f"nothing makes its output {shown(name)}; it is damaged")
        if any(said not in (-1, size) for said, size in zip_longest(shape, plan.shapes[name])) and shape:
            raise refusal(f"its output {shown(name)} is {plan.shapes[name]}, not {shape} as it says; it is damaged")
    plan.steps = fused(plan.steps, plan.shapes, [*plan.views.values(), *graph.outputs])
    plan.scratch = max((step.kernel.scratch for step in plan.steps), default=0)
    _settle(plan, [*graph.inputs], [*graph.outputs])
    if 4 * (plan.size + plan.scratch) > BYTES:
        raise refusal(f"one look would need more than {BYTES >> 20} MiB; use a smaller one")
    return plan


def unknown_operators(graph: Graph) -> list[str]:
    """Kinds of operators that numpy does not run here."""
    return sorted({node.kind for node in graph.nodes} - {*KERNELS, *STATED})


def _refuse_unknown(graph: Graph) -> None:
    unknown = unknown_operators(graph)
    if unknown:
        names = ", ".join(shown(kind) for kind in unknown[:8])
        raise refusal(
            f"numpy does not run its operators {names}; install onnxruntime (python3-onnxruntime), or export it with"
            f" these only: {', '.join(sorted(KERNELS))}"
        )


def _add(plan: Plan, node: Node, opset: int) -> None:
    for name in node.inputs:
        if name and name not in plan.shapes:
            raise refusal(f"{shown(name)} is taken before it is made, or never made; it is damaged")
    for name in node.outputs:
        if not name or name in plan.shapes:
            raise refusal(f"{shown(name)} is made twice, or has no name; it is damaged")
    if not node.outputs:
        raise refusal(f"an operator {shown(node.kind)} makes nothing; it is damaged")
    shapes = [plan.shapes[name] if name else None for name in node.inputs]
    call = Call(node, shapes, [plan.constants.get(name) if name else None for name in node.inputs], opset)
    if node.kind in STATED:
        _add_constant(plan, node.outputs[0], _stated(call))
        return
    kernel = KERNELS[node.kind](call)
    if len(kernel.shapes) != len(node.outputs):
        raise call.refusal(f"makes {len(node.outputs)} tensors")
    for shape in kernel.shapes:
        if min(shape, default=1) < 0 or math.prod(shape) > ELEMENTS:
            raise call.refusal(f"makes a tensor of {tuple(shape)}")
    if all(name in plan.constants for name in node.inputs if name):
        _fold(plan, kernel, call)
    else:
        _add_step(plan, kernel, call)


def _stated(call: Call) -> Array:
    if call.node.kind == "Shape":
        return np.array(call.shape(0), np.int64)
    value = call.node.attributes.get("value")
    if value is None:
        value = next(iter(call.node.attributes.values()), "")
    if isinstance(value, str) or not np.size(value):
        raise call.refusal("states no numbers")
    return np.asarray(value, np.float32 if isinstance(value, float) else None)


def _add_constant(plan: Plan, name: str, numbers: Array) -> None:
    plan.folded += numbers.size
    if plan.folded > CONSTANT_ELEMENTS:
        raise refusal(f"it computes more than {CONSTANT_ELEMENTS} constant numbers; simplify it first (onnxsim)")
    plan.constants[name], plan.shapes[name] = numbers, numbers.shape


def _fold(plan: Plan, kernel: Kernel, call: Call) -> None:
    """Runs now what is the same at each look."""
    ins = [numbers for numbers in call.constants if numbers is not None]
    if not ins:
        raise call.refusal("takes nothing")
    plan.folded += kernel.scratch + kernel.work // 64
    outs = [np.empty(shape, kernel.dtype or ins[0].dtype) for shape in kernel.shapes]
    for name, out in zip(call.node.outputs, outs, strict=True):
        _add_constant(plan, name, out)
    with np.errstate(all="ignore"):
        if kernel.view:
            np.copyto(outs[0], ins[0].reshape(kernel.shapes[0]))
        for act in kernel.calls(ins, outs, np.zeros(kernel.scratch, np.float32)):
            act()


def _add_step(plan: Plan, kernel: Kernel, call: Call) -> None:
    node = call.node
    for numbers in call.constants:
        if numbers is not None and not kernel.view and numbers.dtype == np.float64:
            raise call.refusal("takes numbers of 64 bits")
    if any(0 in shape for shape in kernel.shapes):
        raise call.refusal("makes a tensor without numbers")
    plan.shapes.update(zip(node.outputs, kernel.shapes, strict=True))
    plan.work += kernel.work
    if kernel.view:
        plan.views[node.outputs[0]] = node.inputs[0]
    else:
        plan.steps.append(Step(node.kind, kernel, [name for name in node.inputs if name], node.outputs))


def _settle(plan: Plan, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Gives each tensor a place in one array; what is not needed at the same time may have the same."""
    lives: dict[str, list[int]] = {name: [-1, -1] for name in inputs}
    for at, step in enumerate(plan.steps):
        for name in step.outputs:
            lives[name] = [at, at]
        for name in step.inputs:
            if plan.root(name) in lives:
                lives[plan.root(name)][1] = at
    for name in outputs:
        if plan.root(name) in lives:
            lives[plan.root(name)][1] = len(plan.steps)
    placed: list[tuple[int, int, int, int]] = []  # where it begins and ends, from and to which step; by where it begins
    for name in sorted(lives, key=lambda name: -math.prod(plan.shapes[name])):
        size = -(-math.prod(plan.shapes[name]) // 16) * 16  # each begins at a multiple of 64 bytes
        first, last = lives[name]
        at = 0
        for begin, end, since, until in placed:
            if since <= last and first <= until:
                if begin - at >= size:
                    break
                at = max(at, end)
        plan.homes[name] = at
        plan.size = max(plan.size, at + size)
        placed.append((at, at + size, first, last))
        placed.sort()
