"""Runs a graph by numpy alone, in the thread that asks; how many threads the BLAS beneath takes is its own affair."""

from collections.abc import Sequence

import numpy as np

from petcam.detect.model.graph import Array, Graph
from petcam.detect.model.kernel import Floats
from petcam.detect.model.plan import plan_of


class NumpyRuntime:
    """One graph, planned, with the one array that all its tensors lie in. For one thread at a time."""

    name = "numpy"

    def __init__(self, graph: Graph) -> None:
        """Raises ``BAD_MODEL`` where it has operators, shapes or sizes that are not run."""
        plan = plan_of(graph)
        self.work = plan.work
        self._file = graph.file  # the weights are views of it
        self._scratch = np.empty(plan.scratch, np.float32)
        room = np.empty(plan.size, np.float32)
        tensors: dict[str, Array] = dict(plan.constants)
        for name, at in plan.homes.items():
            shape = plan.shapes[name]
            tensors[name] = room[at : at + int(np.prod(shape, dtype=np.int64))].reshape(shape)
        for name in plan.views:
            tensors[name] = tensors[plan.root(name)].reshape(plan.shapes[name])
        self.input = tensors[next(iter(graph.inputs))]
        self._outputs = [tensors[name] for name in graph.outputs]
        self._steps = [
            (step.kernel.run, [tensors[name] for name in step.inputs], [tensors[name] for name in step.outputs])
            for step in plan.steps
            if step.kernel.run is not None
        ]

    def run(self) -> Sequence[Floats]:
        """The outputs for what ``input`` has. They are overwritten at the next run."""
        with np.errstate(all="ignore"):  # what is infinite or none is found in the outputs
            for kernel, ins, outs in self._steps:
                kernel(ins, outs, self._scratch)
        return self._outputs
