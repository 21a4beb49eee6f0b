"""Visitors for ``make soak``: WebRTC viewers, event stream clients, MJPEG clients, and one who records."""

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

STAY_SECONDS = 14.0
TIMEOUT_SECONDS = 10  # of a server that does not answer


def visit(camera: Camera, viewers: int, counts: Counter[str]) -> None:
    """One round of visits, all at once. ``counts`` counts what they got, and visits that a restart cut short."""
    visits: list[Callable[[], None]] = [
        partial(_watch, camera, viewers, counts),
        partial(_watch_events, camera, viewers, counts),
        *[partial(_watch_mjpeg, camera, counts, width) for width in (320, 320, 480)],
        partial(_stall_mjpeg, camera),
        partial(_record, camera, counts),
    ]
    threads = [threading.Thread(target=_count_failures, args=(visitor, counts)) for visitor in visits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _count_failures(visitor: Callable[[], None], counts: Counter[str]) -> None:
    try:
        visitor()
    except (OSError, ValueError, RuntimeError):
        counts["visits cut short"] += 1


def _watch(camera: Camera, viewers: int, counts: Counter[str]) -> None:
    found = report(watch(camera, viewers, STAY_SECONDS))
    counts["WebRTC viewers"] += viewers
    counts["frames"] += found["frames"]
    counts["lost packets"] += found["lost_packets"]


def _watch_events(camera: Camera, clients: int, counts: Counter[str]) -> None:
    command = [sys.executable, "-m", "bench.listeners", str(camera.web_port), str(clients), str(STAY_SECONDS)]
    subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    counts["event-stream clients"] += clients


def _watch_mjpeg(camera: Camera, counts: Counter[str], width: int) -> None:
    end = time.monotonic() + STAY_SECONDS / 2
    with urllib.request.urlopen(f"{camera.page}stream.mjpg?width={width}&fps=5", timeout=TIMEOUT_SECONDS) as answer:
        while time.monotonic() < end and answer.read(4096):
            pass
    counts["MJPEG clients"] += 1


def _stall_mjpeg(camera: Camera) -> None:
    """An MJPEG client that reads nothing."""
    with urllib.request.urlopen(f"{camera.page}stream.mjpg?width=320&fps=5", timeout=TIMEOUT_SECONDS):
        time.sleep(STAY_SECONDS / 2)


def _record(camera: Camera, counts: Counter[str]) -> None:
    """Make a recording while requesting pages, a snapshot and the recording status."""
    _ask(camera, "api/recording/start", "POST")
    try:
        for path in itertools.chain(["", "recordings", "snapshot.jpg?width=320"], ["api/recording/status"] * 5):
            _ask(camera, path)
            time.sleep(1)
    finally:
        _ask(camera, "api/recording/stop", "POST")
    counts["recordings"] += 1
    for file in camera.directory.glob("petcam_*.mp4"):
        _ask(camera, f"api/recordings/{file.name}", "DELETE")


def _ask(camera: Camera, path: str, method: str = "GET") -> None:
    request = urllib.request.Request(camera.page + path, method=method)
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
        answer.read()
