"""Draws lines over time as an SVG that is readable on light and dark pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 800, 150  # of one panel
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 30, 22
LINE_STYLES = {
    "feed": ("a", "2 3"),
    "streamer": ("b", ""),
    "web": ("c", "7 3"),
}  # colour and dashes, so that either tells
STYLE = """
svg { background: #fff } text { font: 12px system-ui, sans-serif; fill: #222 } .grid { stroke: #ddd }
.cut { stroke: #999; stroke-dasharray: 1 3 } .line { fill: none; stroke-width: 1.8 }
.a { stroke: #1f6fb4 } .b { stroke: #b04a00 } .c { stroke: #2b7a2f }
@media (prefers-color-scheme: dark) { svg { background: #14181c } text { fill: #ddd } .grid { stroke: #333a40 }
.cut { stroke: #888 } .a { stroke: #6fb7f5 } .b { stroke: #ffad66 } .c { stroke: #7fd184 } }
"""


@dataclass(frozen=True)
class Panel:
    title: str
    lines: Mapping[str, Sequence[float]]  # for each service a value at each of the times


def draw(times: Sequence[float], panels: Sequence[Panel], restarts: Sequence[tuple[float, str]]) -> str:
    """``times`` in seconds. ``restarts``: time and service; they are marked in all panels and listed below the last."""
    minutes = [time / 60 for time in times]
    height = len(panels) * HEIGHT + 20
    parts = [_panel(minutes, panel, number * HEIGHT, restarts) for number, panel in enumerate(panels)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
    words = (
        f'<text x="{LEFT}" y="{height - 6}">minutes; dotted: a restart ({escape(_restarts_in_words(restarts))})</text>'
    )
    return "\n".join([head, f"<style>{STYLE}</style>", *parts, words, "</svg>", ""])


def _restarts_in_words(restarts: Sequence[tuple[float, str]]) -> str:
    names = sorted({name for _, name in restarts})
    return "; ".join(f"{name} at {', '.join(f'{at / 60:.0f}' for at, n in restarts if n == name)}" for name in names)


def _panel(minutes: Sequence[float], panel: Panel, top: float, restarts: Sequence[tuple[float, str]]) -> str:
    maximum = max(max(values) for values in panel.lines.values()) * 1.1 or 1
    low, high = top + HEIGHT - BOTTOM, top + TOP
    x = _scale(0, minutes[-1], LEFT, WIDTH - RIGHT)
    y = _scale(0, maximum, low, high)
    parts = [f'<text x="{LEFT}" y="{top + 18}">{escape(panel.title)}</text>', _legend(panel, top + 18)]
    for mark in _axis_marks(maximum):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(mark):.1f}" y2="{y(mark):.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(mark) + 4:.1f}" text-anchor="end">{mark:g}</text>')
    for mark in _axis_marks(minutes[-1]):
        parts.append(f'<text x="{x(mark):.1f}" y="{low + 15}" text-anchor="middle">{mark:g}</text>')
    for at, _ in restarts:
        parts.append(f'<line class="cut" x1="{x(at / 60):.1f}" x2="{x(at / 60):.1f}" y1="{low}" y2="{high}"/>')
    for name, values in panel.lines.items():
        points = " ".join(f"{x(m):.1f},{y(v):.1f}" for m, v in zip(minutes, values, strict=True))
        colour, dashes = LINE_STYLES[name]
        parts.append(f'<polyline class="line {colour}" stroke-dasharray="{dashes}" points="{points}"/>')
    return "\n".join(parts)


def _legend(panel: Panel, y: float) -> str:
    parts = []
    for number, name in enumerate(panel.lines):
        x, (colour, dashes) = WIDTH - RIGHT - 110 * (len(panel.lines) - number), LINE_STYLES[name]
        line = f'x1="{x}" x2="{x + 26}" y1="{y - 4}" y2="{y - 4}" stroke-dasharray="{dashes}"'
        parts.append(f'<line class="line {colour}" {line}/><text x="{x + 32}" y="{y}">{name}</text>')
    return "\n".join(parts)


def _scale(low: float, high: float, begin: float, end: float):  # type: ignore[no-untyped-def]
    return lambda value: begin + (value - low) / (high - low) * (end - begin)


def _axis_marks(maximum: float) -> list[float]:
    """Three to six round numbers from 0 on."""
    step = next(
        step for power in range(-1, 9) for step in (10**power, 2 * 10**power, 5 * 10**power) if maximum / step < 6
    )
    return [round(number * step, 6) for number in range(int(maximum / step) + 1)]
