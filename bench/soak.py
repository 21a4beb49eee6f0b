"""``make soak``: do memory, descriptors, threads or goroutines grow while viewers come and go and services restart?

Visitors come in rounds and have left at the end of each round. Only samples without visitors are compared, beginning
``SETTLE_SECONDS`` after the last restart of the service. The exit status is 0 only where all is flat.
"""

import argparse
import os
import platform
import re
import sys
import threading
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench.camera import ROOT, Camera, running, wait_until_live
from bench.detector import publishing
from bench.plot import Panel, draw
from bench.source import make_film
from bench.trend import trend
from bench.visits import visit

ROUND_SECONDS = 30.0  # the visitors stay for about 20 s of them
SAMPLE_SECONDS = 5.0  # between samples
SETTLE_SECONDS = 120.0  # after a restart, in which samples are ignored
SOURCE_RESTART_SECONDS = 300.0  # between restarts of the source; each service restarts once, after a third of the time
RESULTS_PER_SECOND = 10  # of the detector
TOLERATED_GROWTH = {"memory, MiB": 1.0, "descriptors": 1.0, "threads": 1.0, "goroutines": 1.0}


@dataclass
class Record:
    """The samples and events of a run; used by one thread."""

    begin: float = field(default_factory=time.monotonic)
    times: list[float] = field(default_factory=list)  # seconds
    without_visitors: list[bool] = field(default_factory=list)  # whether the visitors were gone
    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)  # by kind and service
    restarts: list[tuple[float, str]] = field(default_factory=list)
    visitors: Counter[str] = field(default_factory=Counter)

    @property
    def now(self) -> float:
        return time.monotonic() - self.begin

    def sample(self, camera: Camera, without_visitors: bool) -> None:
        self.times.append(self.now)
        self.without_visitors.append(without_visitors)
        for key, value in _sample(camera).items():
            self.values.setdefault(key, []).append(value)

    def judge(self) -> list[str]:
        """For each kind and service a line of a table."""
        return [self._line(kind, service) for kind, service in self.values]

    def _line(self, kind: str, service: str) -> str:
        since = max([at for at, name in self.restarts if name == service], default=0.0) + SETTLE_SECONDS
        counted = [n for n, at in enumerate(self.times) if at >= since and self.without_visitors[n]]
        values = self.values[kind, service]
        if len(counted) < 4:
            return (
                f"| {service}: {kind} | {values[0]:.1f} | {values[-1]:.1f} | {max(values):.1f} | | too short to tell |"
            )
        found = trend([self.times[n] for n in counted], [values[n] for n in counted], TOLERATED_GROWTH[kind])
        ends = f"{values[counted[0]]:.1f} | {values[counted[-1]]:.1f} | {max(values):.1f}"
        growth = f"{found.growth:+.2f} ± {found.noise:.2f}"
        return f"| {service}: {kind} | {ends} | {growth} | {'**grows**' if found.grows else 'flat'} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--viewers", type=int, default=3, help="that come in each round, beside the other visitors")
    parser.add_argument("--plot", type=Path, default=ROOT / "build" / "soak.svg")
    options = parser.parse_args()
    film = ROOT / "build" / "soak.h264"
    make_film(film)
    with running(source=str(film)) as camera, publishing(camera.detections, RESULTS_PER_SECOND):
        record = _soak(camera, options.minutes * 60, options.viewers)
    lines = record.judge()
    options.plot.write_text(draw(record.times, _panels(record), record.restarts))
    found = [word for word in ("grows", "too short") if any(word in line for line in lines)]
    _print_report(record, lines, options.minutes)
    print(f"verdict: {' and '.join(found) or 'flat'}")
    sys.exit(bool(found))


def _soak(camera: Camera, seconds: float, viewers: int) -> Record:
    record = Record()
    plan = _restart_plan(seconds)
    while record.now < seconds:
        begin = record.now
        visitors = threading.Thread(target=visit, args=(camera, viewers, record.visitors))
        visitors.start()
        while (passed := record.now - begin) < ROUND_SECONDS or visitors.is_alive():
            time.sleep(min(SAMPLE_SECONDS, max(0.1, ROUND_SECONDS - passed)))
            record.sample(camera, without_visitors=not visitors.is_alive() and record.now - begin >= ROUND_SECONDS)
            if plan and plan[0][0] <= record.now:
                _restart(camera, record, plan.pop(0)[1])
    return record


def _restart(camera: Camera, record: Record, service: str) -> None:
    record.restarts.append((record.now, service))
    camera.end(service)
    camera.launch(service)
    wait_until_live(camera)


def _restart_plan(seconds: float) -> list[tuple[float, str]]:
    """Time and service of each restart: after a third of a round, when visitors are connected."""
    begin = ROUND_SECONDS / 3
    third = seconds / 3 // ROUND_SECONDS * ROUND_SECONDS + begin
    source = [
        (at * SOURCE_RESTART_SECONDS + begin, "feed")
        for at in range(1, int((seconds - SETTLE_SECONDS) / SOURCE_RESTART_SECONDS))
    ]
    return sorted([*source, (third, "streamer"), (third + ROUND_SECONDS, "web")])


def _sample(camera: Camera) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for name, megabytes in camera.memory().items():
        found["memory, MiB", name] = megabytes
    for name, process in camera.processes.items():
        found["descriptors", name] = process.num_fds()
        found["threads", name] = process.num_threads()
    with urllib.request.urlopen(f"http://127.0.0.1:{camera.streamer_port}/metrics", timeout=5) as answer:
        goroutines = re.search(rb"^go_goroutines (\d+)", answer.read(), re.MULTILINE)
    found["goroutines", "streamer"] = int(goroutines[1]) if goroutines else 0
    return found


def _panels(record: Record) -> list[Panel]:
    return [
        Panel(kind, {service: values for (k, service), values in record.values.items() if k == kind})
        for kind in TOLERATED_GROWTH
    ]


def _print_report(record: Record, lines: list[str], minutes: float) -> None:
    load = os.getloadavg()[2]
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, Linux {platform.release()}, {os.cpu_count()} cores")
    print(f"{minutes:g} minutes, {len(record.times)} samples, load of the last 15 minutes {load:.1f}")
    print(", ".join(f"{count} {what}" for what, count in record.visitors.items()))
    print("| | first | last | most | grew | |", "|---|---|---|---|---|---|", *lines, sep="\n")


if __name__ == "__main__":
    main()
