"""Visitors who come and go: WebRTC viewers, pages with their event stream, MJPEG clients, and one who records."""

import itertools
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from functools import partial

from bench.camera import ROOT, Camera, report, watch

STAY = 14.0  # seconds
PATIENCE = 10  # seconds with a server that does not answer


def visit(camera: Camera, viewers: int, seen: Counter[str]) -> None:
    """One round of them, all at once; ``seen`` counts what they got, and visits that a restart has cut short."""
    guests: list[Callable[[], None]] = [
        partial(_watch, camera, viewers, seen),
        partial(_listen, camera, viewers, seen),
        *[partial(_look, camera, seen, width) for width in (320, 320, 480)],
        partial(_stall, camera),
        partial(_record, camera, seen),
    ]
    threads = [threading.Thread(target=_guarded, args=(guest, seen)) for guest in guests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _guarded(guest: Callable[[], None], seen: Counter[str]) -> None:
    try:
        guest()
    except (OSError, ValueError, RuntimeError):
        seen["visits cut short"] += 1


def _watch(camera: Camera, viewers: int, seen: Counter[str]) -> None:
    found = report(watch(camera, viewers, STAY))
    seen["WebRTC viewers"] += viewers
    seen["frames"] += found["frames"]
    seen["lost packets"] += found["lost_packets"]


def _listen(camera: Camera, clients: int, seen: Counter[str]) -> None:
    command = [sys.executable, "-m", "bench.listeners", str(camera.web_port), str(clients), str(STAY)]
    subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen["event-stream clients"] += clients


def _look(camera: Camera, seen: Counter[str], width: int) -> None:
    end = time.monotonic() + STAY / 2
    with urllib.request.urlopen(f"{camera.page}stream.mjpg?width={width}&fps=5", timeout=PATIENCE) as answer:
        while time.monotonic() < end and answer.read(4096):
            pass
    seen["MJPEG clients"] += 1


def _stall(camera: Camera) -> None:
    """An MJPEG client that takes nothing."""
    with urllib.request.urlopen(f"{camera.page}stream.mjpg?width=320&fps=5", timeout=PATIENCE):
        time.sleep(STAY / 2)


def _record(camera: Camera, seen: Counter[str]) -> None:
    """Looks at the page again and again, and records for a while."""
    _ask(camera, "api/recording/start", "POST")
    try:
        for path in itertools.chain(["", "recordings"], ["api/recording/status"] * 5):
            _ask(camera, path)
            time.sleep(1)
    finally:
        _ask(camera, "api/recording/stop", "POST")
    seen["recordings"] += 1
    for file in camera.directory.glob("petcam_*.mp4"):
        _ask(camera, f"api/recordings/{file.name}", "DELETE")


def _ask(camera: Camera, path: str, method: str = "GET") -> None:
    request = urllib.request.Request(camera.page + path, method=method)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        answer.read()
