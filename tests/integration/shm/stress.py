"""Readers under stress: the C writer's pattern, how to see that a record is torn, and readers without their checks.

The tests use this in small, ``bench/shm.py`` in large. As a program it is one reader in a process of its own, which
speaks as streamer/cmd/shmreader does: ``stress.py KIND NAME COUNT LARGEST`` prints a line "epoch EPOCH SECONDS FILES
MAPPINGS" at the first record of each epoch, "enough" after COUNT records and "torn" at the first torn one. At SIGTERM
it ends with its figures as JSON.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from petcam.errors import Code, PetcamError
from petcam.shm.audio import AudioPacket, AudioReader
from petcam.shm.detections import Box, DetectionReader, Detections
from petcam.shm.layout import AUDIO, DETECTIONS, SHAPES, STREAM
from petcam.shm.segment import open_segment
from petcam.shm.stream import AccessUnit, StreamReader

ROOT = Path(__file__).parents[3]
U64 = 2**64 - 1
FRAME = AccessUnit(1, 0, 5, 1000, 1000, True, False, 640, 480, b"")


def environment():
    """For a Python of its own that has petcam."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}


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

    def close(self):
        if self.process.poll() is None:
            self.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


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


def is_torn_packet(packet, largest):
    """Whether anything of a packet of sound does not follow from its record number, but the flag of a gap."""
    n = packet.record
    size, word = 1 + mix(n) % min(largest, 1275), mix(n).to_bytes(8, "little")
    about = (n, 1000 * n + 1, 960, -(n % 9601) / 100, -(n // 7 % 9601) / 100)
    if (packet.packet_number, packet.capture_ns, packet.samples, packet.rms_db, packet.peak_db) != about:
        return True
    return packet.data != b"\xf8" + (word * (size // 8 + 1))[1:size] or (n % 7 == 0 and not packet.discontinuity)


class AtTheEdge:
    """Starts and resumes at the oldest record, the one that is overwritten next: there tearing is most likely."""

    def _starting_record(self, segment, least):
        oldest = max(least, segment.first_record)
        return oldest if oldest < segment.next_record else None


class EdgeStreamReader(AtTheEdge, StreamReader):
    pass


class EdgeDetectionReader(AtTheEdge, DetectionReader):
    pass


class UncheckedStreamReader(EdgeStreamReader):
    """Returns unchecked what is just being overwritten. It has to return torn records, or the test would find none."""

    def _try_copy(self, segment, n):
        slot = segment.slots[(segment.first_record - 1) % STREAM.slot_count]
        start, size = int(slot["data_position"]) % STREAM.data_capacity, int(slot["data_size"])
        number, *times = (int(slot[field]) for field in ("frame_number", "capture_ns", "publish_ns"))
        picture = (int(slot["width"]), int(slot["height"]), bytes(segment.data[start : start + size]))
        return AccessUnit(1, number, number, *times, bool(slot["flags"] & 1), False, *picture)


class UncheckedDetectionReader(EdgeDetectionReader):
    """Returns unchecked what is just being overwritten. It has to return torn records, or the test would find none."""

    def _try_copy(self, segment, n):
        slot = segment.slots[(segment.first_record - 1) % DETECTIONS.slot_count]
        number, capture_ns, count = (int(slot[field]) for field in ("frame_number", "capture_ns", "count"))
        boxes = tuple(Box(box[0].decode("utf-8", "replace"), *box[1:]) for box in slot["boxes"][:count].tolist())
        return Detections(1, number, number, capture_ns, 0, 1280, 720, boxes)


class EdgeAudioReader(AtTheEdge, AudioReader):
    pass


class UncheckedAudioReader(EdgeAudioReader):
    """Returns unchecked what is just being overwritten. It has to return torn records, or the test would find none."""

    def _try_copy(self, segment, n):
        slot = segment.slots[(segment.first_record - 1) % AUDIO.slot_count]
        start, size = int(slot["data_position"]) % AUDIO.data_capacity, int(slot["data_size"])
        number, *times = (int(slot[field]) for field in ("packet_number", "capture_ns", "publish_ns"))
        samples, rms, peak = (int(slot[field]) for field in ("samples", "rms", "peak"))
        data = bytes(segment.data[start : start + size])
        return AudioPacket(1, number, number, *times, samples, rms / 100, peak / 100, True, data)


READERS = {
    "stream": (StreamReader, is_torn_unit),
    "detections": (DetectionReader, is_torn_result),
    "stream-edge": (EdgeStreamReader, is_torn_unit),
    "detections-edge": (EdgeDetectionReader, is_torn_result),
    "audio": (AudioReader, is_torn_packet),
    "audio-edge": (EdgeAudioReader, is_torn_packet),
    "audio-unchecked": (UncheckedAudioReader, is_torn_packet),
    "stream-unchecked": (UncheckedStreamReader, is_torn_unit),
    "detections-unchecked": (UncheckedDetectionReader, is_torn_result),
}


def read_many(kind, name, count, largest):
    """Read ``count`` records; return how many came, were torn and were skipped."""
    make, is_torn = READERS[kind]
    torn = reads = 0
    with make(name) as reader:
        while reads < count:
            record = reader.read(10.0)
            if record is None:
                break
            reads += 1
            torn += is_torn(record, largest)
        return {"reads": reads, "torn": torn, "skipped": reader.skipped}


def reads_until_torn(kind, name, largest):
    """Read until a record is torn; return how many it took. With a reader that checks it never returns."""
    make, is_torn = READERS[kind]
    with make(name) as reader:
        return 1 + sum(1 for _ in iter(lambda: is_torn(reader.read(10.0), largest), True))


class Epoch(NamedTuple):
    """What a reader's process tells at the first record of a segment."""

    epoch: int
    seconds: float  # since the segment was created
    files: int  # that it has open
    mappings: int  # of segments of this name


class Reader:
    """A reader in a process of its own, until :meth:`stop`; ``epochs`` grows as :meth:`await_epoch` is called."""

    def __init__(self, kind, name, count, largest, program=(sys.executable, __file__)):
        words = [*map(str, program), kind, name, str(count), str(largest)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment())
        self.epochs = []
        self._lines = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self):
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def await_line(self, begin, seconds=60):
        """The next line that begins so."""
        while not (line := self._lines.get(timeout=seconds)).startswith(begin):
            assert line, "the reader has ended"
            if line.startswith("epoch"):
                self._note(line)
        return line

    def await_epoch(self, epoch, seconds=60):
        """Returns when it has read the first record of that epoch."""
        while not self.epochs or self.epochs[-1].epoch != epoch:
            self._note(self.await_line("epoch", seconds))

    def _note(self, line):
        epoch, seconds, files, mappings = line.split()[1:]
        self.epochs.append(Epoch(int(epoch), float(seconds), int(files), int(mappings)))

    def stop(self):
        """The figures of :func:`read_many`."""
        self.process.terminate()
        return json.loads(self.await_line("{"))

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._listener.join()
        self.process.stdout.close()


@contextlib.contextmanager
def reading(readers):
    """Let readers run; kill them at the end."""
    try:
        yield readers
    finally:
        for reader in readers:
            reader.kill()


def read_at_once(readers):
    """Wait until each reader has read its count; all read on meanwhile. Return their figures."""
    with reading(readers):
        for reader in readers:
            reader.await_line("enough", 3600)
        return [reader.stop() for reader in readers]


def build_go_reader():
    """The path of streamer/cmd/shmreader as a program; ``None`` where there is no Go toolchain."""
    go = subprocess.run([ROOT / "tools/find-go"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if go.returncode:
        return None
    program = ROOT / "build/shm-reader"
    words = [go.stdout.strip(), "build", "-trimpath", "-o", program, "./cmd/shmreader"]
    subprocess.run(words, check=True, cwd=ROOT / "streamer", env={**os.environ, "CGO_ENABLED": "0"})
    return program


def survive_kills(program, kind, name, kills, random, readers, largest=1 << 18):
    """Kill the writer with SIGKILL at ``kills`` random moments and start another; ``readers`` go on through it all.

    Return the figures of all readers, and the seconds from each segment's creation to each reader's first record of it.
    """
    with reading(readers):
        for _ in range(kills):
            with contextlib.closing(CWriter(program, kind, name, largest=largest)) as writer:
                epoch = epoch_of(kind, name)
                for reader in readers:
                    reader.await_epoch(epoch)
                time.sleep(random.uniform(0, 0.02))  # a random moment, not a wait
                writer.kill()
        waits = [epoch.seconds for reader in readers for epoch in reader.epochs[1:]]  # at the first one they only start
        return [reader.stop() for reader in readers], waits


def recreate(make_writer, name, publish, rounds, readers):
    """Create the segment anew ``rounds`` times; return what each reader held open at first, and at last."""
    with reading(readers):
        for _ in range(rounds):
            with make_writer(name) as writer:
                publish(writer)
                epoch = writer._segment.header.epoch
                for reader in readers:
                    reader.await_epoch(epoch)
        return [(reader.epochs[0][2:], reader.epochs[-1][2:], len(reader.epochs)) for reader in readers]


def epoch_of(kind, name):
    with contextlib.closing(open_segment(name, {shape.kind: shape for shape in SHAPES}[kind])) as segment:
        return segment.header.epoch


def race(make_writer, name, count, rounds):
    """Let ``count`` processes create the segment at the same instant; return how many did, for each round.

    To be run in a process without threads. The winners of a round are killed before the next.
    """
    won = []
    for _ in range(rounds):
        start, answers = os.pipe(), os.pipe()
        children = [_racer(make_writer, name, start, answers) for _ in range(count)]
        os.close(start[0])
        os.close(answers[1])
        os.close(start[1])  # all that wait to read from it go on at once
        results = b""
        while len(results) < count:
            results += os.read(answers[0], count)
        os.close(answers[0])
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        won.append(results.count(b"1"))
    return won


def _racer(make_writer, name, start, answers):
    child = os.fork()
    if child:
        return child
    os.close(start[1])
    os.read(start[0], 1)
    try:
        writer = make_writer(name)
    except PetcamError as error:
        os.write(answers[1], b"0" if error.code is Code.CONFLICT else b"!")
    else:
        os.write(answers[1], b"1")
        writer.publish(FRAME, [])
    while True:
        signal.pause()


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


class Stopped(Exception):
    """SIGTERM came."""


def run_reader(kind, name, count, largest):
    """Read until SIGTERM; prints as the head of this file says."""
    make, is_torn = READERS[kind]
    reads = torn = epoch = 0
    signal.signal(signal.SIGTERM, _stop)
    with make(name) as reader:
        with contextlib.suppress(Stopped):
            while True:
                record = reader.read(10.0)
                if record is None:
                    continue
                if record.epoch != epoch:
                    epoch = record.epoch
                    tell_epoch(epoch, name)
                reads += 1
                if is_torn(record, largest):
                    torn += 1
                    if torn == 1:
                        print("torn", flush=True)
                if reads == count:
                    print("enough", flush=True)
        print(json.dumps({"reads": reads, "torn": torn, "skipped": reader.skipped}), flush=True)


def _stop(_number, _frame):
    raise Stopped


def tell_epoch(epoch, name):
    seconds = (time.monotonic_ns() - epoch) / 1e9
    mappings = Path("/proc/self/maps").read_text().count(name)
    print("epoch", epoch, seconds, len(os.listdir("/proc/self/fd")), mappings, flush=True)


if __name__ == "__main__":
    kind, name, count, largest = sys.argv[1:]
    run_reader(kind, name, int(count), int(largest))
