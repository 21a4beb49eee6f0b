"""Plays a source into the stream segment, and starts it again when it ends or fails."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace

from petcam.errors import Code, PetcamError
from petcam.feed.retries import RECOVERED_NS, Retries
from petcam.feed.source import EncodedFrame, Source
from petcam.shm.stream import StreamWriter

MIN_CAPTURE_STEP_NS = 12_000  # between two frames; under 11,112 ns two of them would share an RTP timestamp
DAMAGE_LOG_NS = 600_000_000_000
STOP_TIMEOUT_SECONDS = 2.0  # a read inside FFmpeg cannot be interrupted, only waited for

log = logging.getLogger("petcam.feed")


class Feeder:
    """Owns the thread ``feed``, the only one that publishes. ``start`` it, ``stop`` it.

    ``stop_event`` is what sources and retries wait on; tests pass one of their own to see how long each wait is.
    """

    def __init__(self, source: Source, writer: StreamWriter, stop_event: threading.Event | None = None) -> None:
        self._source = source
        self._writer = writer
        self._stop = stop_event or threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self.failure: PetcamError | None = None  # why nothing more will come; read it when no longer `alive`
        # All of the following belongs to the thread `feed`.
        self._last_capture_ns = 0
        self._retries = Retries(source.name, source.name, f"{source.name}: plays again")
        self._damaged = 0  # units that were left out since the start
        self._said_damaged_ns = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the source and the thread. Returns within ``STOP_TIMEOUT_SECONDS`` even if the source hangs."""
        self._stop.set()
        self._thread.join(STOP_TIMEOUT_SECONDS)
        if self._thread.is_alive():
            log.warning("%s does not answer; it ends with this process", self._source.name)

    @property
    def alive(self) -> bool:
        """Whether frames may still come: false once a source that cannot be started again has ended."""
        return self._thread.is_alive()

    @property
    def status(self) -> str:
        """For people: what plays, or why it does not play well."""
        if self._retries.reason:
            return f"{self._source.name}: {self._retries.reason}"
        damaged = f", {self._damaged} damaged units left out" if self._damaged else ""
        return f"playing {self._source.name}{damaged}"

    def _run(self) -> None:
        while not self._stop.is_set():
            reason = self._retries.attempt(self._play)
            if self._stop.is_set():
                return
            if not self._source.restartable:
                self._finish(reason)
                return
            self._retries.wait(reason or "has ended", self._stop.wait)

    def _play(self) -> None:
        """Play until the source ends."""
        began_ns = time.monotonic_ns()
        with closing(self._source.frames(self._stop)) as frames:
            for frame in _marked(frames):
                self._publish(frame)
                if self._last_capture_ns - began_ns > RECOVERED_NS:
                    self._retries.recovered()
                if self._stop.is_set():
                    break

    def _finish(self, reason: str | None) -> None:
        if reason is None:
            log.info("%s: has ended", self._source.name)
        else:
            self.failure = PetcamError(Code.BAD_SOURCE, f"{self._source.name}: {reason}")

    def _publish(self, frame: EncodedFrame) -> None:
        """Hand one frame to the writer, with a capture time that always rises."""
        capture_ns = max(frame.capture_ns, self._last_capture_ns + MIN_CAPTURE_STEP_NS)
        try:
            self._writer.publish(
                frame.data,
                capture_ns=capture_ns,
                keyframe=frame.keyframe,
                width=frame.width,
                height=frame.height,
                frame_number=frame.frame_number,
                discontinuity=frame.discontinuity,
            )
        except PetcamError as error:
            if error.code is Code.BAD_SEGMENT:  # no source can mend that
                self.failure = error
                self._stop.set()
            raise
        self._last_capture_ns = capture_ns
        if frame.damaged:
            self._note_damage(frame.damaged, capture_ns)

    def _note_damage(self, count: int, now_ns: int) -> None:
        """Logged at the first time, and then at most every ``DAMAGE_LOG_NS``."""
        self._damaged += count
        if not self._said_damaged_ns or now_ns - self._said_damaged_ns > DAMAGE_LOG_NS:
            self._said_damaged_ns = now_ns
            log.warning("%s: damaged units left out so far: %d", self._source.name, self._damaged)


def _marked(frames: Iterable[EncodedFrame]) -> Iterator[EncodedFrame]:
    """The frames, the first of which is marked: something is missing before it. Those before the first keyframe are
    published, too, as readers wait for it and can say for how long."""
    for count, frame in enumerate(frames):
        yield frame if count else replace(frame, discontinuity=True)
