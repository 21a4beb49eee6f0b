"""``make soak``: viewers come and go, source and services restart; memory, descriptors, threads, goroutines stay flat?

Visitors come in rounds and are gone at each round's end: those samples are compared, from a while after the last
restart of the service on.
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

ROUND = 30.0  # seconds, of which the visitors stay for about twenty
EVERY = 5.0  # seconds between samples
SETTLE = 120.0  # seconds after a restart until what it takes counts
SOURCE_RESTARTS = 300.0  # seconds between them; the two services restart once, at a third of the time
RESULTS = 10  # of the detector, a second
TOLERATED = {"memory, MiB": 1.0, "descriptors": 1.0, "threads": 1.0, "goroutines": 1.0}


@dataclass
class Record:
    """What was seen, by one thread."""

    begin: float = field(default_factory=time.monotonic)
    times: list[float] = field(default_factory=list)  # seconds
    quiet: list[bool] = field(default_factory=list)  # whether the visitors were gone
    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)  # by kind and service
    restarts: list[tuple[float, str]] = field(default_factory=list)
    visitors: Counter[str] = field(default_factory=Counter)

    @property
    def now(self) -> float:
        return time.monotonic() - self.begin

    def sample(self, camera: Camera, quiet: bool) -> None:
        self.times.append(self.now)
        self.quiet.append(quiet)
        for key, value in _sample(camera).items():
            self.values.setdefault(key, []).append(value)

    def judge(self) -> list[str]:
        """A line of a table for each kind and service."""
        return [self._line(kind, service) for kind, service in self.values]

    def _line(self, kind: str, service: str) -> str:
        since = max([at for at, name in self.restarts if name == service], default=0.0) + SETTLE
        counted = [n for n, at in enumerate(self.times) if at >= since and self.quiet[n]]
        values = self.values[kind, service]
        if len(counted) < 4:
            return (
                f"| {service}: {kind} | {values[0]:.1f} | {values[-1]:.1f} | {max(values):.1f} | | too short to tell |"
            )
        found = trend([self.times[n] for n in counted], [values[n] for n in counted], TOLERATED[kind])
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
    with running(source=str(film)) as camera, publishing(camera.detections, RESULTS):
        record = _soak(camera, options.minutes * 60, options.viewers)
    lines = record.judge()
    options.plot.write_text(draw(record.times, _panels(record), record.restarts))
    _tell(record, lines, options.minutes)
    sys.exit(any("grows" in line for line in lines))


def _soak(camera: Camera, seconds: float, viewers: int) -> Record:
    record = Record()
    plan = _plan(seconds)
    while record.now < seconds:
        begin = record.now
        guests = threading.Thread(target=visit, args=(camera, viewers, record.visitors))
        guests.start()
        while (passed := record.now - begin) < ROUND or guests.is_alive():
            time.sleep(min(EVERY, max(0.1, ROUND - passed)))
            record.sample(camera, quiet=not guests.is_alive() and record.now - begin >= ROUND)
            if plan and plan[0][0] <= record.now:
                _restart(camera, record, plan.pop(0)[1])
    return record


def _restart(camera: Camera, record: Record, service: str) -> None:
    record.restarts.append((record.now, service))
    camera.end(service)
    camera.launch(service)
    wait_until_live(camera)


def _plan(seconds: float) -> list[tuple[float, str]]:
    """When each service restarts: a third into a round, so that visitors are there."""
    begin = ROUND / 3
    third = seconds / 3 // ROUND * ROUND + begin
    source = [(at * SOURCE_RESTARTS + begin, "feed") for at in range(1, int((seconds - SETTLE) / SOURCE_RESTARTS))]
    return sorted([*source, (third, "streamer"), (third + ROUND, "web")])


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
        for kind in TOLERATED
    ]


def _tell(record: Record, lines: list[str], minutes: float) -> None:
    load = os.getloadavg()[2]
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, Linux {platform.release()}, {os.cpu_count()} cores")
    print(f"{minutes:g} minutes, {len(record.times)} samples, load of the last 15 minutes {load:.1f}")
    print(", ".join(f"{count} {what}" for what, count in record.visitors.items()))
    print("| | first | last | most | grew | |", "|---|---|---|---|---|---|", *lines, sep="\n")
    told = [word for word in ("grows", "too short") if any(word in line for line in lines)]
    print(f"verdict: {' and '.join(told) or 'flat'}")


if __name__ == "__main__":
    main()
