"""The RTP timestamp of a frame, as docs/shm-layout.md defines it."""

import pytest

from petcam.shm import rtp
from petcam.shm.detections import Detections
from petcam.shm.stream import AccessUnit


@pytest.mark.parametrize(
    ("capture_ns", "ticks"),
    [
        (0, 0),
        (11_111, 0),
        (11_112, 1),
        (1_000_000_000, 90_000),
        (47_721_858_833_334, 2**32 - 1),
        (47_721_858_844_445, 0),  # after 13 hours the count begins anew
    ],
)
def test_it_counts_ninety_thousand_a_second_and_begins_anew_after_32_bits(capture_ns, ticks):
    assert rtp.timestamp(capture_ns) == ticks


def test_a_picture_and_the_detectors_result_on_it_have_the_same_timestamp():
    unit = AccessUnit(1, 0, 5, 81_234_567_890, 0, True, False, 640, 480, b"")
    result = Detections(9, 7, 5, unit.capture_ns, 0, 640, 480, ())
    assert unit.rtp_timestamp == result.rtp_timestamp == 81_234_567_890 * 9 // 100_000
