"""What a recording costs: the streamer's CPU and memory with and without one. ``make bench ARGS=recording_cost``."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil

from bench.camera import ROOT
from bench.figure import Figure
from bench.recording_setup import FPS, RecordingSetup, eventually, make_film, terminate

MEASURE_SECONDS = 20.0
ROUNDS, ROUND_SECONDS = 12, 10.0  # in turn with boxes and without: other programs then disturb both alike


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as directory, ExitStack() as stack:
        setup = RecordingSetup(Path(directory), make_film())
        stack.callback(setup.close)
        return list(cost(setup))


def cost(setup: RecordingSetup) -> Iterator[Figure]:
    streamer = setup.run("streamer")
    try:
        with setup.in_real_time():
            eventually(lambda: setup.request("/health")["camera"]["state"] == "live")
            idle_cpu, idle_memory = _cpu_and_memory(streamer.pid)
            setup.start()
            cpu, memory = _cpu_and_memory(streamer.pid)
            with_boxes = {rate: _boxes_cost(setup, streamer.pid, rate) for rate in (10, 30)}
            last = setup.request("/stop", "POST")
    finally:
        terminate(streamer)
    bits = last["bytes_written"] * 8 / last["duration"] / 1e6
    yield Figure(f"CPU that recording {bits:.1f} Mb/s adds", cpu - idle_cpu, "% of a core", 0.5)
    yield Figure("memory that recording adds", memory - idle_memory, "MiB", 5)
    for rate, more in with_boxes.items():
        yield Figure(f"CPU that {rate} results a second with two boxes add", more, "% of a core", 0.15)


def _boxes_cost(setup: RecordingSetup, pid: int, rate: int) -> float:
    """The median of what a round with boxes takes more than the one before without, in percent of a core."""
    differences = []
    for _ in range(ROUNDS):
        setup.each = 0
        without = _cpu(pid, ROUND_SECONDS)
        setup.each = FPS // rate
        differences.append(_cpu(pid, ROUND_SECONDS) - without)
    setup.each = 0
    return statistics.median(differences)


def _cpu(pid: int, seconds: float) -> float:
    before, begun = _cpu_ns(pid), time.monotonic_ns()
    time.sleep(seconds)
    return 100 * (_cpu_ns(pid) - before) / (time.monotonic_ns() - begun)


def _cpu_and_memory(pid: int) -> tuple[float, float]:
    """CPU in percent of a core over ``MEASURE_SECONDS``, and private memory in MiB after them."""
    cpu = _cpu(pid, MEASURE_SECONDS)
    info = psutil.Process(pid).memory_info()
    return cpu, (info.rss - info.shared) / 2**20


def _cpu_ns(pid: int) -> int:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
