"""Runs a graph by numpy alone, in the thread that asks; how many threads the BLAS beneath takes is its own affair."""

from collections.abc import Iterator, Sequence

import numpy as np

from petcam.detect.model.graph import Array, Floats, Graph
from petcam.detect.model.kernel import Action
from petcam.detect.model.model_file import ModelFile
from petcam.detect.model.plan import plan_of
from petcam.detect.model.refusal import refusal

ACTIONS = 30_000  # calls of numpy in one look; the model that petcam brings takes 1,500
FORGET_BYTES = 1 << 20  # of weights


class NumpyRuntime:
    """One graph, planned, with the one array that all its tensors lie in. For one thread at a time."""

    name = "numpy"

    def __init__(self, graph: Graph, file: ModelFile) -> None:
        """``file`` is what the graph's weights are views of.

        Raises ``BAD_MODEL`` where the graph has operators, shapes or sizes that are not run.
        """
        plan = plan_of(graph)
        self.work = plan.work
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
        actions: list[Action] = []
        for step in plan.steps:
            ins, outs = ([tensors[name] for name in names] for names in (step.inputs, step.outputs))
            actions += step.kernel.calls(ins, outs, scratch)
            if len(actions) > ACTIONS:
                raise refusal(f"one look would take more than {ACTIONS} steps; use a smaller one")
        self._actions = list(_with_forgetting(actions, file))

    def run(self) -> Sequence[Floats]:
        """The outputs for what ``input`` has. They are overwritten at the next run."""
        with np.errstate(all="ignore"):  # what is infinite or none is found in the outputs
            for act in self._actions:
                act()
        return self._outputs


def _with_forgetting(actions: Sequence[Action], file: ModelFile) -> Iterator[Action]:
    """With calls between them that let go of the file where many of its weights were taken."""
    taken = 0
    for act in actions:
        arrays = [numbers for numbers in getattr(act, "args", ()) if isinstance(numbers, np.ndarray)]
        more = sum(numbers.nbytes for numbers in arrays if file.holds(numbers))
        if taken + more > FORGET_BYTES:
            yield file.forget
            taken = 0
        taken += more
        yield act
    yield file.forget
