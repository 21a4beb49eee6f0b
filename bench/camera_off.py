"""How soon after the owner has turned the camera off the last of it leaves by each way, and its camera is closed."""

import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.camera import ROOT, Camera, running
from bench.figure import Figure

ROUNDS = 15
SETTLE_SECONDS = 2.0  # with all ways open
PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.005
STREAMS = {
    "MJPEG": "/stream.mjpg?fps=30",
    "detections": "/api/detections/stream",
    "looking back": "/api/past.mp4?from=1",
}
AIM_MS = 1000.0


def figures() -> list[Figure]:
    print(f"turning the camera off {ROUNDS} times", file=sys.stderr, flush=True)
    ways: dict[str, list[float]] = {}
    with running(microphone="source") as camera:
        for _ in range(ROUNDS):
            for way, milliseconds in _round(camera).items():
                ways.setdefault(way, []).append(milliseconds)
    return [
        figure
        for way, found in ways.items()
        for figure in (
            Figure(f"off → the last of {way}, median", statistics.median(found), "ms"),
            Figure(f"off → the last of {way}, longest", max(found), "ms", AIM_MS),
        )
    ]


def _round(camera: Camera) -> dict[str, float]:
    """Milliseconds from the owner's request."""
    streams = {name: _Stream(camera, path) for name, path in STREAMS.items()}
    watching = subprocess.Popen(
        [str(ROOT / "build/viewers"), "-url", camera.offer_url, "-for", "60s"], stdout=subprocess.DEVNULL
    )
    _ask(camera.web_port, "POST", "/api/recording/start", {})
    time.sleep(SETTLE_SECONDS)
    if (health := _ask(camera.streamer_port, "GET", "/health"))["webrtc_clients"] != 1 or not health["recording"]:
        raise RuntimeError("nobody watches, or nothing is recorded")
    begin = time.monotonic()
    _ask(camera.web_port, "PUT", "/api/camera", {"on": False})
    found = _await(
        {
            "WebRTC": lambda: _ask(camera.streamer_port, "GET", "/health")["webrtc_clients"] == 0,
            "a recording, which is finished": lambda: not list(Path(camera.directory).rglob("*.part")),
            "the camera": lambda: not os.path.exists(f"/dev/shm{camera.stream}"),
            "the microphone": lambda: not os.path.exists(f"/dev/shm{camera.audio}"),
        }
    )
    found |= {name: stream.end() for name, stream in streams.items()}
    watching.wait(PATIENCE_SECONDS)
    _ask(camera.web_port, "PUT", "/api/camera", {"on": True})
    _await({"live": lambda: _ask(camera.streamer_port, "GET", "/health")["camera"]["state"] == "live"})
    return {way: 1000 * (at - begin) for way, at in found.items()}


class _Stream:
    """An answer that stays open, read in a thread."""

    def __init__(self, camera: Camera, path: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", camera.web_port, timeout=PATIENCE_SECONDS)
        self._connection.request("GET", path)
        self._answer = self._connection.getresponse()
        if self._answer.status != 200:
            raise RuntimeError(f"{path}: {self._answer.status}")
        self._last = time.monotonic()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while self._answer.read1(1 << 20):
            self._last = time.monotonic()

    def end(self) -> float:
        """When its last byte came."""
        self._thread.join(PATIENCE_SECONDS)
        self._connection.close()
        return self._last


def _await(ends: dict[str, Callable[[], bool]]) -> dict[str, float]:
    """When each of them came true."""
    found: dict[str, float] = {}
    until = time.monotonic() + PATIENCE_SECONDS
    while len(found) < len(ends):
        for name, is_over in ends.items():
            if name not in found and is_over():
                found[name] = time.monotonic()
        if time.monotonic() > until:
            raise RuntimeError(f"only these end: {list(found)}")
        time.sleep(POLL_SECONDS)
    return found


def _ask(port: int, method: str, path: str, body: object = None) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    headers = {"Content-Type": "application/json"}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {said}")
    return dict(said)
