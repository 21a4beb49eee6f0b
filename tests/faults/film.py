"""A camera: real video into a segment, 30 pictures a second with a keyframe each second, until it is told to pause; and
a microphone in a quiet room.
"""

import threading
import time
from contextlib import ExitStack
from fractions import Fraction

import pytest

from petcam.shm.audio import AudioWriter
from petcam.shm.stream import StreamWriter
from tests.steady_sound import SteadySound

RATE = 30
LENGTH = 2 * RATE  # pictures; then it begins again
TIMEOUT_SECONDS = 30
SILENCE, SILENCE_DB = b"\xf8\xff\xfe", -96.0  # 20 ms of Opus


class Film:
    """Skips the test where there is no PyAV. Without ``audio`` there is no microphone."""

    def __init__(self, segment, audio=""):
        self._units = encoded()
        self._segment, self._audio = segment, audio
        self._stop, self._running = threading.Event(), threading.Event()
        self._published = threading.Semaphore(0)
        self._running.set()
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()
        self.wait_for(1)

    def pause(self):
        self._running.clear()

    def go_on(self):
        self._running.set()

    def wait_for(self, pictures):
        """Wait until it has published so many more."""
        while self._published.acquire(blocking=False):
            pass  # those before now
        for _ in range(pictures):
            assert self._published.acquire(timeout=TIMEOUT_SECONDS)

    def close(self):
        self._stop.set()
        self._running.set()
        self._thread.join()

    def _play(self):
        number = 0
        with ExitStack() as stack:
            writer = stack.enter_context(StreamWriter(self._segment, writer_name="test"))
            sound = None
            if self._audio:
                sound = SteadySound(stack.enter_context(AudioWriter(self._audio)), SILENCE, SILENCE_DB)
            while not self._stop.wait(1 / RATE):
                if not self._running.wait(timeout=0.5):  # in between the writer's heart beats by itself
                    continue
                data, keyframe = self._units[number % LENGTH]
                number += 1
                writer.publish(data, capture_ns=time.monotonic_ns(), keyframe=keyframe, width=160, height=120)
                self._published.release()
                if sound is not None:
                    sound.go_on(time.monotonic_ns())


def encoded():
    """``(data, keyframe)`` of each picture of two seconds."""
    np, _ = pytest.importorskip("numpy"), pytest.importorskip("av")
    from petcam.feed.transcoding import Encoder

    encoder = Encoder(160, 120, Fraction(RATE), "a test")
    pictures = (np.full((180, 160), 60 + 2 * number, np.uint8) for number in range(LENGTH))
    return [encoder.encode_i420(picture) for picture in pictures]


def decoded_frames(path):
    """How many pictures a file has; each is decoded, and so is all sound, and an error in any raises."""
    _decode(path, "audio")
    return _decode(path, "video")


def _decode(path, kind):
    import av

    with av.open(str(path), options={"err_detect": "explode"}) as container:
        streams = getattr(container.streams, kind)
        for stream in streams:
            stream.codec_context.options = {"err_detect": "explode"}
        return sum(1 for _ in container.decode(streams[0])) if streams else 0
