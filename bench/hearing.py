"""What viewers that listen cost beside those that only watch, and how soon after their request they hear: petcam with
the time-stamped source and a microphone that has a packet each 20 ms. Both kinds of viewers take turns, so that what
else the machine does is in both."""

import contextlib
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from bench import server
from bench.cpu_time import cpu_ns
from bench.figure import Figure
from bench.server import Plan, Server, report, serving
from petcam.shm.audio import AudioWriter

VIEWERS = 10
ROUNDS = 3
SETTLE_SECONDS = 3.0  # for viewers to join and to ask
MEASURE_SECONDS = 6.0
PACKET_NS = 20_000_000
PACKET = b"\x78" + os.urandom(79)  # 20 ms of mono at 32 kb/s, as far as its first byte says


def figures() -> list[Figure]:
    print(f"measuring {VIEWERS} viewers {2 * ROUNDS} times", file=sys.stderr, flush=True)
    quiet, listening, first, memory = [], [], [], []
    with serving(_plan) as petcam, _microphone(petcam.plan):
        for _ in range(ROUNDS):
            quiet.append(_cost(petcam, sound=False)[0])
            memory.append(-petcam.memory())
            cost, heard = _cost(petcam, sound=True)
            memory[-1] += petcam.memory()
            listening.append(cost)
            first += heard
    ratios = [with_sound / without for with_sound, without in zip(listening, quiet, strict=True)]
    return [
        Figure("CPU of a core per viewer that only watches", statistics.median(quiet), "%"),
        Figure("CPU of a core per viewer that listens", statistics.median(listening), "%"),
        Figure("a listener to a viewer that only watches, median of pairs", statistics.median(ratios), "", 1.2),
        Figure("a listener to a viewer that only watches, worst pair", max(ratios), "", 1.3),
        Figure("request to first sound, median", statistics.median(first), "ms", 50),
        Figure("request to first sound, longest", max(first), "ms", 150),
        Figure("memory of 10 listeners more than of 10 viewers", statistics.median(memory), "MiB", 1),
    ]


def _cost(petcam: Server, sound: bool) -> tuple[float, list[float]]:
    """A viewer's share of a core in percent, and the median and most milliseconds from a request to sound."""
    if sound:
        petcam.plan.offers.append("-sound")
    watching = petcam.watch(VIEWERS, SETTLE_SECONDS + MEASURE_SECONDS + 1)
    if sound:
        petcam.plan.offers.remove("-sound")
    time.sleep(SETTLE_SECONDS)
    pid, begin = petcam.running["server"].pid, time.monotonic_ns()
    before = cpu_ns(pid)
    time.sleep(MEASURE_SECONDS)
    used = 100 * (cpu_ns(pid) - before) / (time.monotonic_ns() - begin) / VIEWERS
    seen = report(watching)
    if (
        seen["frames"] < 20 * MEASURE_SECONDS * VIEWERS
        or (seen["sound_packets"] > 20 * MEASURE_SECONDS * VIEWERS) != sound
    ):
        raise RuntimeError(f"{VIEWERS} viewers saw {seen['frames']} frames and heard {seen['sound_packets']} packets")
    return used, [seen["request_to_sound_ms"]["median"], seen["request_to_sound_ms"]["max"]]


def _plan(directory: Path) -> Plan:
    plan = server.petcam(directory)
    path = Path(plan.command[-1])
    settings = yaml.safe_load(path.read_text())
    settings["camera"] |= {"microphone": "default", "audio": _segment(plan)}
    path.write_text(yaml.safe_dump(settings))
    return plan


def _segment(plan: Plan) -> str:
    return plan.source[1] + "_audio"


@contextlib.contextmanager
def _microphone(plan: Plan) -> Iterator[None]:
    """Writes a packet each 20 ms while it is open."""
    over = threading.Event()

    def write() -> None:
        with contextlib.closing(AudioWriter(_segment(plan))) as writer:
            moment = time.monotonic_ns()
            while not over.wait(max(0, moment - time.monotonic_ns()) / 1e9):
                writer.publish(PACKET, capture_ns=moment, rms_db=-40, peak_db=-30)
                moment += PACKET_NS

    thread = threading.Thread(target=write, name="microphone")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
