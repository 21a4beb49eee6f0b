"""A time-stamped source: a short clip in a loop; each access unit contains the time of its publication.

It costs almost no CPU, and a viewer can tell the latency of each frame through any server. It publishes into the shared
memory (``--segment``) or to an RTSP server (``--rtsp``).
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

from bench.rtsp import Publisher
from petcam.feed.demo import HEIGHT, WIDTH, Scene
from petcam.feed.transcoding import Encoder
from petcam.shm.stream import StreamWriter

FPS = 30
CLIP_SECONDS = 4
TIME_MARK = b"petcam-bench-utc"  # by which streamer/cmd/viewers finds the time
RETRY_SECONDS = 0.1  # until an RTSP server is tried again

Sink = Callable[[bytes, bool, int], object]  # access unit, keyframe, time (CLOCK_MONOTONIC, ns)


def make_clip(path: Path) -> None:
    """Write the access units for :func:`play`."""
    path.write_text(json.dumps([[data.hex(), keyframe] for data, keyframe in _units()]))


def make_film(path: Path) -> None:
    """Write the same as an H.264 file that ``petcam feed`` plays."""
    path.write_bytes(b"".join(data for data, _ in _units()))


def _units() -> list[tuple[bytes, bool]]:
    """Draw and encode the demo's room: 1280×720, 30 frames/s, 2 Mb/s, a keyframe each second."""
    scene, encoder = Scene(restless=True), Encoder(WIDTH, HEIGHT, Fraction(FPS), "the benchmark", matrix="bt709")
    return [encoder.encode_i420(scene.draw(number, "00:00:00")) for number in range(FPS * CLIP_SECONDS)]


def play(path: Path, sink: Sink) -> None:
    """Call ``sink`` with the clip's access units, each with its time, thirty a second, until it raises."""
    units = [(bytes.fromhex(data), keyframe) for data, keyframe in json.loads(path.read_text())]
    for number in _paced():
        data, keyframe = units[number % len(units)]
        now = time.monotonic_ns()
        sink(_stamped(data, now), keyframe, now)


def _paced() -> Iterator[int]:
    begin, number = time.monotonic_ns(), 0
    while True:
        time.sleep(max(0, begin + number * 1_000_000_000 // FPS - time.monotonic_ns()) / 1e9)
        yield number
        number += 1


def _stamped(data: bytes, now: int) -> bytes:
    """``data`` with the time after its last slice, where no server parses it (an SEI message would be dropped by one of
    them). The time is there twice, because one copy may be split between two packets."""
    return data + (TIME_MARK + b"%016x" % now) * 2


def _into_segment(path: Path, name: str) -> None:
    with StreamWriter(name, writer_name="bench") as writer:

        def publish(data: bytes, keyframe: bool, now: int) -> None:
            writer.publish(data, capture_ns=now, keyframe=keyframe, width=WIDTH, height=HEIGHT)

        play(path, publish)


def _to_rtsp(path: Path, url: str) -> None:
    while True:
        with suppress(OSError), Publisher(url) as publisher:
            play(path, publisher.publish)
        time.sleep(RETRY_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.source", description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--segment")
    parser.add_argument("--rtsp")
    options = parser.parse_args()
    print("begun", os.getpid(), time.monotonic_ns(), flush=True)
    if options.rtsp:
        _to_rtsp(options.clip, options.rtsp)
    else:
        _into_segment(options.clip, options.segment)


if __name__ == "__main__":
    main()
