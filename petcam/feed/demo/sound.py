"""The demo's sound, in step with its pictures."""

import time
from collections.abc import Generator

from petcam.feed.demo.voice import RATE, Voice
from petcam.feed.hearing import PACKET_SAMPLES, Packets, SoundPacket, Stop
from petcam.feed.timing import Mark, Playhead

PACKETS_AT_ONCE = 2  # as a microphone gives them
MAX_LATE_NS = 500_000_000  # what a busy machine is further behind is left out


class DemoSound:
    """``playhead``: where the pictures are; media time 0 is that of frame 0."""

    name = "the demo's cat"

    def __init__(self, playhead: Playhead, restless: bool) -> None:
        self._playhead, self._restless = playhead, restless

    def packets(self, stop: Stop) -> Generator[SoundPacket, None, None]:
        voice = Voice(self._restless)
        mark = self._playhead.wait_for_run(0, stop)
        while mark is not None:
            yield from self._without_gap(voice, mark, stop)
            mark = self._playhead.wait_for_run(mark.run - 1, stop)

    def _without_gap(self, voice: Voice, mark: Mark, stop: Stop) -> Generator[SoundPacket, None, None]:
        """From now on, until the pictures begin anew, the stop, or a pause that was too long."""
        began_ns = mark.due_of(0)
        first = max(0, (time.monotonic_ns() - began_ns) * RATE // 1_000_000_000)
        packets = Packets(RATE, lambda index: began_ns + round((first + index) * 1e9 / RATE), self.name)
        at = first
        while True:
            over = at + PACKETS_AT_ONCE * PACKET_SAMPLES
            left_ns = began_ns + over * 1_000_000_000 // RATE - time.monotonic_ns()
            newest = self._playhead.newest()
            if stop.wait(max(0, left_ns) / 1e9) or left_ns < -MAX_LATE_NS or newest is None or newest.run != mark.run:
                return
            for _ in range(PACKETS_AT_ONCE):
                yield from packets.push(voice.samples(at, PACKET_SAMPLES))
                at += PACKET_SAMPLES
