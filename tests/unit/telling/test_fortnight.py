"""Two days of the bench's simulated fortnight, in which petcam-events is ended thirty times: what must hold, holds, and
the judge sees what does not."""

import os
import time

import pytest

from bench.fortnight import PLANS, lived
from petcam.telling.outbox import Outbox
from petcam.telling.rules import Rules
from petcam.telling.teller import Teller

DAYS, ENDS = 2, 30

pytestmark = pytest.mark.timeout(600)  # 13 s of computing, ten times that on a machine that is busy


@pytest.fixture
def live():
    """The score of the days of one of the plans."""
    zone = os.environ.get("TZ")

    def run(number, **fields):
        return lived(PLANS[number]._replace(**{"days": DAYS, "ends": ENDS, **fields}))[0]

    yield run
    os.environ.pop("TZ")
    if zone is not None:
        os.environ["TZ"] = zone
    time.tzset()


@pytest.mark.parametrize("number", range(len(PLANS)))
def test_each_visit_is_told_once_soon_and_never_in_quiet_hours(live, number):
    found = live(number)
    assert found.sum("ends") >= ENDS and found.sum("told") >= 3 and found.sum("quiet") > 3
    must_hold = ("twice", "in_quiet", "late", "untold")
    assert {name: found.sum(name) for name in must_hold} == dict.fromkeys(must_hold, 0), found.faults
    assert (found.too_soon, found.no_picture) == (0, 0), found.faults
    assert found.same_visit == 0, found.faults
    assert found.sum("by_a_kill") <= ENDS / 5


def test_the_judge_sees_what_is_sent_again_though_it_may_have_arrived(live, monkeypatch):
    monkeypatch.setattr(Outbox, "begin", lambda *_: None)
    assert live(0).sum("twice") > 0


def test_the_judge_sees_that_it_is_forgotten_what_was_judged(live, monkeypatch):
    real = Rules.__init__
    monkeypatch.setattr(Rules, "__init__", lambda self, judged=(), alerts=(), held=(): real(self))
    monkeypatch.setattr(Teller, "told_id", 0)
    assert live(0, days=1, ends=20).sum("twice") > 0


def test_the_judge_sees_what_is_told_in_quiet_hours(live, monkeypatch):
    monkeypatch.setattr("petcam.telling.rules._is_quiet", lambda *_: False)
    assert live(0, days=1, ends=20).sum("in_quiet") > 0


def test_the_judge_sees_who_is_told_again_after_a_start(live, monkeypatch):
    monkeypatch.setattr(Rules, "_goes_on", lambda *_: False)
    assert live(0, days=1, ends=20).same_visit > 0
