"""Puts a source's sound into the audio segment, while it may be heard, and opens it again when it fails."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing
from typing import Protocol

from petcam.feed.hearing.sound import SoundPacket, SoundSource
from petcam.feed.retries import RECOVERED_NS, Retries

SWITCH_SECONDS = 0.25  # from look to look at the owner's switch while nothing is heard
STOP_TIMEOUT_SECONDS = 2.0  # a read inside FFmpeg cannot be interrupted, only waited for
MIN_STEP_NS = 10_000_000  # from packet to packet, which are of 20 ms; the first of a file played anew may overlap
OFF = "the microphone is off"  # turned off, or its switch cannot be read, which is logged where it is read

log = logging.getLogger("petcam.feed")


class Writer(Protocol):
    """The part of :class:`petcam.shm.audio.AudioWriter` that hearing needs."""

    def publish(
        self, data: bytes, *, capture_ns: int, rms_db: float, peak_db: float, discontinuity: bool = False
    ) -> int: ...


class Ear:
    """Owns the thread ``sound``, on which nothing of the picture waits. ``start`` it, ``stop`` it.

    ``is_on``: the owner's switch; while it is off the source is closed and there is no segment. ``open_writer`` makes
    the segment, once the first packet is there. ``stop_event`` is for tests, to see how long each pause is.
    """

    def __init__(
        self,
        source: SoundSource,
        open_writer: Callable[[], AbstractContextManager[Writer]],
        is_on: Callable[[], bool],
        stop_event: threading.Event | None = None,
    ) -> None:
        self._source = source
        self._open_writer = open_writer
        self._is_on = is_on
        self._stop = stop_event or threading.Event()
        self._thread = threading.Thread(target=self._run, name="sound", daemon=True)
        # All of the following belongs to the thread `sound`.
        self._last_capture_ns = 0
        self._is_gap = False  # a packet was left out
        self._retries = Retries(source.name, "no sound", f"hears {source.name} again")
        self._is_heard = False
        self._was_on = True

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Close the source, take the segment away and end the thread. Returns soon even if the source hangs."""
        self._stop.set()
        self._thread.join(STOP_TIMEOUT_SECONDS)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def status(self) -> str:
        """For people: what is heard, or why nothing is."""
        if not self._was_on:
            return OFF
        if self._retries.reason:
            return f"no sound: {self._retries.reason}"
        return f"hears {self._source.name}" if self._is_heard else f"waits for {self._source.name}"

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._may_hear():
                self._stop.wait(SWITCH_SECONDS)
                continue
            reason = self._retries.attempt(self._hear)
            self._is_heard = False
            if self._stop.is_set() or not self._may_hear():
                continue
            self._retries.wait(reason or f"{self._source.name} has ended", self._until().wait)

    def _may_hear(self) -> bool:
        is_on = self._is_on()
        if is_on != self._was_on:
            self._was_on = is_on
            log.info("sound: %s", "the microphone is on" if is_on else OFF)
        return is_on

    def _until(self) -> "_Until":
        return _Until(self._stop, self._is_on)

    def _hear(self) -> None:
        """Publish until the source ends or the stop."""
        began_ns, until = time.monotonic_ns(), self._until()
        with ExitStack() as stack:
            packets = stack.enter_context(closing(self._source.packets(until)))
            writer: Writer | None = None
            for packet in packets:
                if until.is_set():
                    return
                if writer is None:
                    writer = stack.enter_context(self._open_writer())
                    self._heard()
                self._publish(writer, packet)
                if packet.capture_ns - began_ns > RECOVERED_NS:
                    self._retries.recovered()

    def _publish(self, writer: Writer, packet: SoundPacket) -> None:
        """Its time has to rise by about a packet: what a clock that went back gives is left out."""
        if packet.capture_ns < self._last_capture_ns + MIN_STEP_NS:
            self._is_gap = True
            return
        writer.publish(
            packet.data,
            capture_ns=packet.capture_ns,
            rms_db=packet.rms_db,
            peak_db=packet.peak_db,
            discontinuity=packet.discontinuity or self._is_gap,
        )
        self._last_capture_ns, self._is_gap = packet.capture_ns, False

    def _heard(self) -> None:
        self._is_heard = True
        if not self._retries.reason:
            log.info("hears %s", self._source.name)


class _Until:
    """Set by the stop, and while the switch is off."""

    def __init__(self, stop: threading.Event, is_on: Callable[[], bool]) -> None:
        self._stop, self._is_on = stop, is_on

    def is_set(self) -> bool:
        return self._stop.is_set() or not self._is_on()

    def wait(self, timeout: float) -> bool:
        """Looks at the switch now and then."""
        while timeout > 0 and not self.is_set():
            self._stop.wait(min(timeout, SWITCH_SECONDS))
            timeout -= SWITCH_SECONDS
        return self.is_set()
