"""A camera with a microphone that writes both into shared memory: each second it flashes and beeps at once."""

import threading
import time
from fractions import Fraction
from typing import Any

import numpy as np

from petcam.shm.audio import AudioWriter
from petcam.shm.stream import StreamWriter

FPS, SIZE = 25, (320, 240)
FLASH_SECONDS = BEEP_SECONDS = 0.12
RATE, PACKET, PACKETS = 48_000, 960, 50  # samples a second, of a packet; packets of a second
BEHIND_NS = 60_000_000  # what is captured comes so much later


class FlashAndBeep:
    """Films in a thread of its own until ``close``; what it says of the time is exact, however late it is published."""

    def __init__(self, stream: str, audio: str) -> None:
        self._stream, self._audio = stream, audio
        self._pictures, self._packets = encode_second_of_pictures(), encode_second_of_sound()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flash-and-beep")
        self._thread.start()

    def close(self) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        with StreamWriter(self._stream) as pictures, AudioWriter(self._audio) as sound:
            first, picture, packet = time.monotonic_ns(), 0, 0
            while not self._end.wait(0.01):
                captured = time.monotonic_ns() - BEHIND_NS
                while (at := first + picture * 1_000_000_000 // FPS) < captured:
                    data = self._pictures[picture % FPS]
                    width, height = SIZE
                    keyframe = picture % FPS == 0
                    pictures.publish(data, capture_ns=at, keyframe=keyframe, width=width, height=height)
                    picture += 1
                while (at := first + packet * 20_000_000) + 20_000_000 < captured:
                    sound.publish(self._packets[packet % PACKETS], capture_ns=at, rms_db=-30, peak_db=-20)
                    packet += 1


def encode_second_of_pictures() -> list[bytes]:
    """White at first, then black; the first is a keyframe."""
    import av

    encoder: Any = av.CodecContext.create("libx264", "w")
    (encoder.width, encoder.height), encoder.pix_fmt, encoder.framerate = SIZE, "yuv420p", FPS
    encoder.options = {"tune": "zerolatency", "preset": "ultrafast", "profile": "baseline", "g": str(FPS)}
    encoded = []
    for number in range(FPS):
        picture = av.VideoFrame(*SIZE, "yuv420p")
        shade = 235 if number / FPS < FLASH_SECONDS else 16
        for plane, value in zip(picture.planes, (shade, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        picture.pts = number
        encoded += [bytes(packet) for packet in encoder.encode(picture)]
    return encoded


def encode_second_of_sound() -> list[bytes]:
    """A tone at first, then silence; the second of three, so that a decoder is led into it as it is led out of it."""
    import av

    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "s16"
    encoder.bit_rate, encoder.time_base = 32_000, Fraction(1, RATE)
    encoder.options = {"frame_duration": "20", "application": "audio"}
    encoder.open()
    seconds = np.arange(3 * RATE) / RATE
    wave = (np.sin(2 * np.pi * 1000 * seconds) * 12_000 * (seconds % 1 < BEEP_SECONDS)).astype(np.int16)
    encoded: list[bytes] = []
    for begin in range(0, len(wave), PACKET):
        frame = av.AudioFrame.from_ndarray(wave[None, begin : begin + PACKET], "s16", "mono")
        frame.sample_rate, frame.pts = RATE, begin
        encoded += [bytes(packet) for packet in encoder.encode(frame)]
    return encoded[PACKETS : 2 * PACKETS]
