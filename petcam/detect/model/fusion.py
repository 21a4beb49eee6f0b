"""Finds steps of a plan that can be done together: convolutions, their activations, and what is added to them.

Things are joined where nothing else takes what lies between them. The joined step stands where its last part stood.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from petcam.detect.model.convolution import convolved, one_kernel
from petcam.detect.model.elementwise import times
from petcam.detect.model.graph import Shape
from petcam.detect.model.kernel import Kernel
from petcam.detect.model.layer import Activation, Layer
from petcam.detect.model.product import Ending


@dataclass(frozen=True)
class Step:
    """One kernel with the names of its tensors, each made once."""

    kind: str
    kernel: Kernel
    inputs: Sequence[str]
    outputs: Sequence[str]


@dataclass(frozen=True)
class _Group:
    """Convolutions that become one step, and what happens to their result. ``other`` is the tensor that is added."""

    layers: tuple[Layer, ...]
    source: str
    other: str = ""
    activation: Activation | None = None

    def step(self, made: str) -> Step:
        kernel = convolved(self.layers, Ending(bool(self.other), self.activation))
        return Step("Conv", kernel, [self.source, self.other] if self.other else [self.source], [made])


class Fusion:
    """Takes the steps one after the other."""

    def __init__(self, shapes: Mapping[str, Shape], taken: Counter[str]) -> None:
        """``taken`` says how often each tensor is taken, by steps, by views and as an output of the graph."""
        self._shapes, self._taken = shapes, taken
        self._done: dict[str, Step | _Group] = {}  # by the name of what they make, the first of it

    def steps(self) -> list[Step]:
        return [one.step(made) if isinstance(one, _Group) else one for made, one in self._done.items()]

    def add(self, step: Step) -> None:
        group = self._with_layer(step) or self._with_activation(step) or self._with_gate(step) or self._with_sum(step)
        self._done[step.outputs[0]] = group or step

    def _group(self, name: str) -> _Group | None:
        """The group that makes a tensor which only one step takes."""
        found = self._done.get(name)
        return found if isinstance(found, _Group) and self._taken[name] == 1 else None

    def _with_layer(self, step: Step) -> _Group | None:
        layer, source = step.kernel.layer, step.inputs[0]
        if layer is None or not one_kernel([layer]):
            return None
        group = self._group(source)
        if group and not group.other and not group.activation and one_kernel([*group.layers, layer]):
            del self._done[source]
            return replace(group, layers=(*group.layers, layer))
        return _Group((layer,), source)

    def _with_activation(self, step: Step) -> _Group | None:
        activation = step.kernel.activation
        return self._activated(step.inputs[0], activation) if activation else None

    def _activated(self, source: str, activation: Activation) -> _Group | None:
        group = self._group(source)
        if group is None or group.activation:
            return None
        del self._done[source]
        if group.other or group.layers[-1].activation:
            return replace(group, activation=activation)
        return replace(group, layers=(*group.layers[:-1], replace(group.layers[-1], activation=activation)))

    def _with_gate(self, step: Step) -> _Group | None:
        """x * sigmoid(x), of which the sigmoid is a step of its own until now."""
        if step.kind != "Mul":
            return None
        for source, gate in (step.inputs, step.inputs[::-1]):
            made = self._done.get(gate)
            if (
                isinstance(made, Step)
                and made.kernel.activation
                and made.inputs[0] == source
                and self._taken[gate] == 1
            ):
                self._taken[source] -= 1
                group = self._activated(source, times(made.kernel.activation))
                if group:
                    del self._done[gate]
                    return group
                self._taken[source] += 1
        return None

    def _with_sum(self, step: Step) -> _Group | None:
        if step.kind != "Add" or len(step.inputs) != 2 or len({self._shapes[name] for name in step.inputs}) != 1:
            return None
        for name in reversed(self._done):  # the later one: what it is added to is there by then
            if name in step.inputs and step.inputs[0] != step.inputs[1]:
                group = self._group(name)
                if group is None or group.other or group.activation:
                    return None
                del self._done[name]
                return replace(group, other=next(other for other in step.inputs if other != name))
        return None


def fused(steps: Sequence[Step], shapes: Mapping[str, Shape], also_taken: Collection[str]) -> list[Step]:
    """The same with fewer steps. ``also_taken`` are tensors that views or outputs of the graph take."""
    fusion = Fusion(shapes, Counter([name for step in steps for name in step.inputs] + list(also_taken)))
    for step in steps:
        fusion.add(step)
    return fusion.steps()
