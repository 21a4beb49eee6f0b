"""What the detector says of itself."""

import pytest

from petcam.detect.account import Account
from petcam.shm.detections import Box

CAT = Box("cat", 0.934, 1, 2, 3, 4)


class Clocks:
    now = used = 0.0
    wall = 1_790_000_000.0


@pytest.fixture
def clocks(monkeypatch) -> Clocks:
    monkeypatch.setenv("TZ", "UTC")
    return Clocks()


def account_of(clocks: Clocks) -> Account:
    return Account(lambda: clocks.used, lambda: clocks.now, lambda: clocks.wall)


def test_it_says_how_often_it_looks_and_what_that_costs(clocks: Clocks) -> None:
    account = account_of(clocks)
    for _ in range(25):
        account.looked()
    clocks.now, clocks.used = 10.0, 3.1
    assert account.words() == "2.5 looks a second with 31 % of a core; has seen nothing so far"


def test_it_tells_of_the_last_minute(clocks: Clocks) -> None:
    account = account_of(clocks)
    for second in range(0, 600, 10):
        clocks.now = float(second)
        if second >= 300:
            for _ in range(20):
                account.looked()
        words = account.words()
    assert words.startswith("2.0 looks a second")


def test_it_names_what_it_sees_and_what_it_saw_last(clocks: Clocks) -> None:
    account = account_of(clocks)
    account.saw([CAT, Box("person", 0.61, 1, 2, 3, 4)])
    assert account.words().endswith("; sees cat 93 %, person 61 %")
    account.saw([])
    clocks.wall += 600
    assert "; saw cat 93 %, person 61 % last, at " in account.words()
    clocks.wall += 86_400
    assert " last, on 2026-" in account.words()


def test_a_crowd_is_not_named_one_by_one(clocks: Clocks) -> None:
    account = account_of(clocks)
    account.saw([CAT] * 6)
    assert account.words().endswith("sees cat 93 %, cat 93 %, cat 93 %, cat 93 % and 2 more")
