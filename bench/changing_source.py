"""A source whose pictures change their size, and with it their SPS, while it runs."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import av
import numpy as np

from petcam.shm.stream import StreamWriter

NARROW, WIDE = 320, 640  # pixels
FPS = 30


class Source(threading.Thread):
    def __init__(self, segment: str) -> None:
        super().__init__(name="source")
        self._segment = segment
        self._films = {width: film(width) for width in (NARROW, WIDE)}
        self._wide, self._ended = threading.Event(), threading.Event()
        self._first_published_at: dict[int, float] = {}  # Unix time by width; written by the thread only
        self._width_changed = threading.Event()

    def run(self) -> None:
        with StreamWriter(self._segment, writer_name="changing") as writer:
            width = number = 0
            while not self._ended.wait(1 / FPS):
                wanted = WIDE if self._wide.is_set() else NARROW
                number, width = (0 if wanted != width else number + 1), wanted
                data, keyframe = self._films[width][number % FPS]
                now, published_at = time.monotonic_ns(), time.time()
                writer.publish(data, capture_ns=now, keyframe=keyframe, width=width, height=width * 9 // 16)
                if width not in self._first_published_at:
                    self._first_published_at[width] = published_at
                    self._width_changed.set()

    def widen(self) -> float:
        """Make the pictures wide from the next one on; returns its capture time (Unix time)."""
        self._width_changed.clear()
        self._wide.set()
        self._width_changed.wait()
        return self._first_published_at[WIDE]

    def end(self) -> None:
        self._ended.set()
        self.join()


@contextmanager
def changing_source(segment: str) -> Iterator[Callable[[], float]]:
    """Publishes pictures ``NARROW`` wide, 30 a second; gives the function that makes them ``WIDE``."""
    source = Source(segment)
    source.start()
    try:
        yield source.widen
    finally:
        source.end()


def film(width: int) -> list[tuple[bytes, bool]]:
    """A second of coarse noise: access units, and whether each is a keyframe."""
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, width * 9 // 16, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(FPS), Fraction(1, FPS)
    encoder.options = {"tune": "zerolatency", "preset": "ultrafast", "x264-params": f"keyint={FPS}:scenecut=0"}
    generator = np.random.default_rng(1)
    units = []
    for number in range(FPS):
        pixels = np.full((encoder.height * 3 // 2, width), 128, np.uint8)
        pixels[: encoder.height] = np.kron(generator.integers(0, 255, (9, 16)), np.ones((width // 16, width // 16)))
        frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
        frame.pts = number
        units += [(bytes(packet), packet.is_keyframe) for packet in encoder.encode(frame)]
    return units
