"""What live viewers cost, how soon they get a picture, and its latency: petcam and, where they are on the PATH, other
media servers, all with the same time-stamped source in the same run."""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.figure import Figure
from bench.server import Plan, Server, available_servers, report, serving

SETTLE_SECONDS = 3.0  # for viewers to join
MEASURE_SECONDS = 8.0
JOIN_COUNT = 5  # joins of a single viewer that are measured
TIMEOUT_SECONDS = 30.0  # then the picture counts as not coming back

# What is measured: name, unit, and the most that it should be.
AIMS: dict[str, tuple[str, float | None]] = {
    "CPU of a core per viewer, 10 viewers": ("%", 0.30),
    "CPU of a core per viewer, 30 viewers": ("%", 0.18),
    "CPU of a core without viewers": ("%", None),
    "resident memory, 1 viewer": ("MiB", 20.5),
    "resident memory, 10 viewers": ("MiB", 25),
    "resident memory, 30 viewers": ("MiB", 35),
    "offer to keyframe, one viewer, median": ("ms", 50),
    "offer to keyframe, 10 at once, median": ("ms", 50),
    "offer to keyframe, 30 at once, median": ("ms", None),
    "published to last packet, 10 viewers, median": ("ms", 0.5),
    "published to last packet, 10 viewers, p99": ("ms", 3),
    "source gone and back: picture after": ("s", 1),
    "server gone and back: picture after": ("s", 3),
}


def figures() -> list[Figure]:
    found = {name: _measured(name, make) for name, make in available_servers().items()}
    ours = found.pop("petcam")
    return [
        Figure(name, ours[name], unit, aim, {peer: values[name] for peer, values in found.items()})
        for name, (unit, aim) in AIMS.items()
    ]


def _measured(name: str, make: Callable[[Path], Plan]) -> dict[str, float]:
    print(f"measuring {name}", file=sys.stderr, flush=True)
    with serving(make) as server:
        return dict(_figures(server))


def _figures(server: Server) -> Iterator[tuple[str, float]]:
    yield "CPU of a core without viewers", server.cost(MEASURE_SECONDS)
    alone = [report(server.watch(1, 1.5))["offer_to_keyframe_ms"]["median"] for _ in range(JOIN_COUNT)]
    yield "offer to keyframe, one viewer, median", statistics.median(alone)
    for viewers in (1, 10, 30):
        yield from _with_viewers(server, viewers)
    for part in ("source", "server"):
        yield f"{part} gone and back: picture after", _recovery_seconds(server, part)


def _with_viewers(server: Server, viewers: int) -> Iterator[tuple[str, float]]:
    watching = server.watch(viewers, SETTLE_SECONDS + MEASURE_SECONDS + 1)
    time.sleep(SETTLE_SECONDS)
    cost = server.cost(MEASURE_SECONDS)
    yield f"resident memory, {viewers} viewer{'s' * (viewers > 1)}", server.memory()
    seen_report = report(watching)
    if seen_report["frames"] < 20 * MEASURE_SECONDS * viewers:
        raise RuntimeError(f"{viewers} viewers saw only {seen_report['frames']} frames")
    yield f"CPU of a core per viewer, {viewers} viewers", cost / viewers
    yield f"offer to keyframe, {viewers} at once, median", seen_report["offer_to_keyframe_ms"]["median"]
    yield f"published to last packet, {viewers} viewers, median", seen_report["publish_to_last_packet_ms"]["median"]
    yield f"published to last packet, {viewers} viewers, p99", seen_report["publish_to_last_packet_ms"]["p99"]


def _recovery_seconds(server: Server, part: str) -> float:
    """Seconds until a viewer has a new keyframe; infinite where none comes. For a source they count from its first new
    frame, and its viewer was connected before; for a server from its start, and its viewer offers every 0.1 s."""
    with ExitStack() as stack:
        if part == "source":
            keyframe_after = stack.enter_context(server.follow())
            if keyframe_after(time.monotonic(), TIMEOUT_SECONDS) is None:
                raise RuntimeError("the viewer has no picture")
        server.kill(part)
        server.start(part)
        if part == "source":
            begin = server.source_began()
        else:
            begin = time.monotonic()
            keyframe_after = stack.enter_context(server.follow())
        after = keyframe_after(begin, TIMEOUT_SECONDS)
    return float("inf") if after is None else after
