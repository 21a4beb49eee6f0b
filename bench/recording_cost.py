"""What a recording costs: the streamer's CPU and memory with one and without. ``make bench ARGS=recording_cost``."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil

from bench.camera import ROOT
from bench.figure import Figure
from bench.recording_setup import Studio, end, film, until

COST_SECONDS = 20.0


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as directory, ExitStack() as stack:
        studio = Studio(Path(directory), film())
        stack.callback(studio.close)
        return list(cost(studio))


def cost(studio: Studio) -> Iterator[Figure]:
    streamer = studio.run("streamer")
    try:
        with studio.in_real_time():
            until(lambda: studio.ask("/health")["camera"]["state"] == "live")
            idle_cpu, idle_memory = _use(streamer.pid)
            studio.start()
            cpu, memory = _use(streamer.pid)
            last = studio.ask("/stop", "POST")
    finally:
        end(streamer)
    bits = last["bytes_written"] * 8 / last["duration"] / 1e6
    yield Figure(f"CPU that recording {bits:.1f} Mb/s adds", cpu - idle_cpu, "% of a core", 0.5)
    yield Figure("memory that recording adds", memory - idle_memory, "MiB", 5)


def _use(pid: int) -> tuple[float, float]:
    """CPU in percent of a core over a while, and private memory in MiB at its end."""
    before, begun = _cpu_ns(pid), time.monotonic_ns()
    time.sleep(COST_SECONDS)
    cpu = 100 * (_cpu_ns(pid) - before) / (time.monotonic_ns() - begun)
    info = psutil.Process(pid).memory_info()
    return cpu, (info.rss - info.shared) / 2**20


def _cpu_ns(pid: int) -> int:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
