"""The shared-memory contract under stress for a long time; tests/integration/shm runs the same for a short time.

``make stress`` gives the figures of docs/shm-layout.md's promises; ``make bench`` measures a shorter run.
"""

import argparse
import os
import random
import re
import secrets
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bench.figure import Figure, head, line
from petcam import segments
from petcam.shm.audio import AudioWriter
from petcam.shm.detections import DetectionWriter
from petcam.shm.rdk_x5.layout import DETECTIONS_1
from petcam.shm.stream import StreamReader, StreamWriter
from tests.integration.shm import rdk_daemons, stress

ROOT = Path(__file__).parent.parent

MAX_UNIT_BYTES = 1 << 20  # so large that the ring is full of data before it is full of records
IDLE_SECONDS = 10.0
GO_METRIC_AIMS = {"median-ms": 0.2, "%core": 0.1}  # and their aims


def figures(reads: int = 200_000, kills: int = 20, recreations: int = 50) -> Iterator[Figure]:
    """Gives each figure as soon as it is measured."""
    with tempfile.TemporaryDirectory() as directory:
        program = stress.compile_c(ROOT / "tests" / "shm_writer.c", Path(directory) / "shm_writer")
        go = stress.build_go_reader()
        for kind in ("stream", "detections", "audio"):
            yield from _tearing(program, go, kind, reads if kind == "stream" else reads // 10)
            yield from _kills(program, go, kind, kills)
            yield from _recreations(go, kind, recreations)
        yield from _speed()
        yield from _latency(program)
        yield from _stopped_reader(program)
        yield from _idle(program)
        yield from _go()


@contextmanager
def _name() -> Iterator[str]:
    name = f"/petcam_bench_{os.getpid()}_{secrets.token_hex(4)}"
    try:
        yield name
    finally:
        with suppress(FileNotFoundError):
            Path("/dev/shm" + name).unlink()


def _readers(go: Path | None, kind: str, name: str, counts: tuple[int, int], edge: bool) -> list[stress.Reader]:
    """Two in Python and, where there is a toolchain, two in Go of the stream and one of another kind."""
    kinds = (kind, f"{kind}-edge" if edge else kind)
    found = [stress.Reader(k, name, counts[0], MAX_UNIT_BYTES) for k in kinds]
    if go is not None:  # its readers of other kinds begin at the oldest record anyway
        in_go = kinds if kind == "stream" else (kind,)
        found += [stress.Reader(k, name, counts[1], MAX_UNIT_BYTES, [go]) for k in in_go]
    return found


def _tearing(program: Path, go: Path | None, kind: str, reads: int) -> list[Figure]:
    """Several readers at once with a writer at full speed, half of them at the oldest record; and one that does not
    check what it reads."""
    counts = (reads // 40, reads // 2 - reads // 40) if go is not None else (reads // 2, 0)
    with _name() as name, stress.CWriter(program, kind, name, largest=MAX_UNIT_BYTES):
        checked = stress.read_at_once(_readers(go, kind, name, counts, edge=True))
        unchecked = stress.read_many(f"{kind}-unchecked", name, min(reads, 20_000), MAX_UNIT_BYTES)
    done, skipped, each = (sum(f[k] for f in checked) for k in ("reads", "skipped", "torn"))
    shares = " + ".join(str(f["reads"]) for f in checked)
    return [
        Figure(
            f"torn {kind} records in {done} reads by {len(checked)} at once ({shares}; {skipped} skipped)", each, "", 0
        ),
        Figure(f"the same without checks, in {unchecked['reads']} reads", unchecked["torn"], ""),
    ]


def _kills(program: Path, go: Path | None, kind: str, kills: int) -> list[Figure]:
    with _name() as name:
        readers = _readers(go, kind, name, (0, 0), edge=False)
        found, waits = stress.survive_kills(program, kind, name, kills, random.Random(4), readers, MAX_UNIT_BYTES)
    who = f"by {len(readers)} at once"
    return [
        Figure(
            f"torn {kind} records around {kills} SIGKILLs of the writer {who}", sum(f["torn"] for f in found), "", 0
        ),
        Figure(f"new {kind} segment to its first record, median", statistics.median(waits), "s"),
        Figure(f"new {kind} segment to its first record, longest of {len(waits)}", max(waits), "s", 1.0),
    ]


def _recreations(go: Path | None, kind: str, rounds: int) -> list[Figure]:
    """How many more descriptors and mappings readers hold after the segment was created again many times."""

    def publish(writer: Any) -> None:
        if kind == "stream":
            writer.publish(b"\0\0\1", capture_ns=1, keyframe=True, width=16, height=16)
        elif kind == "audio":
            writer.publish(b"\xf8", capture_ns=1, rms_db=-96, peak_db=-96)
        else:
            writer.publish(stress.FRAME, [])

    make: type[Any] = {"stream": StreamWriter, "detections": DetectionWriter, "audio": AudioWriter}[kind]
    with _name() as name:
        held = stress.recreate(make, name, publish, rounds, _readers(go, kind, name, (0, 0), edge=False))
    more = [max(last[i] - first[i] for first, last, _ in held) for i in (0, 1)]
    what = f"of {len(held)} {kind} readers after {rounds} re-creations"
    return [Figure(f"more descriptors {what}", more[0], "", 0), Figure(f"more mappings {what}", more[1], "", 0)]


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
    with _name() as name, stress.CWriter(program, "stream", name, hz=100, largest=8192), StreamReader(name) as reader:
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
            writer = stress.CWriter(program, "stream", name, largest=512)
            with stress.reading([stress.Reader("stream", name, 0, 512)] if stopped else []) as readers:
                for reader in readers:
                    reader.await_line("epoch")
                    reader.process.send_signal(signal.SIGSTOP)
                time.sleep(3)
                records, seconds = writer.stop()
        what = "with a SIGSTOPped reader" if stopped else "without readers"
        found.append(Figure(f"C writer at full speed {what}", records / seconds, "records/s"))
    return found


def _idle(program: Path) -> list[Figure]:
    """What waiting costs while a writer lives but publishes nothing, and what polling costs in the older layouts."""
    found = []
    for kind, aim in (("stream", 0.1), ("detections", 0.1), ("audio", 0.1)):
        with (
            _name() as name,
            stress.CWriter(program, kind, name, records=1),
            stress.READERS[kind][0](name) as reader,
        ):
            reader.read(5.0)
            found.append(Figure(f"Python {kind} reader with no news", _cost(reader), "% of a core", aim))
    with _name() as name, rdk_daemons.Ring(name), segments.stream_reader("rdk-x5", name) as reader:
        found.append(Figure("rdk-x5 stream reader with no news", _cost(reader), "% of a core", 1.0))
    with _name() as name, rdk_daemons.Detector(name, DETECTIONS_1), segments.detection_reader("rdk-x5", name) as reader:
        found.append(Figure("rdk-x5 detections reader with no news", _cost(reader), "% of a core", 1.0))
    with _name() as name, StreamReader(name) as reader:
        found.append(Figure("Python reader without a segment", _cost(reader), "% of a core", 0.1))
    return found


def _cost(reader: StreamReader) -> float:
    """Percent of a core that this thread takes while the reader waits."""
    before = time.thread_time()
    reader.read(IDLE_SECONDS)
    return (time.thread_time() - before) / IDLE_SECONDS * 100


def _go() -> list[Figure]:
    """The figures of the Go benchmarks; empty where Go is not installed."""
    go = subprocess.run([ROOT / "tools/find-go"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if go.returncode:
        return []
    words = [go.stdout.strip(), "test", "-run", "^$", "-bench", "Awake|Idle|Read", "./internal/shm/"]
    printed = subprocess.run(words, check=True, cwd=ROOT / "streamer", capture_output=True, text=True).stdout
    return [_go_figure(*line) for line in re.findall(r"^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$", printed, re.MULTILINE)]


def _go_figure(name: str, columns: str) -> Figure:
    """The metric that the benchmark reports itself, else its time per operation."""
    values = {unit: float(value) for value, unit in re.findall(r"(\S+) (\S+)", columns)}
    for unit, aim in GO_METRIC_AIMS.items():
        if unit in values:
            return Figure(f"Go {name}", values[unit], unit, 1.0 if "RDK" in name and aim else aim)
    return Figure(f"Go {name}", values["ns/op"] / 1000, "µs")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.shm", description=__doc__)
    parser.add_argument("--reads", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--recreations", type=int, default=50)
    args = parser.parse_args()
    print(head())
    for figure in figures(args.reads, args.kills, args.recreations):
        print(line(figure), flush=True)


if __name__ == "__main__":
    main()
