"""What 64 clients of the event stream of detections cost petcam-web, and petcam-streamer where it serves the page
alone: CPU seconds per minute, in turn, so that changes of the machine's load affect both."""

import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import yaml

from bench.camera import ROOT
from bench.detections import cost_and_report, process
from bench.detector import publishing
from bench.figure import Figure
from bench.ports import free_ports, wait_for_port

CLIENTS, RATE = 64, 30
ROUNDS = 3
MEASURE_SECONDS = 20.0  # in each round
THREADS = 8 + 2 * CLIENTS  # one network has half of the places for open streams


def figures() -> list[Figure]:
    cost: dict[str, list[float]] = {"go": [], "python": []}
    late: dict[str, list[float]] = {"go": [], "python": []}
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        streamers = dict(zip(cost, free_ports(2), strict=True))
        ports = dict(zip(cost, free_ports(2), strict=True))
        segment = f"/petcam_bench_{ports['go']}"
        running = {
            name: stack.enter_context(
                process(_command(Path(directory) / name, name, ports[name], streamers[name], segment))
            )
            for name in cost
        }
        for port in ports.values():
            wait_for_port(port)
        stack.enter_context(publishing(segment, RATE))
        for _ in range(ROUNDS):
            for name, pid in running.items():
                percent, report = cost_and_report(pid, ports[name], CLIENTS, MEASURE_SECONDS)
                if report["events"] < 0.95 * CLIENTS * RATE * MEASURE_SECONDS:
                    raise RuntimeError(f"{name}: only {report['events']} events")
                cost[name].append(0.6 * percent)
                late[name].append(report["median"])
                print(f"{name}: {cost[name][-1]:.2f} s a minute, {report}", file=sys.stderr, flush=True)
    return _figures(cost, late)


def _figures(cost: dict[str, list[float]], late: dict[str, list[float]]) -> list[Figure]:
    ratio = statistics.median(cost["go"]) / statistics.median(cost["python"])
    clients = f"{CLIENTS} clients, {RATE} results/s"
    return [
        Figure(f"CPU seconds per minute, {clients}, petcam-streamer alone", statistics.median(cost["go"]), "s"),
        Figure("the same, petcam-web", statistics.median(cost["python"]), "s"),
        Figure("petcam-streamer's to petcam-web's", ratio, "", 0.5),
        Figure("published to client, median, petcam-streamer", statistics.median(late["go"]), "ms", 5),
        Figure("published to client, median, petcam-web", statistics.median(late["python"]), "ms", 5),
    ]


def _command(directory: Path, server: str, port: int, streamer: int, segment: str) -> list[str]:
    directory.mkdir()
    config = directory / "petcam.yaml"
    settings = {
        "web": {"host": "127.0.0.1", "port": port, "threads": THREADS, "server": server},
        "streamer": {"host": "127.0.0.1", "port": streamer},
        "webrtc": {"udp_port": streamer},
        "camera": {"stream": f"{segment}_stream", "detections": segment},
        "recording": {"directory": str(directory)},
        "auth": {"mode": "none"},
    }
    config.write_text(yaml.safe_dump(settings))
    if server == "go":
        return [str(ROOT / "build/petcam-streamer"), "--config", str(config)]
    return [sys.executable, "-m", "petcam.cli", "web", "--config", str(config)]
