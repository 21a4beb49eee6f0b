"""Which squares the network is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petcam.detect.area import Area
from petcam.detect.squares import SHOWN, Picture

parts = st.floats(0, 1)


@given(
    st.integers(16, 4096), st.integers(16, 4096), st.integers(64, 640), parts, parts, parts, parts, st.integers(0, 9)
)
def test_what_is_shown_is_a_square_within_the_picture(
    width: int, height: int, least: int, x: float, y: float, across: float, down: float, turn: int
) -> None:
    area = Area(min(x, across), min(y, down), max(x, across), max(y, down))
    picture = Picture(width, height, least)
    for view in (picture.around(area, turn), *picture.tiles()):
        assert -1e-9 <= view.left <= view.right <= 1 + 1e-9 and -1e-9 <= view.top <= view.bottom <= 1 + 1e-9
        assert view.width * width == pytest.approx(view.height * height, rel=1e-6)
        assert view.width * width >= min(least, width, height) - 1e-6


@pytest.mark.parametrize("turn", range(len(SHOWN)))
def test_an_animal_lies_within_each_of_its_squares_with_room_around(turn: int) -> None:
    area = Area(0.4, 0.4, 0.5, 0.55)
    view = Picture(1280, 720, 300).around(area, turn)
    assert area.share_within(view) == pytest.approx(1)
    assert view.width * 1280 > 1.4 * 128


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1920, 1080), (640, 480), (300, 300), (200, 100)])
def test_the_tiles_hold_the_whole_picture_and_overlap(size: tuple[int, int]) -> None:
    tiles = Picture(*size, 300).tiles()
    assert 1 <= len(tiles) <= 20
    for x in range(21):
        for y in range(21):
            assert any(tile.holds((x / 20, y / 20)) for tile in tiles)


def test_a_picture_that_is_no_larger_than_the_network_is_shown_whole_where_it_is_square() -> None:
    assert Picture(300, 300, 300).tiles() == [Area(0, 0, 1, 1)]
