"""Frames as the watcher wants them."""

import numpy as np
import pytest

av = pytest.importorskip("av")

from petcam.detect.area import WHOLE, Area  # noqa: E402
from petcam.detect.motion import HEIGHT, WIDTH  # noqa: E402
from petcam.detect.pictures import Cutter, DecodedFrame  # noqa: E402

QUARTERS = {(0, 0): (200, 30, 30), (1, 0): (30, 200, 30), (0, 1): (30, 30, 200), (1, 1): (200, 200, 30)}


def quarters(width: int, height: int, pixels: str = "yuv420p"):
    """A frame with a colour in each quarter, by (right, lower)."""
    picture = np.zeros((height, width, 3), np.uint8)
    for (right, lower), colour in QUARTERS.items():
        rows = slice(lower * height // 2, (lower + 1) * height // 2)
        picture[rows, right * width // 2 : (right + 1) * width // 2] = colour
    return av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixels)


@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv420p10le", "nv12"])
@pytest.mark.parametrize("size", [(1280, 720), (322, 182), (64, 200)])
def test_a_part_is_cut_out_in_its_place_and_colours(size: tuple[int, int], pixels: str) -> None:
    frame, cutter = quarters(*size, pixels), Cutter()
    for (right, lower), colour in QUARTERS.items():
        area = Area(right / 2 + 0.1, lower / 2 + 0.1, right / 2 + 0.4, lower / 2 + 0.4)
        cut = cutter.cut(frame, area, 30, 20)
        assert cut.shape == (20, 30, 3) and cut.dtype == np.uint8 and cut.flags.c_contiguous
        assert np.abs(cut.reshape(-1, 3).mean(0) - colour).max() < 12


def test_the_whole_picture_is_stretched() -> None:
    cut = Cutter().cut(quarters(1280, 720), WHOLE, 300, 300)
    for (right, lower), colour in QUARTERS.items():
        assert np.abs(cut[50 + 200 * lower, 50 + 200 * right].astype(int) - colour).max() < 12


def test_a_part_that_ends_at_the_edge_or_is_tiny_is_cut_out_too() -> None:
    cutter = Cutter()
    for area in (Area(0.99, 0.99, 1, 1), Area(0, 0, 0.001, 0.001), Area(0.3, 0, 0.7, 1)):
        assert cutter.cut(quarters(322, 182), area, 300, 300).shape == (300, 300, 3)


def test_a_thumbnail_has_the_light_of_the_picture() -> None:
    frame = DecodedFrame(quarters(640, 480), (4, 3), 7, Cutter())
    thumbnail = frame.thumbnail()
    assert thumbnail.shape == (HEIGHT, WIDTH) and thumbnail.dtype == np.float32
    assert thumbnail[20, 120] > thumbnail[20, 30] > thumbnail[70, 30]
    assert frame.aspect == pytest.approx(4 / 3)
