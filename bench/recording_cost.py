"""What a recording costs: the streamer's CPU and memory with and without one. ``make bench ARGS=recording_cost``."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil

from bench.camera import ROOT
from bench.figure import Figure
from bench.recording_setup import RecordingSetup, eventually, make_film, terminate

MEASURE_SECONDS = 20.0


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
            last = setup.request("/stop", "POST")
    finally:
        terminate(streamer)
    bits = last["bytes_written"] * 8 / last["duration"] / 1e6
    yield Figure(f"CPU that recording {bits:.1f} Mb/s adds", cpu - idle_cpu, "% of a core", 0.5)
    yield Figure("memory that recording adds", memory - idle_memory, "MiB", 5)


def _cpu_and_memory(pid: int) -> tuple[float, float]:
    """CPU in percent of a core over ``MEASURE_SECONDS``, and private memory in MiB after them."""
    before, begun = _cpu_ns(pid), time.monotonic_ns()
    time.sleep(MEASURE_SECONDS)
    cpu = 100 * (_cpu_ns(pid) - before) / (time.monotonic_ns() - begun)
    info = psutil.Process(pid).memory_info()
    return cpu, (info.rss - info.shared) / 2**20


def _cpu_ns(pid: int) -> int:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
