"""A directory for the database, and boards whose stores are closed at the end."""

import pytest

from petcam.events.read import Reader
from tests.unit.events.stand_ins import Board


@pytest.fixture
def make_board(tmp_path):
    boards = []

    def make(directory=tmp_path / "events", **more):
        boards.append(Board(directory, **more))
        return boards[-1]

    yield make
    for board in boards:
        board.close()


@pytest.fixture
def board(make_board):
    return make_board()


@pytest.fixture
def reader(tmp_path):
    return Reader(tmp_path / "events")
