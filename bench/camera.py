"""Runs the whole camera (feed, streamer, web) on free ports and measures what its services cost."""

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from bench.ports import free_ports

ROOT = Path(__file__).resolve().parent.parent
UNIT = ROOT / "systemd" / "petcam-web.service"
PETCAM = [sys.executable, "-m", "petcam.cli"]


@dataclass
class Camera:
    """A running camera. ``processes`` are its services by name: feed, streamer, web."""

    web_port: int
    streamer_port: int
    tls_port: int
    directory: Path  # its configuration, state, recordings and log
    host: str = "127.0.0.1"
    login: bool = False
    source: str = "demo"
    feed_options: tuple[str, ...] = ()
    microphone: str = ""
    server: str = "python"  # web.server: with "go" the streamer serves the page, and there is no process "web"
    processes: dict[str, psutil.Process] = field(default_factory=dict)

    @property
    def page(self) -> str:
        return f"http://{self.host}:{self.web_port}/"

    @property
    def stream(self) -> str:
        return f"/petcam_bench_{self.web_port}_stream"

    @property
    def detections(self) -> str:
        return f"/petcam_bench_{self.web_port}_detections"

    @property
    def audio(self) -> str:
        return f"/petcam_bench_{self.web_port}_audio"

    @property
    def offer_url(self) -> str:
        return f"http://{self.host}:{self.streamer_port}/api/webrtc/offer"

    def launch(self, name: str) -> None:
        """Start the service, which must not be running."""
        command = [str(ROOT / "build/petcam-streamer")] if name == "streamer" else [*PETCAM, name]
        command += ["--restless", *self.feed_options, *self.options] if name == "feed" else self.options
        with open(self.directory / "log", "a") as log:
            self.processes[name] = psutil.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=self.environment)

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def end(self, name: str) -> None:
        if name in self.processes:
            process = self.processes.pop(name)
            process.terminate()
            process.wait(10)

    def run(self, *words: str, stdin: str = "") -> None:
        """Run ``petcam WORDS`` with ``stdin`` as its standard input."""
        subprocess.run([*PETCAM, *words, *self.options], input=stdin, text=True, env=self.environment, check=True)

    @property
    def options(self) -> list[str]:
        return ["--config", str(self.directory / "petcam.yaml")]

    @property
    def environment(self) -> dict[str, str]:
        """With what petcam-web's unit says of memory."""
        return {**os.environ, **allocator_settings(), "STATE_DIRECTORY": str(self.directory)}

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
def running(
    host: str = "127.0.0.1",
    login: bool = False,
    source: str = "demo",
    feed_options: tuple[str, ...] = (),
    microphone: str = "",
    writer: Callable[[Camera], AbstractContextManager[object]] | None = None,
    server: str = "python",
) -> Iterator[Camera]:
    """Start feed, streamer and web, wait until the camera is live, and stop them at the end. With ``login`` there is
    also HTTPS, and no password is set yet. ``writer`` writes the segments instead of feed. ``server`` is web.server."""
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        ports, place = free_ports(3), Path(directory)
        camera = Camera(*ports[:3], place, host, login, source, feed_options=feed_options, microphone=microphone)
        camera.server = server
        (camera.directory / "petcam.yaml").write_text(yaml.safe_dump(_settings(camera)))
        (camera.directory / "token.key").write_bytes(secrets.token_bytes(32))  # as the package makes it
        if writer is not None:
            stack.enter_context(writer(camera))
        names = ["streamer"] if server == "go" else ["streamer", "web"]
        for name in names if writer is not None else ["feed", *names]:
            stack.callback(camera.end, name)
            camera.launch(name)
        wait_until_live(camera)
        yield camera


def allocator_settings() -> dict[str, str]:
    """The variables that the unit sets for glibc."""
    lines = re.findall(r"^Environment=(.*)", UNIT.read_text(), re.MULTILINE)
    words = [word.partition("=") for line in lines for word in line.split()]
    return {name: value for name, _, value in words if name.startswith(("MALLOC_", "GLIBC_"))}


def _settings(camera: Camera) -> dict[str, Any]:
    listen = "127.0.0.1" if camera.host == "127.0.0.1" and not camera.login else "0.0.0.0"
    tls = "auto" if camera.login else "off"
    return {
        "web": {
            "host": listen,
            "port": camera.web_port,
            "tls": tls,
            "tls_port": camera.tls_port,
            "server": camera.server,
        },
        "streamer": {"host": listen, "port": camera.streamer_port},
        "camera": {"source": camera.source, "stream": camera.stream, "detections": camera.detections}
        | {"microphone": camera.microphone, "audio": camera.audio},
        "webrtc": {"udp_port": camera.streamer_port, "max_viewers": 64},
        "recording": {"directory": str(camera.directory)},
        "auth": {"mode": "password" if camera.login else "none"},
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


def wait_until_live(camera: Camera) -> None:
    health, deadline = f"http://127.0.0.1:{camera.streamer_port}/health", time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(health, timeout=2) as answer, urllib.request.urlopen(f"{camera.page}healthz"):
                if json.load(answer)["camera"]["state"] == "live":
                    return
        except (OSError, KeyError, ValueError):
            pass
        time.sleep(0.1)
    raise RuntimeError("the camera did not come up in 20 s")
