"""The whole camera under measurement: its three services on free ports, and what they cost."""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from bench.ports import free_ports

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Camera:
    """A running camera. ``processes`` are its services by name: feed, streamer, web."""

    web_port: int
    streamer_port: int
    processes: dict[str, psutil.Process] = field(default_factory=dict)

    @property
    def page(self) -> str:
        return f"http://127.0.0.1:{self.web_port}/"

    @property
    def offer_url(self) -> str:
        return f"http://127.0.0.1:{self.streamer_port}/api/webrtc/offer"

    def cost(self, seconds: float) -> dict[str, float]:
        """CPU of each service over ``seconds``, in percent of one core."""
        before = {name: _cpu(process) for name, process in self.processes.items()}
        start = time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - start
        return {name: 100 * (_cpu(process) - before[name]) / passed for name, process in self.processes.items()}

    def memory(self) -> dict[str, float]:
        """Resident memory of each service without the shared segments it maps, in MiB."""
        full = {name: process.memory_info() for name, process in self.processes.items()}
        return {name: (info.rss - info.shared) / 2**20 for name, info in full.items()}


@contextmanager
def running() -> Iterator[Camera]:
    """Start feed (the demo source), streamer and web; wait until the camera is live; stop them."""
    web_port, streamer_port = free_ports(2)
    camera = Camera(web_port, streamer_port)
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        config = Path(directory) / "petcam.yaml"
        config.write_text(yaml.safe_dump(_settings(camera, directory)))
        log = stack.enter_context(open(Path(directory) / "log", "w"))
        petcam = [sys.executable, "-m", "petcam.cli"]
        for name, command in {
            "feed": [*petcam, "feed"],
            "streamer": [str(ROOT / "build/petcam-streamer")],
            "web": [*petcam, "web"],
        }.items():
            service = subprocess.Popen([*command, "--config", str(config)], cwd=ROOT, stdout=log, stderr=log)
            stack.callback(service.wait, 10)
            stack.callback(service.terminate)
            camera.processes[name] = psutil.Process(service.pid)
        _wait_until_live(camera)
        yield camera


def _settings(camera: Camera, directory: str) -> dict[str, Any]:
    name = f"/petcam_bench_{camera.web_port}"
    return {
        "web": {"host": "127.0.0.1", "port": camera.web_port},
        "streamer": {"host": "127.0.0.1", "port": camera.streamer_port},
        "camera": {"source": "demo", "stream": f"{name}_stream", "detections": f"{name}_detections"},
        "webrtc": {"udp_port": camera.streamer_port, "max_viewers": 64},
        "recording": {"directory": directory},
        "auth": {"mode": "none"},
    }


def watch(camera: Camera, viewers: int, seconds: float) -> "subprocess.Popen[str]":
    """Start ``viewers`` WebRTC viewers in a process of their own; its output is the report (:func:`report`)."""
    command = [str(ROOT / "build/viewers"), "-url", camera.offer_url, "-n", str(viewers), "-for", f"{seconds}s"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def report(viewers: "subprocess.Popen[str]") -> dict[str, Any]:
    output, _ = viewers.communicate()
    if viewers.returncode != 0:
        raise RuntimeError(f"the viewers failed with exit status {viewers.returncode}")
    loaded: dict[str, Any] = json.loads(output)
    return loaded


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _wait_until_live(camera: Camera) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{camera.web_port}/api/go/health", timeout=2) as answer:
                if json.load(answer)["camera"]["state"] == "live":
                    return
        except (OSError, KeyError, ValueError):
            pass
        time.sleep(0.1)
    raise RuntimeError("the camera did not come up in 20 s")
