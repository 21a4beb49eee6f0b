"""What was measured, as a table, and which backend to choose."""

from collections.abc import Sequence
from dataclasses import dataclass

ENOUGH = 0.9  # of the pictures that the other's viewer got
MUCH_LATER = 50.0  # ms


@dataclass(frozen=True)
class Measured:
    name: str
    idle: float  # % of a core
    cpu: float  # % of a core, with one viewer
    memory: float  # MiB
    rate: float  # pictures a second that the viewer got
    first: float | None  # ms from the offer to the first picture; None: there was none
    late: float | None  # ms from a picture's capture to its last packet at the viewer, the median
    late_p99: float | None

    def plays(self, other: "Measured") -> bool:
        return self.late is not None and self.rate >= ENOUGH * other.rate


def table(all_measured: Sequence[Measured]) -> str:
    rows = [
        ("", [each.name for each in all_measured]),
        ("CPU without a viewer, % of a core", [f"{each.idle:.1f}" for each in all_measured]),
        ("CPU with one viewer, % of a core", [f"{each.cpu:.1f}" for each in all_measured]),
        ("memory without the segment, MiB", [f"{each.memory:.1f}" for each in all_measured]),
        ("offer to first picture, ms", [_ms(each.first) for each in all_measured]),
        ("capture to last packet at the viewer, ms, median", [_ms(each.late) for each in all_measured]),
        ("capture to last packet at the viewer, ms, p99", [_ms(each.late_p99) for each in all_measured]),
        ("pictures a second", [f"{each.rate:.1f}" for each in all_measured]),
    ]
    return "\n".join(f"{what:<50}" + "".join(f"{value:>10}" for value in values) for what, values in rows)


def choose(go: Measured, python: Measured) -> tuple[str, str]:
    """The backend's name, empty where none plays; and why."""
    playing = [each for each, other in ((go, python), (python, go)) if each.plays(other)]
    if not playing:
        return "", "neither shows a picture"
    if len(playing) == 1:
        other = python if playing[0] is go else go
        return playing[0].name, f"{other.name} does not show all pictures"
    cheap, dear = sorted(playing, key=lambda each: each.cpu)
    slower = (cheap.late_p99 or 0) - (dear.late_p99 or 0)
    if slower > MUCH_LATER:
        return dear.name, f"with {cheap.name} pictures come up to {slower:.0f} ms later"
    recording = "" if cheap is go else "; recording still needs petcam-streamer"
    return cheap.name, f"a viewer costs {dear.cpu - cheap.cpu:.1f} points less of a core{recording}"


def _ms(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}"
