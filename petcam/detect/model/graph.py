"""A model as a graph: operators that take tensors by name and make others. What every reader and runtime shares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float32]
Shape = tuple[int, ...]
Attribute = float | int | str | list[int] | list[float] | Array


@dataclass(frozen=True)
class Node:
    """One operator: its kind, the names of the tensors it takes ("" where one is left out) and of those it makes."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass
class Graph:
    """A model. ``weights`` must not be written to: they may be views of the file.

    ``inputs`` and ``outputs`` have the shapes of its float32 tensors, -1 where the file leaves a size open.
    """

    opset: int = 0
    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, Array] = field(default_factory=dict)
    inputs: dict[str, Shape] = field(default_factory=dict)
    outputs: dict[str, Shape] = field(default_factory=dict)
