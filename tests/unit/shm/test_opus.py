"""What an Opus packet's first byte says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petcam.shm import layout, opus


def toc(configuration, code=0, stereo=0):
    return configuration << 3 | stereo << 2 | code


@pytest.mark.parametrize(
    ("data", "samples"),
    [
        ([0xF8, 0xFF, 0xFE], 960),
        ([toc(0)], 480),
        ([toc(9, stereo=1)], 960),
        ([toc(3)], 2880),
        ([toc(13)], 960),
        ([toc(28)], 120),
        ([toc(30, 1)], 960),
        ([toc(30, 2), 1], 960),
        ([toc(29, 3), 4], 960),
        ([toc(29, 3), 0xC0 | 4], 960),
        ([toc(3, 1)], 5760),
        ([toc(3, 3), 3], 0),
        ([toc(31, 3), 0], 0),
        ([toc(31, 3)], 0),
        ([], 0),
    ],
)
def test_the_toc_says_how_long_a_packet_sounds(data, samples):
    assert opus.samples_of(bytes(data)) == samples


@pytest.mark.parametrize("size", [1, 80, 1275])
def test_a_packet_of_20_ms_is_in_order(size):
    assert opus.fault(b"\xf8".ljust(size, b"\1")) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "a packet of 0 bytes; an Opus packet has 1 to 1275"),
        (b"\xf8" * 1276, "a packet of 1276 bytes"),
        (b"\xfb\x00\x01", "no Opus packet: it begins with fb 00"),
        (b"\xff\xfb\x90", "no Opus packet"),  # an MP3 frame's header
        (b"\xf0", "an Opus packet of 480 samples at 48 kHz; a record has 960 (20 ms)"),
    ],
)
def test_it_says_what_is_wrong_with_another(data, words):
    assert words in opus.fault(data)


@given(st.binary(max_size=1400))
def test_any_bytes_are_a_packet_or_not(data):
    if opus.fault(data) is None:
        assert 1 <= len(data) <= layout.AUDIO_MAX_DATA and opus.samples_of(data) == layout.AUDIO_SAMPLES
    else:
        assert opus.samples_of(data) in range(0, 5761)
