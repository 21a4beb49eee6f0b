"""The header's constant part: what is accepted, what means "no data yet", what is refused, and why."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petcam.errors import Code, PetcamError
from petcam.shm import header, layout
from petcam.shm.layout import AUDIO, DETECTIONS, SHAPES, STREAM

NAME = "/petcam_stream"


def page(shape=STREAM, *, epoch=7, **changed):
    """A header page of ``shape`` with the fields ``changed`` and a right checksum."""
    raw = bytearray(header.build(shape, epoch, 42, "camera")) + bytes(layout.HEADER_SIZE - layout.FIXED_SIZE)
    for field, value in changed.items():
        dtype, offset = layout.HEADER.fields[field][:2]
        raw[offset : offset + dtype.itemsize] = value.to_bytes(dtype.itemsize, "little")
    raw[124:128] = zlib.crc32(raw[:124]).to_bytes(4, "little")
    return bytes(raw)


def refusal(raw, shape=STREAM, size=None):
    with pytest.raises(PetcamError) as caught:
        header.parse(raw, shape.segment_size if size is None else size, shape, NAME)
    assert caught.value.code is Code.BAD_SEGMENT
    assert caught.value.message.startswith(NAME + ": ")
    return caught.value.message


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.kind)
def test_it_accepts_what_a_writer_builds(shape):
    assert header.parse(page(shape), shape.segment_size, shape, NAME) == (7, 42, "camera")


def test_a_bad_magic_means_no_data_yet():
    assert header.parse(bytes(4096), STREAM.segment_size, STREAM, NAME) is None
    assert header.parse(page(DETECTIONS), STREAM.segment_size, STREAM, NAME) is None
    assert header.parse(page(STREAM), AUDIO.segment_size, AUDIO, NAME) is None


def test_a_short_file_means_no_data_yet():
    assert header.parse(page()[:100], 100, STREAM, NAME) is None


def test_it_refuses_a_newer_version_and_says_to_upgrade():
    assert refusal(page(abi_version=2)) == f"{NAME}: ABI version 2, this petcam reads 1: upgrade petcam"


def test_it_refuses_a_version_before_its_checksum():
    raw = page(abi_version=2)
    assert "ABI version 2" in refusal(raw[:124] + b"\0\0\0\0" + raw[128:])


def test_it_refuses_version_0():
    assert "upgrade its writer" in refusal(page(abi_version=0))


def test_it_refuses_a_wrong_checksum():
    raw = page()
    assert "checksum" in refusal(raw[:64] + b"X" + raw[65:])


@pytest.mark.parametrize(
    "field", ["header_size", "segment_size", "slot_count", "slot_size", "data_start", "data_capacity"]
)
def test_it_refuses_another_geometry(field):
    assert field in refusal(page(**{field: 2**31}))


def test_it_refuses_a_file_of_another_size():
    assert "the file has 8192 bytes" in refusal(page(), size=8192)


def test_it_refuses_epoch_0():
    assert "epoch" in refusal(page(epoch=0))


def test_a_writer_name_is_cut_between_characters():
    assert header.cut_utf8("猫" * 11, 32) == ("猫" * 10).encode()


@given(st.data())
def test_random_bytes_are_parsed_or_refused(data):
    raw = bytearray(data.draw(st.sampled_from([*map(page, SHAPES), bytes(4096)])))
    for offset, byte in data.draw(st.dictionaries(st.integers(0, 160), st.integers(0, 255), max_size=8)).items():
        raw[offset] = byte
    if data.draw(st.booleans()):
        raw[124:128] = struct.pack("<I", zlib.crc32(raw[:124]))
    raw = raw[: data.draw(st.sampled_from([0, 8, 127, 4095, 4096]))]
    shape = data.draw(st.sampled_from(SHAPES))
    try:
        parsed = header.parse(bytes(raw), data.draw(st.sampled_from([4096, shape.segment_size])), shape, NAME)
    except PetcamError as error:
        assert error.code is Code.BAD_SEGMENT
    else:
        assert parsed is None or parsed.epoch > 0
