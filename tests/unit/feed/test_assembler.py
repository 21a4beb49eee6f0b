"""What becomes of a stream's damaged units, of its parameter sets, and of what it says of itself."""

import pytest

from petcam.h264 import Assembler, NotPlayable, annexb, sps
from petcam.h264.assembler import OF_PICTURES, UNPLAYABLE
from tests.h264_bits import pps_of, slice_of, sps_of

SPS, PPS, IDR, P = sps_of(640, 480), pps_of(), slice_of("I", idr=True), slice_of()
MAIN, B = sps_of(640, 480, profile=77), slice_of("B")


def nals(picture):
    return list(annexb.nal_units(picture.data))


def test_one_damaged_slice_costs_its_picture_and_no_more():
    assembler = Assembler([SPS, PPS])
    assert assembler.picture([IDR]).keyframe
    assert assembler.picture([b"\x41\0\0\0"]) is None
    assert assembler.picture([B]) is None, "baseline has no B-frames, so it is damaged"
    assert assembler.picture([P]) is not None
    assert assembler.skipped == 2


def test_baseline_is_never_taken_for_a_stream_with_b_frames():
    assembler = Assembler([SPS, PPS])
    assert [assembler.picture([B]) for _ in range(100)] == [None] * 100


def test_the_third_of_several_b_frames_tells_what_the_stream_is_like():
    assembler = Assembler([MAIN, PPS])
    assembler.picture([IDR])
    for _ in range(UNPLAYABLE - 1):
        assert assembler.picture([B]) is None
        assert assembler.picture([P]) is not None
    with pytest.raises(NotPlayable, match="B-frames"):
        assembler.picture([B])


def test_damaged_slices_far_apart_tell_nothing():
    assembler = Assembler([MAIN, PPS])
    for n in range(400):
        damaged = n % 20 == 19
        assert (assembler.picture([B if damaged else P]) is None) == damaged


def test_a_stream_that_has_become_playable_is_looked_at_again():
    assembler = Assembler([MAIN, PPS])
    with pytest.raises(NotPlayable):
        for _ in range(UNPLAYABLE):
            assembler.picture([B])
    for n in range(OF_PICTURES):
        assert not assembler.is_playable
        try:
            assembler.picture([IDR if n == OF_PICTURES - 1 else P])
        except NotPlayable:
            continue
    assert assembler.is_playable


@pytest.mark.parametrize("broken", [b"\x67\x42", b"\x67" + b"\xff" * 30, b"\x67\x42\x00\x33" + bytes(20)])
def test_a_broken_sps_changes_nothing_and_is_left_out(broken):
    assembler = Assembler()
    assembler.picture([SPS, PPS, IDR])
    picture = assembler.picture([broken, PPS, IDR])
    assert nals(picture) == [SPS, PPS, IDR] and assembler.skipped == 1


def test_an_sps_that_browsers_cannot_play_counts_once_it_has_come_twice():
    odd = sps_of(640, 480, profile=88)
    assembler = Assembler([SPS, PPS])
    assert nals(assembler.picture([odd, IDR])) == [SPS, PPS, IDR]
    assert nals(assembler.picture([SPS, IDR])) == [SPS, PPS, IDR]
    with pytest.raises(NotPlayable, match="profile 88"):
        for _ in range(1 + UNPLAYABLE):
            assembler.picture([odd, IDR])


def test_a_stream_that_was_never_playable_is_known_by_its_first_pictures():
    assembler = Assembler([sps_of(640, 480, profile=88), PPS])
    assert [assembler.picture([P]) for _ in range(UNPLAYABLE - 1)] == [None] * (UNPLAYABLE - 1)
    with pytest.raises(NotPlayable, match="profile 88"):
        assembler.picture([P])


def test_the_size_is_that_of_the_sps_that_the_picture_uses():
    assembler = Assembler([sps_of(320, 240), sps_of(640, 480, number=1), pps_of(0, 0), pps_of(1, 1)])
    sizes = [(p.width, p.height) for p in (assembler.picture([slice_of(pps=n % 2)]) for n in range(4))]
    assert sizes == [(320, 240), (640, 480)] * 2


def test_each_keyframe_has_its_own_sets_where_they_have_two_ids():
    sets = {0: (sps_of(640, 480), pps_of(0, 0)), 1: (sps_of(640, 480, references=2, number=1), pps_of(1, 1))}
    assembler = Assembler()
    for number, both in sets.items():
        assembler.picture([*both, slice_of("I", pps=number, idr=True)])
    for number in (0, 1, 0, 1):
        idr = slice_of("I", pps=number, idr=True)
        assert nals(assembler.picture([idr])) == [*sets[number], idr]


def test_a_keyframe_has_every_pps_that_later_pictures_may_use():
    second = pps_of(1, 0, mark=7)
    assembler = Assembler()
    assembler.picture([SPS, PPS, IDR])
    assembler.picture([second, slice_of(pps=1)])
    assert nals(assembler.picture([SPS, PPS, IDR])) == [SPS, PPS, second, IDR]


def test_a_picture_whose_sets_have_not_come_is_left_out():
    assembler = Assembler([SPS, PPS])
    assert assembler.picture([slice_of(pps=3)]) is None


@pytest.mark.parametrize("kind", [0, 9, 12, 24, 25, 28, 29, 31])
def test_units_that_are_for_nobody_do_not_leave(kind):
    assembler = Assembler([SPS, PPS])
    assert nals(assembler.picture([bytes([kind]) + b"\x80\x11", P])) == [P]


@pytest.mark.parametrize(
    ("timing", "fps"), [((1, 60), 30), ((1001, 60000), 29.97), ((1, 90_000), 0), ((1, 2**32 - 1), 0), ((90_000, 1), 0)]
)
def test_a_frame_rate_that_cannot_be_is_not_said(timing, fps):
    assert sps.parse(sps_of(640, 480, timing=timing)).fps == pytest.approx(fps, abs=0.01)


@pytest.mark.parametrize(("aspect", "parsed"), [((16, 11), (16, 11)), ((0, 5), (1, 1)), ((60_000, 1), (1, 1))])
def test_the_shape_of_a_pixel_is_that_of_the_vui(aspect, parsed):
    assert sps.parse(sps_of(352, 288, aspect=aspect)).aspect == parsed


def test_a_flood_of_pps_is_bounded():
    assembler = Assembler([SPS])
    for number in range(256):
        assembler.picture([pps_of(number) + b"x" * 1000])
    assert sum(map(len, nals(assembler.picture([IDR])))) < 66_000
