"""Network cameras with one bad habit each, all through the real `petcam feed` into shared memory.

What holds on a machine of any speed; how fast it is, tests/zoo/test_rates.py prints.
"""

import pytest

from tests.zoo import clips
from tests.zoo.habits import Habits
from tests.zoo.login import Login
from tests.zoo.outcome import require_said, require_true_captures
from tests.zoo.playing import Case, play_all

SECRET = "s3cret"
LARGER = (640, 480)
P_PICTURES = (5, 6, 14, 27)  # none of them a keyframe
CASES = [
    Case("none"),
    Case("half of its rate", Habits(stamped=2)),
    Case("at night", Habits(stamped=1 / 0.84)),
    Case("jitter", Habits(jitter=0.08)),
    Case("jumps", Habits(jumps=((12, 10.0), (24, -21.5)))),
    Case("glitches", Habits(glitches=((12, 1.9), (24, -1.5)))),
    Case("wraps, joined late", Habits(first=7, first_stamp=2**32 - 90_000)),
    Case("sets stamped like the picture before", Habits(sets_stamped_before=True)),
    Case("four slices", units=lambda: clips.h264(slices=4), pictures=60),
    Case("packets of one size", Habits(cuts_evenly=True), lambda: clips.h264(size=LARGER), pictures=60),
    Case("a long group", units=lambda: clips.h264(keyint=200)),
    Case(
        "slices that read as B",
        units=lambda: clips.with_damaged_slices(clips.h264(), set(P_PICTURES), (clips.B_INSTEAD_OF_P,)),
        left_out=P_PICTURES,
        says=("damaged units left out so far: 2",),
    ),
    Case("garbled slices", units=lambda: clips.with_damaged_slices(clips.h264(), set(P_PICTURES), clips.GARBLED)),
    Case(
        "an SPS of two bytes",
        units=lambda: clips.with_short_sps(clips.h264(), {20}),
        says=("damaged units left out so far: 1",),
    ),
    Case("audio before video, no sprop", Habits(tracks=("audio", "video"), has_sprop=False)),
    Case("audio after video, UDP only", Habits(tracks=("video", "audio"), transports=("udp",))),
    Case("TCP only, a basic password", Habits(transports=("tcp",), login=Login("Basic", "cat", SECRET))),
    Case("a redirection, a digest password", Habits(redirects=True, login=Login("Digest", "cat", SECRET))),
]
by_case = pytest.mark.parametrize("case", CASES, ids=str)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    return play_all(CASES, tmp_path_factory.mktemp("cameras"))


@pytest.fixture
def outcome(case, outcomes):
    return outcomes[case.name].result()


@by_case
def test_no_picture_is_lost_that_can_be_decoded(case, outcome):
    found = outcome.compared()
    assert [place for place in found.lost if place not in case.left_out] == []
    assert found.strange == 0


@by_case
def test_the_first_picture_that_was_sent_is_the_first_that_is_published(case, outcome):
    if not case.left_out:
        assert outcome.compared().places[0] == outcome.came[0].record
    assert [unit.discontinuity for unit in outcome.came[1:]] == [False] * (case.pictures - 1)


@by_case
def test_captures_rise_and_are_never_after_publishing(case, outcome):
    require_true_captures(outcome.came)


@by_case
def test_it_is_connected_to_once(case, outcome):
    assert len(outcome.plays) == 1


@by_case
def test_the_log_says_what_is_wrong_and_nothing_else(case, outcome):
    require_said(outcome.log, case.says)
    assert SECRET not in "".join(outcome.log)
    assert outcome.status == 0
