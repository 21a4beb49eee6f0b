"""From samples to Opus packets with their capture times and levels."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from petcam.feed.hearing.loudness import levels
from petcam.feed.hearing.opus_encoder import PACKET_SAMPLES, RATE, OpusEncoder
from petcam.feed.hearing.resampler import Resampler
from petcam.feed.hearing.sound import SoundPacket


class Packets:
    """Of sound without a gap: behind one make another. The first packet says that something is missing before it.

    ``time_ns`` tells when a sample was captured, by its number in what was pushed, of which some are between others.
    """

    def __init__(self, rate: int, time_ns: Callable[[float], int], wanted_for: str) -> None:
        self._scale = rate / RATE
        self._time_ns = time_ns
        self._resampler = Resampler(rate, wanted_for)
        self._encoder = OpusEncoder(wanted_for)
        self._rest = np.zeros(0, np.int16)  # fewer than a packet's
        self._is_first = True

    def push(self, samples: Any) -> Iterator[SoundPacket]:
        """The packets that ``samples`` (int16, mono) complete."""
        return self._cut(self._resampler.push(samples))

    def push_frame(self, frame: Any) -> Iterator[SoundPacket]:
        """The same of an ``av.AudioFrame``, of any format and layout that stays."""
        return self._cut(self._resampler.push_frame(frame))

    def _cut(self, samples: Any) -> Iterator[SoundPacket]:
        self._rest = np.concatenate((self._rest, samples)) if len(self._rest) else samples
        while len(self._rest) >= PACKET_SAMPLES:
            block, self._rest = self._rest[:PACKET_SAMPLES], self._rest[PACKET_SAMPLES:]
            rms_db, peak_db = levels(block)
            for data, number in self._encoder.encode(block):
                capture_ns = self._time_ns(number * self._scale)
                yield SoundPacket(data, capture_ns, rms_db, peak_db, self._is_first)
                self._is_first = False
