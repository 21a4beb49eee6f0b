"""From samples to Opus packets: whole, of 20 ms, where they were captured, and as loud as they are."""

import av
import numpy as np
import pytest

from petcam.feed.hearing import PACKET_SAMPLES, RATE, Packets, levels, mono
from tests.unit.feed.hearing.cards import tone


def packets_of(samples, rate=RATE, piece=960):
    packets = Packets(rate, lambda index: round(index * 1e9 / rate), "tests")
    return [packet for at in range(0, len(samples), piece) for packet in packets.push(samples[at : at + piece])]


def decoded(packets):
    """float32 of shape (n,), as a decoder gives it."""
    decoder = av.CodecContext.create("opus", "r")
    decoder.sample_rate = RATE
    pieces = [frame.to_ndarray()[0] for packet in packets for frame in decoder.decode(av.Packet(packet.data))]
    return np.concatenate(pieces)


def test_each_packet_has_20_ms_and_the_first_says_that_something_is_missing():
    packets = packets_of(tone(0, RATE)[:, 0], piece=700)
    assert len(packets) == 50
    assert [packet.discontinuity for packet in packets] == [True] + [False] * 49
    steps = {b.capture_ns - a.capture_ns for a, b in zip(packets, packets[1:], strict=False)}
    assert steps == {20_000_000}
    assert all(1 <= len(packet.data) <= 1275 for packet in packets)
    assert len(decoded(packets)) == len(packets) * PACKET_SAMPLES


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
def test_a_click_is_where_it_was_captured(rate):
    samples = np.zeros(rate, np.int16)
    samples[rate // 2 : rate // 2 + rate // 500] = 20_000  # 2 ms
    packets = packets_of(samples, rate, rate // 50)
    loudest = int(np.abs(decoded(packets)).argmax())
    heard_ns = packets[0].capture_ns + loudest * 1e9 / RATE
    assert heard_ns == pytest.approx(501e6, abs=3e6)


def test_levels_are_those_of_the_samples():
    rms, peak = levels(tone(0, 4800, amplitude=32768 / 2)[:, 0])
    assert rms == pytest.approx(-9.03, abs=0.05) and peak == pytest.approx(-6.02, abs=0.05)
    assert levels(np.zeros(960, np.int16)) == (-96.0, -96.0)
    assert levels(np.full(960, -32768, np.int16)) == (0.0, 0.0)


def test_stereo_becomes_mono():
    both = np.stack((np.full(4, 1000), np.full(4, 3000)), axis=1).astype(np.int16)
    assert mono(both).tolist() == [2000] * 4
    assert mono(np.full((4, 3), 900, np.int16)).tolist() == [900] * 4
    assert mono(np.full((4, 2), -32768, np.int16)).tolist() == [-32768] * 4
