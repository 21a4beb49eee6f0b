"""Where decoding can begin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petcam.shm import nal

IDR = b"\0\0\0\1\x67\x42\0\0\1\x68\xce\0\0\1\x65\x88"


@pytest.mark.parametrize(
    ("data", "keyframe"),
    [
        (IDR, True),
        (b"\0\0\0\1\x09\xf0" + IDR, True),
        (b"\0\0\1\x41\x9a" + IDR, False),
        (b"\0\0\1\x65\x88", False),
        (b"\0\0\1", False),
        (b"", False),
    ],
)
def test_a_keyframe_has_parameter_sets_and_an_idr_slice_first(data, keyframe):
    assert nal.is_keyframe(data) is keyframe


def test_an_idr_without_parameter_sets_is_an_idr_all_the_same():
    assert nal.has_idr(b"\0\0\1\x65\x88")
    assert not nal.has_idr(b"\0\0\1\x41\x9a")


def test_annexb_begins_with_a_start_code():
    assert nal.is_annexb(b"\0\0\1") and nal.is_annexb(b"\0\0\0\1")
    assert not nal.is_annexb(b"\0\0\0\x05\x65")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_keyframe_or_not(data):
    assert nal.is_keyframe(data) in (True, False)
