"""Encoders that write to the standard input of the real `petcam feed`, whole pictures or not, evenly or not."""

import os
import subprocess
from dataclasses import dataclass, field

import pytest

from tests.zoo import clips
from tests.zoo.encoder import Encoder, Writing
from tests.zoo.outcome import compared, nal_units, require_true_captures
from tests.zoo.playing import play_all, started

PICTURES = 36  # that are read
SECOND_SIZE = (320, 240)
DOUBLINGS = 7  # of the time after which a picture counts as whole, from 10 ms to a second: one for each that was cut


@dataclass(frozen=True)
class Case:
    name: str
    writing: Writing = field(default_factory=Writing)
    units: list[list[bytes]] = field(default_factory=clips.h264)
    left_out: tuple[int, ...] = ()  # pictures that cannot be decoded
    may_cut: int = 0  # so many pictures may be taken for whole too soon
    warns: bool = False  # that something has been left out

    def __str__(self) -> str:
        return self.name


P_PICTURES = (7, 8, 25, 50, 90, 130, 170)  # none of them a keyframe
BAD_SLICES = clips.with_damaged_slices(clips.h264(), set(P_PICTURES), (clips.B_INSTEAD_OF_P,))
CASES = [
    Case("whole pictures"),
    Case("in pieces", Writing(pieces=5), may_cut=DOUBLINGS),
    Case("in pieces with pauses", Writing(fps=10, pieces=3, between=0.02), may_cut=DOUBLINGS),
    Case("in bursts", Writing(burst=10)),
    Case("slices that read as B", Writing(), BAD_SLICES, left_out=P_PICTURES, warns=True),
    Case("SPS of two bytes", Writing(), clips.with_short_sps(clips.h264(), {20, 60, 100}), warns=True),
    Case("another size", Writing(), clips.h264()[:20] + clips.h264(size=SECOND_SIZE)[:60]),
]
by_case = pytest.mark.parametrize("case", CASES, ids=str)


def written(case, directory):
    with started(directory, "-", stdin=subprocess.PIPE) as feed:
        feed.wait_for("standard input →")  # so that a reader finds all pictures, and not only the newest
        with Encoder(os.dup(feed.process.stdin.fileno()), case.units, case.writing) as encoder:
            came = feed.read(PICTURES)
            status = feed.stop()
    return came, encoder.sent, feed.log, status


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    return play_all(CASES, tmp_path_factory.mktemp("encoders"), written)


@pytest.fixture
def outcome(case, outcomes):
    return outcomes[case.name].result()


@by_case
def test_no_picture_is_lost_that_can_be_decoded(case, outcome):
    came, sent, _, _ = outcome
    found = compared(sent, nal_units(came))
    assert len([place for place in found.lost if place % len(case.units) not in case.left_out]) <= case.may_cut
    assert found.strange <= case.may_cut


@by_case
def test_captures_rise_and_are_never_after_publishing(case, outcome):
    came, *_ = outcome
    require_true_captures(came)


@by_case
def test_the_feed_goes_on_to_the_end(case, outcome):
    _, _, log, status = outcome
    assert status == 0
    warnings = [line for line in log if not line.startswith("INFO")]
    assert ["damaged units left out" in line for line in warnings] == [True] * case.warns


def test_a_new_size_comes_with_its_keyframe(outcomes):
    came, *_ = outcomes["another size"].result()
    first = next(unit for unit in came if (unit.width, unit.height) == SECOND_SIZE)
    assert first.keyframe
