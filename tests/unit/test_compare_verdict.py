"""What ``petcam compare`` makes of its measurements."""

from dataclasses import replace

import pytest

from petcam.compare.verdict import Measured, choose, table
from petcam.compare.measuring_client import SETTLE_NS, Sight

GO = Measured("go", 0.4, 0.9, 19.7, 30.0, 20.0, 1.0, 4.0)
PYTHON = Measured("python", 1.2, 2.2, 96.5, 29.8, 90.0, 3.0, 9.0)
MS = 1_000_000


@pytest.mark.parametrize(
    ("go", "python", "name", "why"),
    [
        (GO, PYTHON, "go", "1.3 points less"),
        (GO, replace(PYTHON, cpu=0.5), "python", "recording still needs petcam-streamer"),
        (replace(GO, late_p99=80.0), PYTHON, "python", "up to 71 ms later"),
        (replace(GO, rate=20.0), PYTHON, "python", "go does not show all pictures"),
        (GO, replace(PYTHON, first=None, late=None, late_p99=None, rate=0.0), "go", "python does not show all"),
        (replace(GO, late=None, rate=0.0), replace(PYTHON, late=None, rate=0.0), "", "neither"),
    ],
)
def test_it_chooses_by_what_plays_then_by_cost_and_delay(go, python, name, why):
    chosen, words = choose(go, python)
    assert chosen == name
    assert why in words


def test_it_shows_what_did_not_come_as_none():
    text = table([GO, replace(PYTHON, first=None)])
    assert "20.0      none" in text
    assert len({len(line) for line in text.splitlines()}) == 1


def test_the_viewer_tells_how_late_whole_pictures_are_once_it_has_caught_up():
    captured = 2**32 * 100_000 // 9 - 2 * SETTLE_NS  # the RTP clock begins anew while it looks
    sight = Sight(offered=captured)
    sight.packet(0, 0, captured + 10 * MS)  # not its last packet
    sight.packet(0, 1, captured + 30 * MS)
    for number in range(200):
        capture = captured + 30 * MS + SETTLE_NS + number * 33 * MS
        sight.packet(capture * 9 // 100_000 % 2**32, 1, capture + (90 if number == 7 else 3) * MS)
    report = sight.report()
    assert report["first_ms"] == 30
    assert report["rate"] == pytest.approx(1000 / 33, abs=0.02)
    assert report["late_ms"] == pytest.approx(3, abs=0.02)
    assert report["late_p99_ms"] == pytest.approx(3, abs=0.02)
    assert max(sight.late) == pytest.approx(90, abs=0.02)


def test_the_viewer_says_that_nothing_came():
    assert Sight(offered=0).report() == {"rate": 0.0, "first_ms": None, "late_ms": None, "late_p99_ms": None}
