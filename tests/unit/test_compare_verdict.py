"""``petcam compare``: the figures of its client, the table, and the advice."""

from dataclasses import replace

import pytest

from petcam.compare.measuring_client import SETTLE_NS, FrameArrivals
from petcam.compare.verdict import Measured, choose, table

GO = Measured("go", 0.4, 0.9, 19.7, 30.0, 20.0, 1.0, 4.0)
PYTHON = Measured("python", 1.2, 2.2, 96.5, 29.8, 90.0, 3.0, 9.0)
NO_PICTURE = replace(PYTHON, first_picture_ms=None, latency_ms=None, latency_p99_ms=None, rate=0.0)
MS = 1_000_000


@pytest.mark.parametrize(
    ("go", "python", "name", "why"),
    [
        (GO, PYTHON, "go", "1.3 points less"),
        (GO, replace(PYTHON, cpu=0.5), "python", "recording still needs petcam-streamer"),
        (replace(GO, latency_p99_ms=80.0), PYTHON, "python", "up to 71 ms later"),
        (replace(GO, rate=20.0), PYTHON, "python", "go does not show all pictures"),
        (GO, NO_PICTURE, "go", "python does not show all"),
        (replace(GO, latency_ms=None, rate=0.0), replace(PYTHON, latency_ms=None, rate=0.0), "", "neither"),
    ],
)
def test_it_chooses_a_backend_that_plays_then_the_cheaper_unless_it_is_much_later(go, python, name, why):
    chosen, words = choose(go, python)
    assert chosen == name
    assert why in words


def test_the_table_says_none_where_nothing_was_measured():
    text = table([GO, replace(PYTHON, first_picture_ms=None)])
    assert "20.0      none" in text
    assert len({len(line) for line in text.splitlines()}) == 1


def test_the_client_times_whole_pictures_once_it_has_caught_up():
    captured = 2**32 * 100_000 // 9 - 2 * SETTLE_NS  # so that the RTP timestamp wraps around during the test
    arrivals = FrameArrivals(offered_ns=captured)
    arrivals.add_packet(0, 0, captured + 10 * MS)  # not the last packet of the picture
    arrivals.add_packet(0, 1, captured + 30 * MS)
    for number in range(200):
        capture = captured + 30 * MS + SETTLE_NS + number * 33 * MS
        arrivals.add_packet(capture * 9 // 100_000 % 2**32, 1, capture + (90 if number == 7 else 3) * MS)
    report = arrivals.report()
    assert report["first_picture_ms"] == 30
    assert report["rate"] == pytest.approx(1000 / 33, abs=0.02)
    assert report["latency_ms"] == pytest.approx(3, abs=0.02)
    assert report["latency_p99_ms"] == pytest.approx(3, abs=0.02)
    assert max(arrivals.latencies_ms) == pytest.approx(90, abs=0.02)


def test_the_client_reports_that_nothing_came():
    assert FrameArrivals(offered_ns=0).report() == {
        "rate": 0.0,
        "first_picture_ms": None,
        "latency_ms": None,
        "latency_p99_ms": None,
    }
