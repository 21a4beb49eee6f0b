"""The source ``demo``: the drawn room with its pet, and a detector that knows where the pet is."""

import math
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack
from fractions import Fraction

from petcam.feed.demo.detector import Box, DelayedDetector, Writer
from petcam.feed.demo.room import HEIGHT, WIDTH
from petcam.feed.demo.scene import Scene
from petcam.feed.demo.sound import DemoSound
from petcam.feed.demo.walk import FPS
from petcam.feed.source import EncodedFrame
from petcam.feed.timing import Playhead
from petcam.feed.transcoding import Encoder
from petcam.media import pyav


class DemoSource:
    """Draws, encodes and paces ``FPS`` frames a second; the detector's thread publishes their boxes later.

    ``open_detections`` makes the writer of the detections segment, a context manager; None: there is no detector.
    ``detector_delay_ms`` is how long after a frame's capture its boxes are published, and the detector looks at each
    ``detector_every``-th frame. ``restless``: the pet never sleeps and is never away for long. A frame that could not
    be drawn in time is left out.
    """

    name = "demo"
    restartable = True

    def __init__(
        self,
        open_detections: Callable[[], AbstractContextManager[Writer]] | None,
        detector_delay_ms: float,
        detector_every: int = 1,
        restless: bool = False,
    ) -> None:
        pyav.load("the source demo")
        self._open_detections = open_detections
        self._delay_ns = round(detector_delay_ms * 1e6)
        self._every = detector_every
        self._restless = restless
        self._playhead = Playhead()

    def sound(self) -> DemoSound:
        """Its own."""
        return DemoSound(self._playhead, self._restless)

    def frames(self, stop: threading.Event) -> Generator[EncodedFrame, None, None]:
        scene = Scene(self._restless)
        encoder = Encoder(WIDTH, HEIGHT, Fraction(FPS), "the source demo", matrix="bt709")
        with ExitStack() as stack:
            detector = self._detector(stack)
            self._playhead.begin()
            for number, capture_ns in _schedule(stop):
                self._playhead.note(number * 1_000_000_000 // FPS, capture_ns)
                data, keyframe = encoder.encode_i420(scene.draw(number, _clock(capture_ns)))
                frame = EncodedFrame(data, capture_ns, keyframe, WIDTH, HEIGHT, number)
                yield frame  # published on return, so no box is ever ahead of its frame
                if detector is not None and number % self._every == 0:
                    detector.submit(frame, _boxes(scene, number))

    def _detector(self, stack: ExitStack) -> DelayedDetector | None:
        if self._open_detections is None:
            return None
        writer = stack.enter_context(self._open_detections())
        return stack.enter_context(DelayedDetector(writer, self._delay_ns))


def _boxes(scene: Scene, number: int) -> list[Box]:
    box = scene.box(number)
    confidence = 0.9 + 0.06 * math.sin(number / 17)  # it wavers, as a real detector's
    return [] if box is None else [("cat", confidence, *box)]


def _schedule(stop: threading.Event) -> Generator[tuple[int, int], None, None]:
    """Frame numbers and capture times on an absolute schedule: late frames are left out, nothing drifts."""
    begin = time.monotonic_ns()
    number = 0
    while True:
        due = begin + number * 1_000_000_000 // FPS
        if stop.wait(max(0, due - time.monotonic_ns()) / 1e9):
            return
        yield number, due
        number = max(number + 1, (time.monotonic_ns() - begin) * FPS // 1_000_000_000)


def _clock(capture_ns: int) -> str:
    """The wall clock at a moment of CLOCK_MONOTONIC, HH:MM:SS."""
    return time.strftime("%H:%M:%S", time.localtime(time.time() - (time.monotonic_ns() - capture_ns) / 1e9))
