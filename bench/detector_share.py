"""What petcam's own detector takes of a core, compared with what it may: on an idle machine and on a loaded one.

The demo's cat is looked at by the shipped model as often as there are pictures, so that only the share holds it back.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml

from bench.cpu_time import cpu_ns
from bench.figure import Figure
from petcam.shm.detections import DetectionReader

PETCAM = [sys.executable, "-m", "petcam.cli"]
MODEL = Path(__file__).resolve().parent.parent / "build" / "model" / "pets.onnx"
SHARES = (0.1, 0.3, 0.5)
SETTLE_SECONDS, MEASURE_SECONDS = 6.0, 20.0
NICENESS = 10  # of the detector, and of the load beside it: ordinary programs go before both
BUSY = f"import os; os.nice({NICENESS})\nwhile True: pass"


def figures() -> Iterator[Figure]:
    for loaded in (False, True):
        for share in SHARES:
            with tempfile.TemporaryDirectory() as folder, _load(2 * (os.cpu_count() or 1) if loaded else 0):
                taken, looks = _measured(Path(folder), share)
            name = f"detector, {share:g} of a core allowed, machine {'loaded' if loaded else 'idle'}"
            yield Figure(f"{name}: taken, of what is allowed", 100 * taken / share, "%", 110)
            yield Figure(f"{name}: looks", looks, "/s")


def _measured(folder: Path, share: float) -> tuple[float, float]:
    """Cores taken, and results a second."""
    segment = f"/petcam_bench_{os.getpid()}_{round(1000 * share)}"
    camera = {"source": "demo", "stream": f"{segment}_s", "detections": f"{segment}_d"}
    detect = {"model": str(MODEL), "max_fps": 30, "cpu_share": share}
    file = folder / "petcam.yaml"
    file.write_text(yaml.safe_dump({"camera": camera, "detect": detect}))
    with ExitStack() as stack:
        stack.enter_context(_running([*PETCAM, "--config", str(file), "feed", "--restless"]))
        detector = stack.enter_context(_running([*PETCAM, "--config", str(file), "detect"]))
        reader = stack.enter_context(DetectionReader(camera["detections"]))
        _count(reader, SETTLE_SECONDS)
        before, begin = cpu_ns(detector), time.monotonic_ns()
        results = _count(reader, MEASURE_SECONDS)
        took = time.monotonic_ns() - begin
        return (cpu_ns(detector) - before) / took, results / (took / 1e9)


def _count(reader: DetectionReader, seconds: float) -> int:
    """Results that come in so long."""
    end, count = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0:
        count += reader.read(left) is not None
    return count


@contextmanager
def _running(command: list[str]) -> Iterator[int]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def _load(count: int) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(_running([sys.executable, "-c", BUSY]))
        yield
