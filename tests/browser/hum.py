"""A microphone that hums: Opus in an audio segment, as loud as it is told."""

import threading
import time

import av
import numpy as np

from petcam.shm.audio import AudioWriter

RATE, SAMPLES = 48_000, 960
PACKET_NS = 20_000_000
PITCH = 440.0


class Hum:
    """Writes a packet each 20 ms from its thread, while it is not paused; a context manager."""

    def __init__(self, segment: str, rms_db: float = -20.0) -> None:
        self.rms_db = rms_db
        self._segment, self._end, self._sounds = segment, threading.Event(), threading.Event()
        self._sounds.set()
        self._thread = threading.Thread(target=self._run, name="hum")

    def __enter__(self) -> "Hum":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._sounds.set()
        self._thread.join()

    def pause(self) -> None:
        """As if the microphone were pulled out."""
        self._sounds.clear()

    def resume(self) -> None:
        self._sounds.set()

    def _run(self) -> None:
        encoder, number = make_encoder(), 0
        with AudioWriter(self._segment, writer_name="hum") as writer:
            began = time.monotonic_ns()
            while not self._end.is_set():
                self._sounds.wait()
                capture_ns = max(began + number * PACKET_NS, time.monotonic_ns() - PACKET_NS)
                for packet in encoder.encode(self._frame(number)):
                    data = bytes(packet)
                    writer.publish(data, capture_ns=capture_ns, rms_db=self.rms_db, peak_db=min(0.0, self.rms_db + 3))
                began, number = capture_ns - number * PACKET_NS, number + 1
                self._end.wait(max(0.0, (began + number * PACKET_NS - time.monotonic_ns()) / 1e9))

    def _frame(self, number: int) -> av.AudioFrame:
        at = (np.arange(SAMPLES) + number * SAMPLES) / RATE
        return frame_of(np.sin(2 * np.pi * PITCH * at) * 10 ** ((self.rms_db + 3) / 20), number)


def make_encoder() -> av.AudioCodecContext:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "s16"
    encoder.bit_rate = 32_000
    encoder.options = {"application": "audio", "frame_duration": "20"}
    return encoder


def frame_of(wave: "np.ndarray[tuple[int], np.dtype[np.float64]]", number: int) -> av.AudioFrame:
    samples = (np.clip(wave, -1, 1) * 32767).astype("<i2").reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate, frame.pts = RATE, number * SAMPLES
    return frame
