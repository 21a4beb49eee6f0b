"""A source's own sound: Opus of 20 ms is passed on, all else becomes it; in step, over gaps and changes."""

from fractions import Fraction

import numpy as np
import pytest

av = pytest.importorskip("av")

from petcam.errors import PetcamError  # noqa: E402
from petcam.feed.sources.own_sound import MAX_DAMAGED, OwnSound, SoundFormat, SoundUnit  # noqa: E402
from petcam.shm import opus  # noqa: E402

BEGIN_NS = 5_000_000_000_000
AHEAD_NS = 6_500_000  # by which an encoder looks ahead


def units(codec, rate, layout="mono", seconds=2.0, frame=0, begin=0.0, **options):
    """Of a tone, with their media times, and what a decoder has to be told."""
    encoder = av.CodecContext.create(codec, "w")
    encoder.sample_rate, encoder.layout, encoder.time_base = rate, layout, Fraction(1, rate)
    encoder.format = encoder.codec.audio_formats[0]
    encoder.options = options
    encoder.open()
    frame = frame or encoder.frame_size or rate // 50
    resampler = av.AudioResampler(encoder.format.name, layout, rate)
    found = []
    for at in range(0, int(seconds * rate), frame):
        tone = np.sin(2 * np.pi * 440 * np.arange(at, at + frame) / rate).astype(np.float32) / 4
        samples = av.AudioFrame.from_ndarray(np.tile(tone, (len(encoder.layout.channels), 1)), "fltp", layout)
        samples.sample_rate, samples.pts, samples.time_base = rate, at, Fraction(1, rate)
        for each in resampler.resample(samples):
            found += [(bytes(packet), packet.pts) for packet in encoder.encode(each)]
    form = SoundFormat(codec.removeprefix("lib"), rate, layout, bytes(encoder.extradata or b""))
    return form, [SoundUnit(data, round((begin + pts / rate) * 1e9), 0) for data, pts in found]


def place(media_ns, lasts_ns, arrival_ns):
    return BEGIN_NS + media_ns


def heard(form, given):
    own = OwnSound("tests", form, place)
    return [packet for unit in given for packet in own.push(unit)]


def steps(packets):
    return [(b.capture_ns - a.capture_ns) / 1e6 for a, b in zip(packets, packets[1:], strict=False)]


@pytest.mark.parametrize(
    ("codec", "rate", "layout"),
    [
        ("aac", 16_000, "mono"),
        ("aac", 44_100, "stereo"),
        ("pcm_alaw", 8000, "mono"),
        ("pcm_mulaw", 8000, "mono"),
        ("pcm_s16be", 48_000, "stereo"),
    ],
)
def test_what_is_not_opus_becomes_it(codec, rate, layout):
    packets = heard(*units(codec, rate, layout))
    assert 90 <= len(packets) <= 101
    assert all(opus.fault(packet.data) is None for packet in packets)
    assert [packet.discontinuity for packet in packets] == [True] + [False] * (len(packets) - 1)
    assert steps(packets) == pytest.approx([20] * (len(packets) - 1), abs=0.5)
    assert packets[50].rms_db == pytest.approx(-15, abs=0.7)
    assert abs(packets[0].capture_ns + AHEAD_NS - BEGIN_NS) < 100_000_000


@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_opus_of_20_ms_is_passed_on_as_it_is(layout):
    form, given = units("libopus", 48_000, layout)
    packets = heard(form, given)
    assert [packet.data for packet in packets] == [unit.data for unit in given][-len(packets) :]
    assert len(packets) >= len(given) - 1
    assert packets[50].rms_db == pytest.approx(-15, abs=1)
    assert steps(packets) == pytest.approx([20] * (len(packets) - 1), abs=0.5)


def test_opus_of_other_lengths_is_encoded_anew():
    packets = heard(*units("libopus", 48_000, frame_duration="60"))
    assert len(packets) > 90 and all(opus.samples_of(packet.data) == 960 for packet in packets)


def test_a_rate_that_changes_begins_anew_and_goes_on():
    form, first = units("pcm_s16be", 16_000, seconds=1.0)
    aac, low = _adts(16_000, 0.0)
    _, high = _adts(48_000, 1.0)
    packets = heard(aac, low + high)
    gaps = [number for number, packet in enumerate(packets) if packet.discontinuity]
    assert len(gaps) == 2 and gaps[0] == 0
    assert packets[-1].capture_ns == pytest.approx(BEGIN_NS + 1.95e9, abs=1.5e8)
    assert packets[-5].rms_db == pytest.approx(-15, abs=1)


def _adts(rate, begin):
    """AAC that says its rate in each packet."""
    form, given = units("aac", rate, seconds=1.0, begin=begin)
    index = {48_000: 3, 16_000: 8}[rate]
    framed = []
    for unit in given:
        size = len(unit.data) + 7
        head = bytes(
            (0xFF, 0xF1, 1 << 6 | index << 2, 1 << 6 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC)
        )
        framed.append(SoundUnit(head + unit.data, unit.media_ns, 0))
    return SoundFormat("aac", rate, "mono", b""), framed


def test_units_that_did_not_come_are_a_gap():
    form, given = units("pcm_alaw", 8000)
    packets = heard(form, given[:40] + given[60:])
    gaps = [number for number, packet in enumerate(packets) if packet.discontinuity]
    assert len(gaps) == 2
    assert packets[-1].capture_ns == pytest.approx(BEGIN_NS + 1.98e9 - AHEAD_NS, abs=2e7)


def test_a_damaged_unit_is_left_out():
    form, given = units("aac", 48_000)
    given[30] = SoundUnit(b"\xff\xff\xff", given[30].media_ns, 0)
    assert len(heard(form, given)) >= 95


def test_what_can_never_be_decoded_is_said():
    form, _ = units("aac", 48_000)
    with pytest.raises(PetcamError, match="cannot be decoded"):
        heard(form, [SoundUnit(b"\xff\xff\xff", number * 20_000_000, 0) for number in range(MAX_DAMAGED + 2)])
