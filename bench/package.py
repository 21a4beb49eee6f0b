"""The installed package in booted Debian containers: size, time until ready, memory. Needs root and ``make deb``.

``make bench ARGS=package`` measures it; a plain ``make bench`` does not.
"""

import re
import statistics
import time
from pathlib import Path

from bench.figure import Figure
from tests.package.appliance import EVENTS, FEED, STREAMER, STREAMER_URL, WEB, apt, edit_config, is_active, start_feed
from tests.package.machine import Machine, booted, debian_root, eventually
from tests.package.package import Release

TOP = Path(__file__).parent.parent

SUITES = ("bookworm", "trixie")
START_COUNT = 5
VIEWER_COUNT = 8
SETTLE_SECONDS = 5.0  # until memory no longer changes
READY_AIMS_SECONDS = {STREAMER: 0.5, WEB: 3.0, EVENTS: 3.0}
MEMORY_AIMS_MIB = {STREAMER: 20, WEB: 60, EVENTS: 45}


def figures() -> list[Figure]:
    sizes = [
        Figure(f"{package.name} for {arch}", package.path.stat().st_size / 1e6, "MB", 8)
        for arch in ("amd64", "arm64")
        for package in Release.built(arch).packages
    ]
    return sizes + [figure for suite in SUITES for figure in _on(suite)]


def _on(suite: str) -> list[Figure]:
    with booted(debian_root(suite, "amd64")) as machine:
        apt(machine, Release.built("amd64"))
        edit_config(machine, "mode: password", "mode: none")
        eventually(lambda: is_active(machine, STREAMER, WEB, EVENTS))
        ready = [
            Figure(f"{unit} ready on {suite}", _ready(machine, unit), "s", aim)
            for unit, aim in READY_AIMS_SECONDS.items()
        ]
        time.sleep(SETTLE_SECONDS)
        idle = [_memory(machine, unit, f"idle on {suite}", aim) for unit, aim in MEMORY_AIMS_MIB.items()]
        return ready + idle + _busy(machine, suite)


def _busy(machine: Machine, suite: str) -> list[Figure]:
    start_feed(machine)
    viewers = (
        str(TOP / "build/viewers"),
        "-url",
        f"{STREAMER_URL}/api/webrtc/offer",
        "-n",
        str(VIEWER_COUNT),
        "-for",
        "60s",
    )
    with machine.background_in_network(*viewers):
        eventually(lambda: machine.property(STREAMER, "StatusText") == f"{VIEWER_COUNT} viewers")
        time.sleep(SETTLE_SECONDS)
        found = [
            _memory(machine, STREAMER, f"with {VIEWER_COUNT} viewers on {suite}"),
            _memory(machine, FEED, f"on {suite}"),
        ]
        tasks = [Figure(f"tasks of {unit} on {suite}", _tasks(machine, unit), "") for unit in (STREAMER, WEB, EVENTS)]
        return found + tasks


def _ready(machine: Machine, unit: str) -> float:
    """Median seconds from exec to READY."""
    seconds = []
    for _ in range(START_COUNT):
        machine.run("systemctl", "restart", unit)
        began, ended = (
            int(machine.property(unit, f"{name}TimestampMonotonic")) for name in ("ExecMainStart", "ActiveEnter")
        )
        seconds.append((ended - began) / 1e6)
    return statistics.median(seconds)


def _memory(machine: Machine, unit: str, when: str, aim: float | None = None) -> Figure:
    kib = re.search(r"^VmRSS:\s+(\d+)", _status(machine, unit), re.MULTILINE)
    assert kib
    return Figure(f"resident memory of {unit} {when}", int(kib[1]) / 1024, "MiB", aim)


def _tasks(machine: Machine, unit: str) -> int:
    threads = re.search(r"^Threads:\s+(\d+)", _status(machine, unit), re.MULTILINE)
    assert threads
    return int(threads[1])


def _status(machine: Machine, unit: str) -> str:
    return machine.run("cat", f"/proc/{machine.property(unit, 'MainPID')}/status")
