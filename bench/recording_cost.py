"""What a recording costs: the streamer's CPU and memory with and without one. ``make bench ARGS=recording_cost``."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil

from bench.camera import ROOT
from bench.cpu_time import cpu_ns
from bench.figure import Figure
from bench.recording_setup import FPS, PACKET, RecordingSetup, eventually, make_film, terminate

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
            sound = _sound_cost(setup, streamer.pid)
            last = setup.request("/stop", "POST")
    finally:
        terminate(streamer)
    bits = last["bytes_written"] * 8 / last["duration"] / 1e6
    yield Figure(f"CPU that recording {bits:.1f} Mb/s adds", cpu - idle_cpu, "% of a core", 0.5)
    yield Figure("memory that recording adds", memory - idle_memory, "MiB", 5)
    for rate, more in with_boxes.items():
        yield Figure(f"CPU that {rate} results a second with two boxes add", more, "% of a core", 0.15)
    yield Figure("CPU that sound adds", sound, "% of a core", 0.1)


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


def _sound_cost(setup: RecordingSetup, pid: int) -> float:
    """The median of what a streamer that records the sound too takes more than the other at the same time."""
    streamer = setup.run("streamer with sound")
    try:
        setup.start(setup.sound_port)
        differences = []
        for _ in range(ROUNDS):
            without, with_sound = _cpus((pid, streamer.pid), ROUND_SECONDS)
            differences.append(with_sound - without)
        last = setup.request("/stop", "POST", setup.sound_port)
    finally:
        terminate(streamer)
    packets = (setup.recordings_with_sound / last["filename"]).read_bytes().count(PACKET)
    if packets < 0.95 * 50 * last["duration"]:
        raise RuntimeError(f"only {packets} packets of sound in {last['duration']:.0f} s")
    return statistics.median(differences)


def _cpu(pid: int, seconds: float) -> float:
    return _cpus((pid,), seconds)[0]


def _cpus(pids: tuple[int, ...], seconds: float) -> list[float]:
    """Of each, in percent of a core over the same time."""
    before, begun = [cpu_ns(pid) for pid in pids], time.monotonic_ns()
    time.sleep(seconds)
    passed = time.monotonic_ns() - begun
    return [100 * (cpu_ns(pid) - was) / passed for pid, was in zip(pids, before, strict=True)]


def _cpu_and_memory(pid: int) -> tuple[float, float]:
    """CPU in percent of a core over ``MEASURE_SECONDS``, and private memory in MiB after them."""
    cpu = _cpu(pid, MEASURE_SECONDS)
    info = psutil.Process(pid).memory_info()
    return cpu, (info.rss - info.shared) / 2**20
