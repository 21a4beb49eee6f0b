"""A directory for the database, and boards whose stores are closed at the end."""

import pytest

from petcam.events.read import Reader
from tests.unit.events.stand_ins import closed_at_the_end


@pytest.fixture
def make_board(tmp_path):
    with closed_at_the_end(tmp_path / "events") as make:
        yield make


@pytest.fixture
def board(make_board):
    return make_board()


@pytest.fixture
def reader(tmp_path):
    return Reader(tmp_path / "events")
