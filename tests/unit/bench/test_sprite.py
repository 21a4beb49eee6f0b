"""Where a pasted pet truly is."""

import numpy as np
import pytest

from bench.pet_pictures import PetPicture, cut_out, inside
from bench.pet_walk import Pose
from bench.sprite import Sprite

WHITE = np.full((90, 60, 4), 255, np.uint8)  # a white pet that fills its picture


def planes():
    return [
        np.full(shape, tone, np.float32) for shape, tone in (((720, 1280), 40), ((360, 640), 128), ((360, 640), 128))
    ]


def laid(pose, blur_s=0.0):
    under = planes()
    return under[0], Sprite(WHITE, "cat", 1, 180).lay(under, pose, blur_s)


def around(luma):
    """Left, top, right, bottom of what is bright."""
    rows, columns = np.flatnonzero((luma > 150).any(1)), np.flatnonzero((luma > 150).any(0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


@pytest.mark.parametrize("x, y", [(640.0, 500.0), (333.3, 471.7)])
@pytest.mark.parametrize("degrees", [0.0, 5.0, -5.0])
def test_the_true_box_is_what_is_seen(x, y, degrees):
    luma, placed = laid(Pose(x, y, 1.03, degrees, 1, 0.0))
    seen = around(luma)
    assert (placed.x, placed.y, placed.x + placed.w, placed.y + placed.h) == pytest.approx(seen, abs=2)
    assert placed.shown == 1.0


def test_a_pet_stands_where_its_pose_says():
    _, placed = laid(Pose(640, 500, 1.0, 0.0, 1, 0.0))
    assert (placed.x, placed.y, placed.w, placed.h) == pytest.approx((580, 320, 120, 180), abs=1)


def test_half_of_a_pet_at_the_edge_is_said_to_be_half():
    _, placed = laid(Pose(0, 500, 1.0, 0.0, 1, 0.0))
    assert placed.shown == pytest.approx(0.5, abs=0.02)
    assert (placed.x, placed.w) == (0, pytest.approx(60, abs=1))


def test_a_pet_outside_is_nowhere_and_changes_nothing():
    luma, placed = laid(Pose(-200, 500, 1.0, 0.0, 1, 0.0))
    assert placed is None
    assert (luma == 40).all()


def test_a_pet_that_walks_the_other_way_is_mirrored():
    half = WHITE.copy()
    half[:, 30:, :3] = 0  # white on the left
    sides = []
    for faces in (1, -1):
        under = planes()
        Sprite(half, "cat", 1, 180).lay(under, Pose(640, 500, 1.0, 0.0, faces, 0.0), 0.0)
        sides.append(under[0][400, 600] > under[0][400, 680])
    assert sides == [True, False]


def test_motion_blurs_along_the_rows_and_leaves_the_pet_in_its_place():
    luma, placed = laid(Pose(640, 500, 1.0, 0.0, 1, 600.0), 1 / 30)
    assert 60 < luma[400, 582] < 215
    assert placed.x + placed.w / 2 == pytest.approx(640, abs=1)


def test_an_outline_covers_its_inside_only():
    cover = inside([[2, 2], [18, 2], [18, 12], [2, 12]], 30, 20)
    assert cover[7, 10] == 255
    assert cover[7, 26] == 0


def test_a_cut_out_is_trimmed_to_its_outline():
    import av

    codec = av.CodecContext.create("png", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = 30, 20, "rgb24", 1
    data = bytes(codec.encode(av.VideoFrame.from_ndarray(np.full((20, 30, 3), 200, np.uint8), format="rgb24"))[0])
    cut = cut_out(PetPicture("x", "cat", 0), data, [[5, 5], [25, 5], [25, 15], [5, 15]])
    assert cut.pixels.shape == (10, 20, 4)
