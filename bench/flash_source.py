"""A source whose picture flashes and whose sound beeps, at the same moment of each second: a stamped writer of both
segments, and of a detector's results that come late where that is asked for.

A flash begins with the frame of that second, a beep with its first sample; both have that capture time. It runs in a
process of its own (``python -m bench.flash_source``), so that nothing that is measured disturbs it.
"""

import argparse
import os
import threading
import time
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np

from petcam.feed.transcoding import Encoder
from petcam.shm.audio import AudioWriter
from petcam.shm.detections import DetectionWriter
from petcam.shm.stream import StreamWriter

FPS, WIDTH, HEIGHT = 30, 1280, 720
FLASH_FRAMES = 4
RATE, SAMPLES, PACKETS = 48_000, 960, 50  # of a second
PITCH, BEEP_SECONDS, BEEP_LEVEL = 1000.0, 0.06, 0.5
LOOKAHEAD = 312  # samples by which what comes out of libopus lies behind what went in
SECOND_NS = 1_000_000_000
WARM_UP_SECONDS = 2  # of what is encoded and thrown away, so that the second that is kept follows one like it

Clip = list[tuple[bytes, bool]]


def make_film() -> Clip:
    """The access units of a second."""
    encoder = Encoder(WIDTH, HEIGHT, Fraction(FPS), "the benchmark")
    film = []
    for number in range(FPS):
        picture = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        picture[:HEIGHT] = 235 if number < FLASH_FRAMES else 40
        film.append(encoder.encode_i420(picture))
    return film


def make_beeps() -> list[tuple[bytes, float]]:
    """The Opus packets of a second, each with its level."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = RATE, "mono", "s16", 32_000
    encoder.options = {"application": "audio", "frame_duration": "20"}
    at = np.arange(RATE) / RATE
    wave = np.where(at < BEEP_SECONDS, BEEP_LEVEL * np.sin(2 * np.pi * PITCH * at), 0)
    pieces = wave.reshape(PACKETS, SAMPLES)
    packets: list[tuple[bytes, float]] = []
    for number in range(PACKETS * (WARM_UP_SECONDS + 1)):
        piece = pieces[number % PACKETS]
        frame = av.AudioFrame.from_ndarray((piece * 32767).astype("<i2").reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts = RATE, number * SAMPLES
        level = 10 * np.log10(np.mean(piece**2) + 1e-9)
        packets += [(bytes(packet), float(level)) for packet in encoder.encode(frame)]
    return packets[-PACKETS:]


def play(stream: str, audio: str, detections: str, late_ms: float) -> None:
    """For ever; each in its own thread, as their writers are."""
    film, beeps = make_film(), make_beeps()
    begin = time.monotonic_ns() + SECOND_NS // 2
    parts: list[Callable[[], None]] = [lambda: _film(stream, film, begin), lambda: _beeps(audio, beeps, begin)]
    if detections:
        parts.append(lambda: _results(detections, late_ms, begin))
    for part in parts[1:]:
        threading.Thread(target=part, daemon=True).start()
    print("begun", os.getpid(), flush=True)
    parts[0]()


def _film(name: str, film: Clip, begin: int) -> None:
    with StreamWriter(name, writer_name="flash") as writer:
        number = 0
        while True:
            capture_ns = begin + number * SECOND_NS // FPS
            _sleep_until(capture_ns)
            data, keyframe = film[number % FPS]
            writer.publish(data, capture_ns=capture_ns, keyframe=keyframe, width=WIDTH, height=HEIGHT)
            number += 1


def _beeps(name: str, beeps: list[tuple[bytes, float]], begin: int) -> None:
    with AudioWriter(name, writer_name="beep") as writer:
        number = 0
        while True:
            whole_at = begin + (number + 1) * SECOND_NS // PACKETS
            _sleep_until(whole_at)
            data, level = beeps[number % PACKETS]
            capture_ns = whole_at - SECOND_NS // PACKETS - LOOKAHEAD * SECOND_NS // RATE
            writer.publish(data, capture_ns=capture_ns, rms_db=level, peak_db=min(0.0, level + 3))
            number += 1


class _Frame:
    """What a detector says that it looked at."""

    width, height = WIDTH, HEIGHT

    def __init__(self, number: int, capture_ns: int) -> None:
        self.frame_number, self.capture_ns = number, capture_ns


def _results(name: str, late_ms: float, begin: int) -> None:
    with DetectionWriter(name, writer_name="late") as writer:
        number = 0
        while True:
            capture_ns = begin + number * SECOND_NS // FPS
            _sleep_until(capture_ns + int(late_ms * 1e6))
            writer.publish(_Frame(number, capture_ns), [("cat", 0.9, 100.0, 100.0, 200.0, 200.0)])
            number += 1


def _sleep_until(moment_ns: int) -> None:
    time.sleep(max(0, moment_ns - time.monotonic_ns()) / 1e9)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.flash_source", description=__doc__)
    parser.add_argument("--stream", required=True)
    parser.add_argument("--audio", required=True)
    parser.add_argument("--detections", default="", help="results of each frame too")
    parser.add_argument("--late-ms", type=float, default=100.0, help="by which those come after the frame's capture")
    options = parser.parse_args()
    play(options.stream, options.audio, options.detections, options.late_ms)


if __name__ == "__main__":
    main()
