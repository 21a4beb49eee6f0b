"""What ``petcam events`` takes of a core and of memory while a detector publishes: the real service, both layouts.

``make bench ARGS=events_cost``, some five minutes. The results are those of the simulated pets of ``pet_day``, as they
come: of two that are about all the time, which is the dearest there is, and of an empty room. Something answers for the
streamer, and says that it records. A microphone has a packet each 20 ms.
"""

import dataclasses
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
import yaml

from bench.camera import ROOT
from bench.cpu_time import cpu_ns
from bench.figure import Figure
from bench.pet_day import Day, Result, pet_day, results
from petcam.events.read import Reader, Wanted
from petcam.shm.audio import AudioWriter
from petcam.shm.detections import DetectionWriter
from petcam.shm.rdk_x5.layout import DETECTIONS_2
from tests.integration.events.keeping import keeping
from tests.integration.shm.rdk_daemons import Detector

LAYOUTS = ("petcam", "rdk-x5")
CPU_AIM = {10: 1.5, 30: 3.0}  # percent of a core by results a second
MEMORY_AIM = 45.0  # MiB
SETTLE_SECONDS, MEASURE_SECONDS = 8.0, 25.0
LATE_NS = 80_000_000  # that a result comes after its frame
WIDTH, HEIGHT = 640, 480
PACKET, PACKET_SECONDS = b"\x78" + os.urandom(79), 0.02  # of sound, as far as its first byte says


class Frame(NamedTuple):
    frame_number: int
    capture_ns: int
    width: int = WIDTH
    height: int = HEIGHT


Publish = Callable[[int, list[tuple[str, float, int, int, int, int]]], None]  # the frame's number, boxes in pixels


def figures() -> Iterator[Figure]:
    two = _busy_day()
    for layout in LAYOUTS:
        for rate, aim in CPU_AIM.items():
            for name, day in (("two pets about", two), ("nobody there", dataclasses.replace(two, pets=[]))):
                percent, mib = _measured(layout, list(results(dataclasses.replace(day, rate=float(rate)), 0.02)))
                what = f"{layout}, {rate} results/s, {name}"
                yield Figure(f"CPU of a core, {what}", percent, "%", aim)
                yield Figure(f"resident, {what}", mib, "MiB", MEMORY_AIM)


def _busy_day() -> Day:
    """Two pets that walk about and meet, without an end, watched without a gap."""
    day = next(day for day in map(pet_day, range(100)) if len(day.pets) == 2)
    for pet in day.pets:
        awake = [stay for stay in pet.stays if not stay.asleep]
        begin = 0.0
        pet.stays = []
        for stay in awake:
            length = stay.end - stay.begin
            pet.stays.append(stay._replace(begin=begin, end=begin + length))
            begin += length
        pet.begins = [stay.begin for stay in pet.stays]
    return dataclasses.replace(day, gaps=[], dark=[])


def _measured(layout: str, day: list[Result]) -> tuple[float, float]:
    """Percent of a core, and MiB."""
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder, ExitStack() as stack:
        segment = f"/petcam_bench_{os.getpid()}_d"
        publish = stack.enter_context(_publishing(layout, segment))
        url = stack.enter_context(keeping())
        stack.enter_context(_microphone(segment + "_a"))
        service = stack.enter_context(_running(Path(folder), layout, segment, url))
        coming = iter(day)
        begin = time.monotonic()
        _publish(coming, begin, begin + SETTLE_SECONDS, publish)
        before, at = cpu_ns(service), time.monotonic_ns()
        _publish(coming, begin, begin + SETTLE_SECONDS + MEASURE_SECONDS, publish)
        percent = 100 * (cpu_ns(service) - before) / (time.monotonic_ns() - at)
        mib = psutil.Process(service).memory_info().rss / 2**20
        there = Reader(Path(folder)).page(Wanted(kind="visit")).events
        assert bool(there) == any(boxes for _, boxes in day), "it has not noticed what there was"
        return percent, mib


def _publish(coming: Iterator[Result], begin: float, until: float, publish: Publish) -> None:
    for number, result in enumerate(coming):
        time.sleep(max(0.0, begin + result.time - time.monotonic()))
        publish(
            number,
            [
                (b.class_name, b.score, int(b.x * WIDTH), int(b.y * HEIGHT), int(b.w * WIDTH), int(b.h * HEIGHT))
                for b in result.boxes
            ],
        )
        if time.monotonic() >= until:
            return


@contextmanager
def _publishing(layout: str, segment: str) -> Iterator[Publish]:
    if layout == "petcam":
        with DetectionWriter(segment, writer_name="bench") as writer:
            yield lambda number, boxes: _drop(writer.publish(Frame(number, time.monotonic_ns() - LATE_NS), boxes))
    else:
        with Detector(segment, DETECTIONS_2) as detector:
            yield lambda number, boxes: detector.write(
                number, *((name.encode(), *rest) for name, *rest in boxes), timestamp=time.monotonic() - LATE_NS / 1e9
            )


@contextmanager
def _microphone(segment: str) -> Iterator[None]:
    """In a room in which it is loud now and then."""
    ended = threading.Event()

    def run() -> None:
        number, begin = 0, time.monotonic()
        with AudioWriter(segment, writer_name="bench") as writer:
            while not ended.wait(max(0.0, begin + PACKET_SECONDS * number - time.monotonic())):
                level = -20.0 if number % 1500 > 1400 else -58.0
                writer.publish(PACKET, capture_ns=time.monotonic_ns(), rms_db=level, peak_db=level)
                number += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _drop(record: int) -> None:
    pass


@contextmanager
def _running(folder: Path, layout: str, segment: str, url: str) -> Iterator[int]:
    file = folder / "petcam.yaml"
    camera = {"layout": layout, "detections": segment, "audio": f"{segment}_a", "microphone": "default"}
    file.write_text(yaml.safe_dump({"camera": camera}))
    command = [sys.executable, "-m", "petcam.cli", "--config", str(file), "events"]
    limits = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "262144"}  # as in the unit
    environment = {**os.environ, **limits, "STATE_DIRECTORY": str(folder), "GO_SERVER_URL": url}
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)
