"""Runs a graph by numpy alone, in the thread that asks; how many threads the BLAS beneath takes is its own affair."""

from collections.abc import Sequence

import numpy as np

from petcam.detect.model.graph import Array, Floats, Graph
from petcam.detect.model.kernel import Action
from petcam.detect.model.plan import plan_of


class NumpyRuntime:
    """One graph, planned, with the one array that all its tensors lie in. For one thread at a time."""

    name = "numpy"

    def __init__(self, graph: Graph) -> None:
        """Raises ``BAD_MODEL`` where it has operators, shapes or sizes that are not run."""
        plan = plan_of(graph)
        self.work = plan.work
        self._file = graph.file  # the weights are views of it
        scratch = np.zeros(plan.scratch, np.float32)
        room = np.zeros(plan.size, np.float32)
        tensors: dict[str, Array] = dict(plan.constants)
        for name, at in plan.homes.items():
            shape = plan.shapes[name]
            tensors[name] = room[at : at + int(np.prod(shape, dtype=np.int64))].reshape(shape)
        for name in plan.views:
            tensors[name] = tensors[plan.root(name)].reshape(plan.shapes[name])
        self.input = tensors[next(iter(graph.inputs))]
        self._outputs = [tensors[name] for name in graph.outputs]
        self._actions: list[Action] = []
        for step in plan.steps:
            ins, outs = ([tensors[name] for name in names] for names in (step.inputs, step.outputs))
            self._actions += step.kernel.calls(ins, outs, scratch)

    def run(self) -> Sequence[Floats]:
        """The outputs for what ``input`` has. They are overwritten at the next run."""
        with np.errstate(all="ignore"):  # what is infinite or none is found in the outputs
            for act in self._actions:
                act()
        return self._outputs
