"""The table of what was measured, and which backend to choose."""

from collections.abc import Sequence
from dataclasses import dataclass

MIN_RATE_RATIO = 0.9  # of the rate of pictures that the other backend's viewer got; a backend with less does not play
MAX_EXTRA_LATENCY_MS = 50.0  # the cheaper backend is not advised if its p99 is later than the other's by more


@dataclass(frozen=True)
class Measured:
    name: str
    idle_cpu: float  # % of a core
    cpu: float  # % of a core, with one viewer
    memory_mib: float
    rate: float  # pictures a second that the viewer got
    first_picture_ms: float | None  # from the offer to the first picture; None: there was none
    latency_ms: float | None  # from a picture's capture to its last packet at the viewer, median
    latency_p99_ms: float | None

    def plays(self, other: "Measured") -> bool:
        return self.latency_ms is not None and self.rate >= MIN_RATE_RATIO * other.rate


def table(all_measured: Sequence[Measured]) -> str:
    rows = [
        ("", [each.name for each in all_measured]),
        ("CPU without a viewer, % of a core", [f"{each.idle_cpu:.1f}" for each in all_measured]),
        ("CPU with one viewer, % of a core", [f"{each.cpu:.1f}" for each in all_measured]),
        ("memory without the segment, MiB", [f"{each.memory_mib:.1f}" for each in all_measured]),
        ("offer to first picture, ms", [_ms(each.first_picture_ms) for each in all_measured]),
        ("capture to last packet at the viewer, ms, median", [_ms(each.latency_ms) for each in all_measured]),
        ("capture to last packet at the viewer, ms, p99", [_ms(each.latency_p99_ms) for each in all_measured]),
        ("pictures a second", [f"{each.rate:.1f}" for each in all_measured]),
    ]
    return "\n".join(f"{what:<50}" + "".join(f"{value:>10}" for value in values) for what, values in rows)


def choose(go: Measured, python: Measured) -> tuple[str, str]:
    """The name of the backend to choose, empty where none plays, and the reason."""
    that_play = [each for each, other in ((go, python), (python, go)) if each.plays(other)]
    if not that_play:
        return "", "neither shows a picture"
    if len(that_play) == 1:
        other = python if that_play[0] is go else go
        return that_play[0].name, f"{other.name} does not show all pictures"
    cheap, costly = sorted(that_play, key=lambda each: each.cpu)
    slower = (cheap.latency_p99_ms or 0) - (costly.latency_p99_ms or 0)
    if slower > MAX_EXTRA_LATENCY_MS:
        return costly.name, f"with {cheap.name} pictures come up to {slower:.0f} ms later"
    recording = "" if cheap is go else "; recording still needs petcam-streamer"
    return cheap.name, f"a viewer costs {costly.cpu - cheap.cpu:.1f} points less of a core{recording}"


def _ms(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}"
