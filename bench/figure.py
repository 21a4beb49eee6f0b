"""One measured figure, and the table of them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """``value`` in ``unit``; ``aim`` is the most that it should be, ``None`` where there is no aim."""

    name: str
    value: float
    unit: str
    aim: float | None = None


HEAD = f"{'value/aim':>9}  {'value':>10}  {'aim':>10}  what"


def line(figure: Figure) -> str:
    """The ratio of value to aim first (1.00 or less is reached)."""
    ratio = f"{figure.value / figure.aim:9.2f}" if figure.aim else " " * 9
    aim = f"{figure.aim:10g}" if figure.aim is not None else " " * 10
    return f"{ratio}  {figure.value:10.3g}  {aim}  {figure.name}, {figure.unit}"


def table(figures: Iterable[Figure]) -> str:
    return "\n".join([HEAD, *map(line, figures)])
