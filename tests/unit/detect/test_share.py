"""A share of a core, by clocks of the tests."""

import pytest

from petcam.detect.share import Share


class Clocks:
    now = used = 0.0

    def work(self, seconds: float, cores: float = 1.0) -> None:
        self.now += seconds
        self.used += seconds * cores

    def rest(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def share_of(clocks: Clocks, share: float) -> Share:
    return Share(share, lambda: clocks.used, lambda: clocks.now)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 2.0])
@pytest.mark.parametrize("cores", [0.3, 1.0, 4.0])
def test_it_is_kept_whatever_a_look_takes(clocks: Clocks, share: float, cores: float) -> None:
    """Also where the machine gives this process only a part of a core, and with several threads."""
    limit = share_of(clocks, share)
    for i in range(2000):
        clocks.work(0.02 + 0.05 * (i % 7), cores)
        clocks.rest(limit.wait_seconds())
    assert clocks.used / clocks.now == pytest.approx(min(share, cores), rel=0.03)


def test_what_was_not_used_for_long_may_not_be_used_at_once(clocks: Clocks) -> None:
    limit = share_of(clocks, 0.5)
    clocks.rest(3600)
    begin = clocks.now
    used = clocks.used
    while clocks.now - begin < 10:
        clocks.rest(limit.wait_seconds())
        clocks.work(0.1)
    assert clocks.used - used <= 0.5 * 10 + 0.5 + 0.2
