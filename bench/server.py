"""Runs media servers for measurement with the time-stamped source: petcam's streamer, and others on the PATH."""

import json
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from bench import source
from bench.ports import free_ports

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"


@dataclass
class Plan:
    """How a server is run: its command, the viewers' options for its offer URL, the source's options, and the address
    of the page that it has for people."""

    command: list[str]
    offers: list[str]
    source: list[str]
    page: str = ""


def petcam(directory: Path) -> Plan:
    (port,) = free_ports(1)
    segment = f"/petcam_bench_{port}"
    settings = {
        "streamer": {"host": "127.0.0.1", "port": port},
        "camera": {"stream": segment, "detections": f"{segment}_detections"},
        "webrtc": {"udp_port": port, "max_viewers": 64},
        "recording": {"directory": str(directory)},
        "auth": {"mode": "none"},
    }
    command = [str(ROOT / "build/petcam-streamer"), "--config", _write(directory, settings)]
    return Plan(command, ["-url", f"http://127.0.0.1:{port}/api/webrtc/offer"], ["--segment", segment])


def go2rtc(directory: Path, host: str = LOOPBACK) -> Plan:
    http, rtsp, udp = free_ports(3)
    settings = {
        "app": {"modules": ["api", "ws", "rtsp", "webrtc"]},
        "api": {"listen": f"{host}:{http}"},
        "rtsp": {"listen": f"{host}:{rtsp}"},
        "webrtc": {
            "listen": f"{host}:{udp}",
            "candidates": [f"{host}:{udp}"],
            "ice_servers": [],
            "filters": {"loopback": True, "networks": ["udp4"]},
        },
        "streams": {"camera": ""},
    }
    command = ["go2rtc", "-config", _write(directory, settings)]
    url = f"http://{host}:{http}/api/webrtc?src=camera"
    return Plan(
        command,
        ["-whep", "-url", url],
        ["--rtsp", f"rtsp://{host}:{rtsp}/camera"],
        f"http://{host}:{http}/stream.html?src=camera",
    )


def mediamtx(directory: Path, host: str = LOOPBACK) -> Plan:
    http, rtsp, udp = free_ports(3)
    settings = {
        **dict.fromkeys(("rtmp", "hls", "srt", "moq"), False),
        "rtspAddress": f"{host}:{rtsp}",
        "rtspTransports": ["tcp"],
        "webrtcAddress": f"{host}:{http}",
        "webrtcLocalUDPAddress": f"{host}:{udp}",
        "webrtcIPsFromInterfaces": False,
        "webrtcAdditionalHosts": [host],
        "paths": {"camera": {}},
    }
    command = ["mediamtx", _write(directory, settings)]
    return Plan(
        command,
        ["-whep", "-url", f"http://{host}:{http}/camera/whep"],
        ["--rtsp", f"rtsp://{host}:{rtsp}/camera"],
        f"http://{host}:{http}/camera",
    )


def available_servers() -> dict[str, Callable[[Path], Plan]]:
    """The servers that can be measured here, petcam first."""
    peers = {"go2rtc": go2rtc, "mediamtx": mediamtx}
    return {"petcam": petcam, **{name: plan for name, plan in peers.items() if shutil.which(name)}}


@dataclass
class Server:
    """A running server with its source."""

    plan: Plan
    directory: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, part: str) -> None:
        """``part`` is "server" or "source"."""
        commands = {
            "server": self.plan.command,
            "source": [sys.executable, "-m", "bench.source", str(self.directory / "clip"), *self.plan.source],
        }
        with open(self.directory / f"{part}.log", "ab") as log:
            self.running[part] = subprocess.Popen(commands[part], cwd=ROOT, stdout=log, stderr=log)

    def source_began(self) -> float:
        """Wait until the source has frames; returns since when (time.monotonic())."""
        source, log = self.running["source"], self.directory / "source.log"
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            begun = [line.split() for line in log.read_text().splitlines() if line.startswith(f"begun {source.pid} ")]
            if begun:
                return int(begun[0][2]) / 1e9
            time.sleep(0.02)
        raise RuntimeError("the source did not begin in 20 s")

    def kill(self, part: str) -> None:
        process = self.running.pop(part, None)
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def cost(self, seconds: float) -> float:
        """CPU of the server over ``seconds``, in percent of one core."""
        process = psutil.Process(self.running["server"].pid)
        before, start = process.cpu_times(), time.monotonic()
        time.sleep(seconds)
        after = process.cpu_times()
        used = after.user + after.system - before.user - before.system
        return float(100 * used / (time.monotonic() - start))

    def memory(self) -> float:
        """Resident memory of the server without shared segments, in MiB."""
        info = psutil.Process(self.running["server"].pid).memory_info()
        return float((info.rss - info.shared) / 2**20)

    def watch(self, viewers: int, seconds: float) -> "subprocess.Popen[str]":
        """Start ``viewers`` WebRTC viewers; :func:`report` waits for them."""
        command = [str(ROOT / "build/viewers"), *self.plan.offers, "-n", str(viewers), "-for", f"{seconds}s"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    @contextmanager
    def follow(self) -> Iterator[Callable[[float, float], float | None]]:
        """One viewer that reconnects forever. The function that it gives takes a time (time.monotonic()) and a limit in
        seconds; it returns how long after that time the viewer had a keyframe published later, ``None`` at the limit.
        """
        command = [str(ROOT / "build/viewers"), *self.plan.offers, "-follow"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        try:
            yield lambda since, most: _keyframe_after(process, since, most)
        finally:
            process.kill()
            process.communicate()


def report(viewers: "subprocess.Popen[str]") -> dict[str, Any]:
    output, _ = viewers.communicate()
    if viewers.returncode != 0:
        raise RuntimeError(f"the viewers failed with exit status {viewers.returncode}")
    loaded: dict[str, Any] = json.loads(output)
    return loaded


@contextmanager
def serving(make: Callable[[Path], Plan]) -> Iterator[Server]:
    """Start a server and the source, wait until a viewer has a picture, and kill them at the end."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        directory = Path(name)
        source.make_clip(directory / "clip")
        server = Server(make(directory), directory)
        for part in ("server", "source"):
            server.start(part)
            stack.callback(server.kill, part)
        begin = time.monotonic()
        with server.follow() as keyframe_after:
            if keyframe_after(begin, 20) is None:
                raise RuntimeError(f"no picture from {server.plan.command[0]} in 20 s")
        yield server
    for segment in server.plan.source[1:]:
        Path("/dev/shm" + segment).unlink(missing_ok=True)


def _keyframe_after(process: "subprocess.Popen[bytes]", since: float, most: float) -> float | None:
    assert process.stdout is not None
    wall = time.time() - time.monotonic()
    while (left := since + most - time.monotonic()) > 0 and select.select([process.stdout], [], [], left)[0]:
        stamp, arrival = (int(word) / 1e9 - wall for word in process.stdout.readline().split())
        if stamp > since:
            return arrival - since
    return None


def _write(directory: Path, settings: dict[str, Any]) -> str:
    path = directory / "settings.yaml"
    path.write_text(yaml.safe_dump(settings))
    return str(path)
