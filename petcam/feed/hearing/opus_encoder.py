"""Opus as petcam sends it: 48 kHz, mono, 20 ms a packet, 32 kbit/s."""

from fractions import Fraction
from typing import Any

from petcam.media import pyav

RATE = 48_000  # samples/s
PACKET_SAMPLES = 960  # 20 ms
BIT_RATE = 32_000  # bits/s
OPTIONS = {
    "application": "audio",  # a pet is no voice
    "frame_duration": "20",
    "compression_level": "3",  # of 10: a third of the time of 10, and nobody hears it at this rate
    "vbr": "constrained",
    "fec": "1",
    "packet_loss": "5",
}


class OpusEncoder:
    """libopus by PyAV: 960 samples in, a packet out."""

    def __init__(self, wanted_for: str) -> None:
        self._av = pyav.load(wanted_for)
        self._context = self._av.CodecContext.create("libopus", "w")
        self._context.sample_rate = RATE
        self._context.layout = "mono"
        self._context.format = "s16"
        self._context.time_base = Fraction(1, RATE)
        self._context.bit_rate = BIT_RATE
        self._context.options = OPTIONS
        self._time_base = Fraction(1, RATE)
        self._count = 0  # samples that went in

    def encode(self, samples: Any) -> list[tuple[bytes, int]]:
        """Packets, each with the number of its first sample as a decoder gives it: an encoder looks ahead, so that this
        is a little before those that went in. ``samples``: int16 of shape (960,)."""
        frame = self._av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.time_base = self._time_base
        frame.pts = self._count
        self._count += PACKET_SAMPLES
        return [(bytes(packet), int(packet.pts)) for packet in self._context.encode(frame)]
