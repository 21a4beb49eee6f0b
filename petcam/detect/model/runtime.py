"""What runs a graph: numpy or onnxruntime, behind this."""

from collections.abc import Sequence
from typing import Protocol

from petcam.detect.model.graph import Floats


class Runtime(Protocol):
    """One graph, ready to run. For one thread at a time."""

    name: str
    input: Floats  # to be filled before each run: (1, 3, height, width)

    def run(self) -> Sequence[Floats]:
        """The graph's outputs in its order, good until the next run."""
