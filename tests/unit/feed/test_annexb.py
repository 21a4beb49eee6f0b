"""Annex-B splitting, parameter sets, and what browsers can play."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from petcam.errors import Code, PetcamError
from petcam.feed.transcoding import Encoder
from petcam.h264 import Assembler, NotPlayable, annexb, sps

KEEP = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def units_of(chunks: list[bytes]) -> list[bytes]:
    splitter = annexb.Splitter()
    units = [unit for chunk in chunks for unit in splitter.push(chunk)]
    return [annexb.join(unit) for unit in units + splitter.flush()]


def canonical(unit: bytes) -> bytes:
    return annexb.join(list(annexb.nal_units(unit)))


@KEEP
@given(st.lists(st.integers(0, 40_000), max_size=40))
@example(list(range(40)))
def test_access_units_do_not_depend_on_the_chunks_that_they_come_in(access_units, cuts):
    stream = b"".join(access_units)
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    chunks = [stream[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    assert units_of(chunks) == [canonical(unit) for unit in access_units]


def test_single_bytes_give_the_same_access_units(access_units):
    stream = b"".join(access_units[:3])
    assert units_of([bytes([byte]) for byte in stream]) == [canonical(unit) for unit in access_units[:3]]


def test_an_access_unit_is_returned_as_soon_as_the_next_one_begins(access_units):
    splitter = annexb.Splitter()
    assert splitter.push(access_units[0]) == []
    assert len(splitter.push(access_units[1][:8])) == 1


def test_the_last_access_unit_can_be_had_before_the_next_one_begins(access_units):
    splitter = annexb.Splitter()
    for unit in access_units:
        assert splitter.push(unit) == []
        assert splitter.has_picture and not splitter.was_cut
        assert [annexb.join(nals) for nals in splitter.flush()] == [canonical(unit)]
        assert splitter.is_empty and splitter.flush() == []


@pytest.mark.parametrize("rest", [b"rest of the slice", b"\0\0\1\x41\x42second slice", b"\0\0\0\1\x65\x42second"])
def test_it_says_that_what_was_taken_for_whole_was_not(access_units, rest):
    splitter = annexb.Splitter()
    splitter.push(access_units[0])
    splitter.flush()
    splitter.push(rest)
    assert splitter.was_cut
    splitter.push(access_units[1])
    assert not splitter.was_cut


def test_several_slices_of_a_picture_stay_together():
    first, second = b"\x65\x88first", b"\x65\x42second"  # first_mb_in_slice 0, then 1
    parameters = [b"\x09\x10", b"\x67sps", b"\x68pps"]
    stream = annexb.join([*parameters, first, second, *parameters, first])
    splitter = annexb.Splitter()
    assert splitter.push(stream) + splitter.flush() == [[*parameters, first, second], [*parameters, first]]


def test_start_codes_of_three_and_four_bytes_and_trailing_zeros_make_no_difference():
    slice_ = b"\x65\x88data"
    stream = b"\0\0\1" + slice_ + b"\0\0\0\0\0\1" + slice_ + b"\0\0"
    assert units_of([stream]) == [annexb.join([slice_])] * 2


@given(st.binary(max_size=4000))
def test_random_bytes_give_access_units_or_a_clear_error(data):
    splitter, assembler = annexb.Splitter(), Assembler()
    for unit in splitter.push(b"\0\0\1\x67" + data) + splitter.flush():
        try:
            assembler.picture(unit)
        except (PetcamError, NotPlayable):
            return


def test_what_is_no_h264_is_refused_before_it_fills_the_memory():
    splitter = annexb.Splitter()
    with pytest.raises(PetcamError, match="no H.264") as caught:
        for _ in range(10):
            splitter.push(bytes(1 << 20))
    assert caught.value.code is Code.BAD_SOURCE


def test_a_keyframe_without_parameter_sets_gets_the_last_ones(access_units):
    assembler = Assembler()
    whole = list(annexb.nal_units(access_units[0]))
    assembler.picture(whole)
    bare = [nal for nal in whole if annexb.nal_type(nal) == annexb.IDR]
    picture = assembler.picture(bare)
    kinds = [annexb.nal_type(nal) for nal in annexb.nal_units(picture.data)]
    assert picture.keyframe and kinds == [annexb.SPS, annexb.PPS, annexb.IDR]


def test_pictures_before_the_first_parameter_sets_are_left_out(access_units):
    assert Assembler().picture(list(annexb.nal_units(access_units[1]))) is None


@pytest.mark.parametrize("size", [(64, 48), (1280, 720), (1920, 1080), (158, 122)])
def test_the_sps_has_size_and_frame_rate(size):
    width, height = size
    data, keyframe = Encoder(width, height, Fraction(25), "tests").encode_i420(
        np.full((height * 3 // 2, width), 128, np.uint8)
    )
    parsed = sps.parse(next(nal for nal in annexb.nal_units(data) if annexb.nal_type(nal) == annexb.SPS))
    assert keyframe
    assert (parsed.width, parsed.height, parsed.fps) == (width, height, 25)
    assert parsed.profile == 66 and parsed.fault() is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"profile": 244}, "profile 244"),
        ({"chroma_format": 3}, "4:2:0"),
        ({"bit_depth": 10}, "8-bit"),
        ({"interlaced": True}, "interlaced"),
    ],
)
def test_an_sps_that_a_browser_cannot_play_is_refused_with_the_reason(change, reason):
    good = {"profile": 100, "chroma_format": 1, "bit_depth": 8, "interlaced": False}
    assert reason in sps.Sps(**{**good, **change}, width=64, height=48, fps=0.0).fault()


@given(st.binary(max_size=300))
def test_random_bytes_for_an_sps_are_parsed_or_refused(payload):
    try:
        assert sps.parse(b"\x67" + payload).width > 0
    except PetcamError as error:
        assert error.code is Code.BAD_SOURCE
