"""A network as TensorFlow thinks of it: pictures are (1, rows, columns, channels). Tensors have numbers."""

from dataclasses import dataclass

import numpy as np


class Refused(Exception):
    """The network is not of the kind that this converter was written for."""


@dataclass(frozen=True)
class Operator:
    kind: str  # TFLite's name of it
    inputs: tuple[int, ...]
    output: int
    strides: tuple[int, int] = (1, 1)
    same: bool = False  # padded so that the output has the input's size by the stride
    relu6: bool = False  # the result is clipped to 0..6


@dataclass(frozen=True)
class Net:
    operators: tuple[Operator, ...]  # in an order in which they can be computed
    shapes: dict[int, tuple[int, ...]]
    constants: dict[int, np.ndarray]
    input: int
    outputs: tuple[int, ...]
