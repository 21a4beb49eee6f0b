"""Readers under fire: the C writer's pattern, how to see that a record is torn, and readers without their checks.

The tests use this in small, ``bench/shm.py`` in large. As a program it is one reader in a process of its own:
``shm_fire.py KIND NAME COUNT LARGEST`` prints "reading" at the first record and, after COUNT, the figures as JSON.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from petcam.shm.detections import Box, DetectionReader, Detections
from petcam.shm.layout import DETECTIONS, STREAM
from petcam.shm.segment import open_segment
from petcam.shm.stream import AccessUnit, StreamReader

ROOT = Path(__file__).parents[3]
U64 = 2**64 - 1


def compile_c(source, program):
    """Compile against include/petcam_shm.h; return the program's path."""
    words = ["gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", f"-I{ROOT / 'include'}"]
    subprocess.run([*words, "-o", str(program), str(source)], check=True)
    return program


class CWriter:
    """tests/shm_writer.c as a process; its segment exists once this object does."""

    def __init__(self, program, kind, name, **options):
        words = [str(program), kind, name, *(f"{key}={value}" for key, value in options.items())]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def kill(self):
        """SIGKILL: the segment stays as it is."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """SIGTERM: the segment goes. Return the number of records and the seconds that it wrote."""
        self.process.terminate()
        words = self.process.communicate()[0].split()
        return int(words[0]), float(words[3])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()


def mix(n):
    n = (n + 1) * 0x9E3779B97F4A7C15 & U64
    return n ^ n >> 29


def stream_size(n, largest):
    m = mix(n)
    return min(largest, 64 + m % 448 if m >> 40 & 63 else 64 + m % largest)


def is_torn_unit(unit, largest):
    """Whether anything of an access unit does not follow from its record number."""
    n = unit.record
    size, word = stream_size(n, largest), mix(n).to_bytes(8, "little")
    about = (n, 1000 * n + 1, n % 30 == 0, 16 + n % 4000, 16 + n // 7 % 4000)
    if (unit.frame_number, unit.capture_ns, unit.keyframe, unit.width, unit.height) != about or len(unit.data) != size:
        return True
    return unit.data[4:] != (word * (size // 8 + 1))[4:size] or unit.data[:4] != b"\0\0\0\1"


def is_torn_result(result, _largest):
    """Whether anything of a detection result does not follow from its record number."""
    n = result.record
    about = (f"pet-{n % 2**32:08x}", n % 256 / 256, n % 1024, n % 512, 1 + n % 128)
    boxes = tuple(Box(*about, 1 + i) for i in range(n % 33))
    return (result.frame_number, result.capture_ns, result.boxes) != (n, 1000 * n + 1, boxes)


class Edge:
    """Begins and resumes where it is most dangerous: at the oldest record, the next that is overwritten."""

    def _newest(self, segment, least):
        oldest = max(least, segment.first_record)
        return oldest if oldest < segment.next_record else None


class EdgeStreamReader(Edge, StreamReader):
    pass


class EdgeDetectionReader(Edge, DetectionReader):
    pass


class UncheckedStreamReader(EdgeStreamReader):
    """Believes what it sees, at what is being overwritten: the test of the test. It has to return torn records."""

    def _take(self, segment, n):
        slot = segment.slots[(segment.first_record - 1) % STREAM.slot_count]
        start, size = int(slot["data_position"]) % STREAM.data_capacity, int(slot["data_size"])
        number, *times = (int(slot[field]) for field in ("frame_number", "capture_ns", "publish_ns"))
        picture = (int(slot["width"]), int(slot["height"]), bytes(segment.data[start : start + size]))
        return AccessUnit(1, number, number, *times, bool(slot["flags"] & 1), False, *picture)


class UncheckedDetectionReader(EdgeDetectionReader):
    """Believes what it sees, at what is being overwritten: the test of the test. It has to return torn records."""

    def _take(self, segment, n):
        slot = segment.slots[(segment.first_record - 1) % DETECTIONS.slot_count]
        number, capture_ns, count = (int(slot[field]) for field in ("frame_number", "capture_ns", "count"))
        boxes = tuple(Box(box[0].decode("utf-8", "replace"), *box[1:]) for box in slot["boxes"][:count].tolist())
        return Detections(1, number, number, capture_ns, 0, 1280, 720, boxes)


READERS = {
    "stream": (StreamReader, is_torn_unit),
    "detections": (DetectionReader, is_torn_result),
    "stream-edge": (EdgeStreamReader, is_torn_unit),
    "detections-edge": (EdgeDetectionReader, is_torn_result),
    "stream-unchecked": (UncheckedStreamReader, is_torn_unit),
    "detections-unchecked": (UncheckedDetectionReader, is_torn_result),
}


def read_many(kind, name, count, largest, at_first=lambda: None):
    """Read ``count`` records; return how many came, were torn and were skipped."""
    make, is_torn = READERS[kind]
    torn = reads = 0
    with make(name) as reader:
        while reads < count:
            record = reader.read(10.0)
            if record is None:
                break
            if reads == 0:
                at_first()
            reads += 1
            torn += is_torn(record, largest)
        return {"reads": reads, "torn": torn, "skipped": reader.skipped}


def start_reader(kind, name, count, largest):
    """:func:`read_many` in a process of its own; prints as the head of this file says."""
    words = [sys.executable, __file__, kind, name, str(count), str(largest)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def read_in_processes(kinds, name, count, largest):
    """Let a reader of each kind read in a process of its own, all at once; return their answers."""
    processes = [start_reader(kind, name, count, largest) for kind in kinds]
    try:
        return [json.loads(process.communicate()[0].splitlines()[-1]) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def survive_kills(program, kind, name, kills, random, largest=1 << 18):
    """Kill the writer with SIGKILL at ``kills`` random moments and start another; one reader goes on through it all.

    Return how many records came, how many were torn, and the seconds from each new writer to its first record.
    """
    make, is_torn = READERS[kind]
    torn, waits = 0, []
    with make(name) as reader:
        for _ in range(kills):
            writer, started = CWriter(program, kind, name, largest=largest), time.monotonic()
            try:
                epoch = epoch_of(kind, name)
                for wanted in (1, random.randint(1, 300)):
                    torn += _read_of_epoch(reader, epoch, wanted, is_torn, largest)
                    waits.append(time.monotonic() - started)
            finally:
                writer.kill()
    return {"torn": torn, "waits": waits[::2]}


def _read_of_epoch(reader, epoch, wanted, is_torn, largest):
    """Read on until ``wanted`` records of the epoch came; return how many of all were torn."""
    torn = 0
    while wanted:
        record = reader.read(10.0)
        assert record is not None, "the reader does not find the new writer's segment"
        torn += is_torn(record, largest)
        wanted -= record.epoch == epoch
    return torn


def epoch_of(kind, name):
    with contextlib.closing(open_segment(name, STREAM if kind == "stream" else DETECTIONS)) as segment:
        return segment.header.epoch


def attach_and_die(kind, name, count, random):
    """Fork ``count`` readers that read a little and kill themselves; to be run in a process without threads."""
    children = []
    for _ in range(count):
        reads = random.randint(0, 50)
        child = os.fork()
        if child == 0:
            reader = READERS[kind][0](name)
            for _ in range(reads):
                reader.read(10.0)
            os.kill(os.getpid(), signal.SIGKILL)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


if __name__ == "__main__":
    kind, name, count, largest = sys.argv[1:]
    print(json.dumps(read_many(kind, name, int(count), int(largest), lambda: print("reading", flush=True))))
