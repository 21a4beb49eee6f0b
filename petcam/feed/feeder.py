"""Plays a source into the stream segment, and starts it again when it ends or fails."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Protocol

from petcam.errors import Code, PetcamError
from petcam.feed.source import EncodedFrame, Source

FIRST_PAUSE = 1.0  # seconds
LONGEST_PAUSE = 30.0
GOOD_STRETCH_NS = 10_000_000_000  # a source that played this long is well again
LEAST_STEP_NS = 100_000  # between two frames; under 11,112 ns two of them would share an RTP timestamp
STOP_TIMEOUT = 2.0  # seconds; a read inside FFmpeg cannot be interrupted, only waited for

log = logging.getLogger("petcam.feed")


class Writer(Protocol):
    """The part of :class:`petcam.shm.stream.StreamWriter` that feeding needs."""

    def publish(
        self,
        data: bytes,
        *,
        capture_ns: int,
        keyframe: bool,
        width: int,
        height: int,
        frame_number: int | None = None,
        discontinuity: bool = False,
    ) -> int: ...


class Feeder:
    """Owns the thread ``feed``, the only one that publishes. ``start`` it, ``stop`` it.

    ``stop_event`` is what sources and pauses wait on; tests bring their own to see the pauses.
    """

    def __init__(self, source: Source, writer: Writer, stop_event: threading.Event | None = None) -> None:
        self._source = source
        self._writer = writer
        self._stop = stop_event or threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self.failure: PetcamError | None = None  # why nothing more will come; read it when no longer `alive`
        # All of the following belongs to the thread `feed`.
        self._last_ns = 0
        self._pause = FIRST_PAUSE
        self._reason = ""  # why it failed last, as logged; empty again after a good stretch

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the source and the thread. Returns within ``STOP_TIMEOUT`` even if the source hangs."""
        self._stop.set()
        self._thread.join(STOP_TIMEOUT)
        if self._thread.is_alive():
            log.warning("%s does not answer; it ends with this process", self._source.name)

    @property
    def alive(self) -> bool:
        """Whether frames may still come: false once a source that cannot be started again has ended."""
        return self._thread.is_alive()

    @property
    def status(self) -> str:
        """For people: what plays, or why it does not play well."""
        return f"{self._source.name}: {self._reason}" if self._reason else f"playing {self._source.name}"

    def _run(self) -> None:
        while not self._stop.is_set():
            reason = self._play()
            if self._stop.is_set():
                return
            if not self._source.endless:
                self._end(reason)
                return
            self._say(reason or "has ended")
            self._stop.wait(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _play(self) -> str | None:
        """Play until the source ends; why it failed, or ``None`` where it just ended."""
        began_ns = time.monotonic_ns()
        try:
            with closing(self._source.frames(self._stop)) as frames:
                for frame in _joined(frames):
                    self._publish(frame)
                    if self._last_ns - began_ns > GOOD_STRETCH_NS:
                        self._be_well()
                    if self._stop.is_set():
                        break
            return None
        except PetcamError as error:
            return error.message
        except OSError as error:
            return error.strerror or str(error)
        except Exception as error:  # a defect in a source must be seen, and must not end the service
            reason = f"internal error: {error!r}"
            if reason != self._reason:
                log.exception("%s: internal error", self._source.name)
            return reason

    def _end(self, reason: str | None) -> None:
        if reason is None:
            log.info("%s: has ended", self._source.name)
        else:
            self.failure = PetcamError(Code.BAD_SOURCE, f"{self._source.name}: {reason}")

    def _say(self, reason: str) -> None:
        if reason == self._reason:
            return
        self._reason = reason
        again = f"tried again in {self._pause:g} s, later every {LONGEST_PAUSE:g} s at most"
        log.warning("%s: %s; %s", self._source.name, reason, again)

    def _be_well(self) -> None:
        """After a good stretch the next failure is a new one."""
        self._pause = FIRST_PAUSE
        if self._reason:
            log.info("%s: plays again", self._source.name)
            self._reason = ""

    def _publish(self, frame: EncodedFrame) -> None:
        """Hand one frame to the writer, with a capture time that always rises."""
        capture_ns = max(frame.capture_ns, self._last_ns + LEAST_STEP_NS)
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
        self._last_ns = capture_ns


def _joined(frames: Iterable[EncodedFrame]) -> Iterator[EncodedFrame]:
    """The frames from the first keyframe on, which is marked: something is missing before it."""
    started = False
    for frame in frames:
        if started:
            yield frame
        elif frame.keyframe:
            started = True
            yield replace(frame, discontinuity=True)
