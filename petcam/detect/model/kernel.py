"""One operator as numpy runs it: a ``Call`` is what a graph asks for, a ``Kernel`` how it is done.

Shapes are known before anything runs, so a kernel's memory and work can be bounded while it is planned.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from petcam.detect.model.graph import Array, Floats, Node, Shape
from petcam.detect.model.layer import Activation, Layer
from petcam.detect.model.refusal import refusal, shown
from petcam.errors import PetcamError

Action = Callable[[], object]
Run = Callable[[Sequence[Array], Sequence[Array], Floats], None]  # inputs, outputs to be filled, scratch
Bind = Callable[[Sequence[Array], Sequence[Array], Floats], list[Action]]


@dataclass(frozen=True)
class Call:
    """An operator of a graph with what is known of its inputs. One that is left out has neither shape nor constant.

    ``constants`` has the numbers of those that are the same at each look.
    """

    node: Node
    shapes: Sequence[Shape | None]
    constants: Sequence[Array | None]
    opset: int

    def shape(self, index: int) -> Shape:
        shape = self.shapes[index] if index < len(self.shapes) else None
        if shape is None:
            raise self.refusal(f"has no input number {index + 1}")
        return shape

    def constant(self, index: int) -> Array | None:
        """An input's numbers, None where it is left out. Raises ``BAD_MODEL`` where they change from look to look."""
        if index >= len(self.constants) or self.shapes[index] is None:
            return None
        numbers = self.constants[index]
        if numbers is None:
            raise self.refusal(f"computes its input number {index + 1}, which must be constant")
        return numbers

    def listed(self, name: str, index: int) -> list[int] | None:
        """Integers that are an attribute in older opsets and an input in newer ones."""
        if name in self.node.attributes:
            return self.integers(name, ())
        numbers = self.constant(index)
        if numbers is None:
            return None
        if numbers.dtype.kind != "i" or numbers.ndim > 1:
            raise self.refusal(f"has no integers as {name}")
        return [int(number) for number in numbers.reshape(-1)]

    def integers(self, name: str, default: Sequence[int]) -> list[int]:
        found = self.node.attributes.get(name, list(default))
        if not isinstance(found, list):
            raise self.refusal(f"has no list of numbers as {name}")
        return [int(number) for number in found]

    def integer(self, name: str, default: int) -> int:
        found = self.node.attributes.get(name, default)
        if not isinstance(found, int):
            raise self.refusal(f"has no number as {name}")
        return found

    def real(self, name: str, default: float) -> float:
        found = self.node.attributes.get(name, default)
        if not isinstance(found, (int, float)):
            raise self.refusal(f"has no number as {name}")
        return float(found)

    def word(self, name: str, default: str) -> str:
        found = self.node.attributes.get(name, default)
        return found if isinstance(found, str) else default

    def axis(self, number: int, rank: int) -> int:
        """An axis counted from the end or the beginning as one counted from the beginning."""
        if not -rank <= number < rank:
            raise self.refusal(f"has the axis {number} for {rank} dimensions")
        return number % rank

    def refusal(self, words: str) -> PetcamError:
        made = self.node.outputs[0] if self.node.outputs else ""
        return refusal(f"its operator {shown(self.node.kind)} that makes {shown(made)} {words}; export it anew")


@dataclass(frozen=True)
class Kernel:
    """What an operator makes and how. Without ``run`` and ``bind`` its one output is its first input in another shape.

    ``run`` does it; ``bind`` gives the calls that do it for arrays that stay the same from look to look.
    ``work`` is about how many multiply-adds it takes, ``scratch`` how many numbers it needs beside its outputs;
    ``dtype`` is the outputs' kind of number where they are made of constants, else they are float32.
    ``layer`` or ``activation`` is what it is, where that can be done together with its neighbours (``fusion.py``).
    """

    shapes: Sequence[Shape]
    run: Run | None = None
    work: int = 0
    scratch: int = 0
    dtype: str = ""
    bind: Bind | None = None
    layer: Layer | None = None
    activation: Activation | None = None

    @property
    def view(self) -> bool:
        return self.run is None and self.bind is None

    def calls(self, ins: Sequence[Array], outs: Sequence[Array], scratch: Floats) -> list[Action]:
        if self.bind is not None:
            return self.bind(ins, outs, scratch)
        return [] if self.run is None else [partial(self.run, ins, outs, scratch)]
