"""One measured figure, and the table of figures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """``value`` in ``unit``. ``aim`` is the most that it should be, ``None`` where there is no aim; ``peers`` are the
    values of other programs by their name."""

    name: str
    value: float
    unit: str
    aim: float | None = None
    peers: Mapping[str, float] = field(default_factory=dict)


def head(peers: Sequence[str] = ()) -> str:
    return _row(["value/aim", *(f"/{name}" for name in peers), "value", "aim", *peers], "what")


def line(figure: Figure, peers: Sequence[str] = ()) -> str:
    """Ratios first: value to aim (1.00 or less means that it is reached), then value to each peer's value."""
    others = [figure.peers.get(name) for name in peers]
    ratios = [_ratio(figure.value, other) for other in (figure.aim, *others)]
    values = [_number(value) for value in (figure.value, figure.aim, *others)]
    return _row(ratios + values, f"{figure.name}, {figure.unit}" if figure.unit else figure.name)


def table(figures: Iterable[Figure]) -> str:
    figures = list(figures)
    peers = sorted({name for figure in figures for name in figure.peers})
    return "\n".join([head(peers), *(line(figure, peers) for figure in figures)])


def _row(cells: Iterable[str], what: str) -> str:
    return "  ".join([*(f"{cell:>10}" for cell in cells), what])


def _ratio(value: float, other: float | None) -> str:
    return f"{value / other:.2f}" if other else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
