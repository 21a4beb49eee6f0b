"""The event stream of detections: what a client costs, compared with a polling loop, and its latency."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml

from bench.camera import ROOT
from bench.cpu_time import cpu_ns
from bench.detector import publishing
from bench.figure import Figure
from bench.ports import free_ports, wait_for_port

CASES = ((30, 1), (30, 8), (30, 32), (10, 1))  # results a second, clients
ROUNDS = 2  # the two servers are measured in turn, so that changes of the machine's load affect both
MEASURE_SECONDS = 3.0  # in each round


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        ports = dict(zip(("petcam", "polling"), free_ports(2), strict=True))
        segment = f"/petcam_bench_{ports['petcam']}"
        processes = {
            name: stack.enter_context(process(command))
            for name, command in _commands(Path(directory), ports, segment).items()
        }
        for port in ports.values():
            wait_for_port(port)
        for rate, count in CASES:
            with publishing(segment, rate):
                yield from _with_clients(rate, count, ports, processes)


def _with_clients(rate: int, count: int, ports: dict[str, int], processes: dict[str, int]) -> Iterator[Figure]:
    cost: dict[str, list[float]] = {name: [] for name in ports}
    reports: dict[str, list[dict[str, float]]] = {name: [] for name in ports}
    for _ in range(ROUNDS):
        for name, port in ports.items():
            used, report = cost_and_report(processes[name], port, count, MEASURE_SECONDS)
            cost[name].append(used / count)
            reports[name].append(report)
    ours, polling = (statistics.median(cost[name]) for name in ("petcam", "polling"))
    late = {name: statistics.median(report["median"] for report in reports[name]) for name in ports}
    clients = f"{count} client{'s' * (count > 1)}, {rate} results/s"
    yield Figure(f"CPU of a core per event-stream client, {clients}", ours, "%", polling / 2, {"polling": polling})
    yield Figure(f"published to client, {clients}, median", late["petcam"], "ms", 5, {"polling": late["polling"]})


def cost_and_report(pid: int, port: int, count: int, seconds: float) -> tuple[float, dict[str, float]]:
    """Percent of a core while ``count`` clients are connected, and the clients' report."""
    command = [sys.executable, "-m", "bench.listeners", str(port), str(count), str(seconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as clients:
        assert clients.stdout is not None
        clients.stdout.readline()
        before, begin = cpu_ns(pid), time.monotonic_ns()
        printed = clients.stdout.readline()
        used = 100 * (cpu_ns(pid) - before) / (time.monotonic_ns() - begin)
    report: dict[str, float] = json.loads(printed)
    return used, report


def _commands(directory: Path, ports: dict[str, int], segment: str) -> dict[str, list[str]]:
    config = directory / "petcam.yaml"
    settings = {
        "web": {"host": "127.0.0.1", "port": ports["petcam"]},
        "camera": {"stream": f"{segment}_stream", "detections": segment},
        "recording": {"directory": str(directory)},
        "auth": {"mode": "none"},
    }
    config.write_text(yaml.safe_dump(settings))
    return {
        "petcam": [sys.executable, "-m", "petcam.cli", "web", "--config", str(config)],
        "polling": [sys.executable, "-m", "bench.polling", str(ports["polling"]), segment],
    }


@contextmanager
def process(command: list[str]) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)
