"""A few of the simulated days of ``make bench ARGS=visits``."""

import pytest

from bench.visits import day_score


@pytest.mark.parametrize("seed", [3, 7, 8, 9, 14, 18])
def test_a_simulated_day_has_its_visits(seed: int) -> None:
    found = day_score(seed, hours=8)
    assert found.missed == 0
    assert (found.cut, found.made_up) == (0, 0)
