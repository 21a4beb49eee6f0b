"""The shared-memory contract under fire, at length; tests/integration/shm runs the same in small.

``python -m bench.shm --reads 10000000 --kills 200`` gives the figures of docs/shm-layout.md's promises; ``make bench``
measures a shorter run.
"""

import argparse
import os
import random
import secrets
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.figure import Figure, table

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "integration" / "shm"))

import shm_fire  # noqa: E402
import shm_rdk  # noqa: E402

from petcam import shm  # noqa: E402
from petcam.shm import rdk_x5  # noqa: E402
from petcam.shm.stream import StreamReader, StreamWriter  # noqa: E402

LARGEST = 1 << 20  # bytes of the largest access unit: the ring is full of data before it is full of records
IDLE_SECONDS = 10.0


def figures(reads: int = 200_000, kills: int = 20) -> list[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        program = shm_fire.compile_c(ROOT / "tests" / "shm_writer.c", Path(directory) / "shm_writer")
        found: list[Figure] = []
        for kind in ("stream", "detections"):
            found += _tearing(program, kind, reads // 2)
            found += _kills(program, kind, kills // 2)
        return found + _speed() + _latency(program) + _stopped_reader(program) + _idle(program)


@contextmanager
def _name() -> Iterator[str]:
    name = f"/petcam_bench_{os.getpid()}_{secrets.token_hex(4)}"
    try:
        yield name
    finally:
        with suppress(FileNotFoundError):
            Path("/dev/shm" + name).unlink()


def _tearing(program: Path, kind: str, reads: int) -> list[Figure]:
    """Two readers at once against a writer at full speed, one of them at the oldest record; and one without checks."""
    with _name() as name, shm_fire.CWriter(program, kind, name, largest=LARGEST):
        checked = shm_fire.read_in_processes([kind, f"{kind}-edge"], name, reads // 2, LARGEST)
        unchecked = shm_fire.read_many(f"{kind}-unchecked", name, min(reads, 20_000), LARGEST)
    done, skipped = sum(f["reads"] for f in checked), sum(f["skipped"] for f in checked)
    return [
        Figure(
            f"torn {kind} records in {done} reads by 2 readers ({skipped} skipped)",
            sum(f["torn"] for f in checked),
            "",
            0,
        ),
        Figure(f"the same without checks, in {unchecked['reads']} reads", unchecked["torn"], ""),
    ]


def _kills(program: Path, kind: str, kills: int) -> list[Figure]:
    with _name() as name:
        found = shm_fire.survive_kills(program, kind, name, kills, random.Random(4), LARGEST)
    return [
        Figure(f"torn {kind} records around {kills} SIGKILLs of the writer", found["torn"], "", 0),
        Figure(
            f"new {kind} segment to its first record, with what was left to read of the old one, longest",
            max(found["waits"]),
            "s",
            1.0,
        ),
    ]


def _speed() -> list[Figure]:
    """One access unit of 8 KiB at a time, in one process."""
    count, data = 5000, b"\0\0\0\1\x65" + bytes(8187)
    publishing = reading = 0.0
    with _name() as name, StreamWriter(name) as writer, StreamReader(name) as reader:
        for n in range(count):
            start = time.perf_counter()
            writer.publish(data, capture_ns=n + 1, keyframe=n == 0, width=1280, height=720)
            middle = time.perf_counter()
            reader.read(0)
            publishing, reading = publishing + middle - start, reading + time.perf_counter() - middle
    return [
        Figure("Python publishes 8 KiB", publishing / count * 1e6, "µs"),
        Figure("Python reads 8 KiB", reading / count * 1e6, "µs"),
    ]


def _latency(program: Path) -> list[Figure]:
    waits = []
    with _name() as name, shm_fire.CWriter(program, "stream", name, hz=100, largest=8192), StreamReader(name) as reader:
        for _ in range(1000):
            unit = reader.read(5.0)
            waits.append((time.monotonic_ns() - unit.publish_ns) / 1e6)
    return [
        Figure("publish to Python reader awake, median", statistics.median(waits), "ms", 0.5),
        Figure("publish to Python reader awake, p99", statistics.quantiles(waits, n=100)[-1], "ms"),
    ]


def _stopped_reader(program: Path) -> list[Figure]:
    """Records a second of a writer at full speed: alone, and with a SIGSTOPped reader attached."""
    found = []
    for stopped in (False, True):
        with _name() as name:
            writer = shm_fire.CWriter(program, "stream", name, largest=512)
            reader = shm_fire.start_reader("stream", name, 10**9, 512) if stopped else None
            if reader is not None:
                reader.stdout.readline()
                reader.send_signal(signal.SIGSTOP)
            time.sleep(3)
            records, seconds = writer.stop()
            if reader is not None:
                reader.kill()
                reader.communicate()
        what = "with a SIGSTOPped reader" if stopped else "without readers"
        found.append(Figure(f"C writer at full speed {what}", records / seconds, "records/s"))
    return found


def _idle(program: Path) -> list[Figure]:
    """What waiting costs while a writer lives and has no news, and what polling costs in the older layouts."""
    found = []
    for kind, aim in (("stream", 0.1), ("detections", 0.1)):
        with (
            _name() as name,
            shm_fire.CWriter(program, kind, name, records=1),
            shm_fire.READERS[kind][0](name) as reader,
        ):
            reader.read(5.0)
            found.append(Figure(f"Python {kind} reader with no news", _cost(reader), "% of a core", aim))
    with _name() as name, shm_rdk.Ring(name), shm.stream_reader("rdk-x5", name) as reader:
        found.append(Figure("rdk-x5 stream reader with no news", _cost(reader), "% of a core", 1.0))
    with _name() as name, shm_rdk.Detector(name, rdk_x5.DETECTIONS_1), shm.detection_reader("rdk-x5", name) as reader:
        found.append(Figure("rdk-x5 detections reader with no news", _cost(reader), "% of a core", 1.0))
    with _name() as name, StreamReader(name) as reader:
        found.append(Figure("Python reader without a segment", _cost(reader), "% of a core", 0.1))
    return found


def _cost(reader: StreamReader) -> float:
    """Percent of a core that this thread takes while the reader waits."""
    before = time.thread_time()
    reader.read(IDLE_SECONDS)
    return (time.thread_time() - before) / IDLE_SECONDS * 100


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.shm", description=__doc__)
    parser.add_argument("--reads", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=20)
    args = parser.parse_args()
    print(table(figures(args.reads, args.kills)))


if __name__ == "__main__":
    main()
