"""Records as bytes: what the parsers accept, what they refuse, and that no bytes at all upset them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from petcam.errors import Code, PetcamError
from petcam.shm import audio, detections, layout, stream
from petcam.shm.detections import Box
from petcam.shm.layout import AUDIO, AUDIO_SLOT, DETECTIONS_SLOT, STREAM, STREAM_SLOT


def stream_slot(**changed):
    slot = np.zeros(1, STREAM_SLOT)
    for field, value in {"sequence": 2, "data_size": 10, "width": 640, "height": 480, **changed}.items():
        slot[field] = value
    return slot.tobytes()


def detections_slot(*boxes, **changed):
    slot = np.zeros(1, DETECTIONS_SLOT)
    for field, value in {"sequence": 2, "count": len(boxes), "width": 640, "height": 480, **changed}.items():
        slot[field] = value
    for place, box in zip(slot[0]["boxes"], boxes, strict=False):
        for field, value in zip(layout.BOX.names, box, strict=True):
            place[field] = value
    return slot.tobytes()


def refusal(parse, *arguments):
    with pytest.raises(PetcamError) as caught:
        parse(*arguments)
    assert caught.value.code is Code.BAD_SEGMENT
    return caught.value.message


def test_a_stream_slot_gives_its_fields():
    assert stream.parse_slot(stream_slot(frame_number=5))[:6] == (2, 5, 0, 0, 0, 10)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"data_size": 0}, "data_size 0"),
        ({"data_size": layout.STREAM_MAX_DATA + 1}, "data_size 4194305"),
        ({"data_position": 1}, "data_position"),
        ({"data_position": STREAM.data_capacity - 64, "data_size": 65}, "data_position"),
        ({"flags": 4}, "flags 0x4"),
        ({"width": 0}, "0x480"),
    ],
)
def test_it_refuses_a_stream_slot_out_of_range(changed, word):
    assert word in refusal(stream.parse_slot, stream_slot(**changed))


@given(st.binary(min_size=64, max_size=64))
def test_a_stream_slot_of_any_bytes_stays_within_the_data_area(raw):
    try:
        fields = stream.parse_slot(raw)
    except PetcamError as error:
        assert error.code is Code.BAD_SEGMENT
    else:
        assert 0 < fields[5] <= STREAM.data_capacity - fields[4] % STREAM.data_capacity


def audio_slot(**changed):
    slot = np.zeros(1, AUDIO_SLOT)
    for field, value in {"sequence": 2, "data_size": 10, "samples": 960, **changed}.items():
        slot[field] = value
    return slot.tobytes()


def test_an_audio_slot_gives_its_fields():
    assert audio.parse_slot(audio_slot(packet_number=5, rms=-1, peak=-9600))[1:10] == (
        5,
        0,
        0,
        0,
        10,
        0,
        960,
        -1,
        -9600,
    )


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"data_size": 0}, "data_size 0"),
        ({"data_size": layout.AUDIO_MAX_DATA + 1}, "data_size 1276"),
        ({"data_position": 4}, "data_position"),
        ({"data_position": AUDIO.data_capacity - 8, "data_size": 9}, "data_position"),
        ({"flags": 1}, "flags 0x1"),
        ({"samples": 480}, "480 samples"),
        ({"rms": 1}, "levels 1 and 0"),
        ({"peak": -9601}, "levels 0 and -9601"),
        ({"capture_ns": 1_000_000_001}, "lies after publish_ns 0"),
    ],
)
def test_it_refuses_an_audio_slot_out_of_range(changed, word):
    assert word in refusal(audio.parse_slot, audio_slot(**changed))


@given(st.binary(min_size=64, max_size=64))
def test_an_audio_slot_of_any_bytes_stays_within_the_data_area(raw):
    try:
        fields = audio.parse_slot(raw)
    except PetcamError as error:
        assert error.code is Code.BAD_SEGMENT
    else:
        assert 0 < fields[5] <= AUDIO.data_capacity - fields[4] % AUDIO.data_capacity


def test_a_detections_slot_gives_its_boxes():
    found = detections.parse_slot(detections_slot((b"cat", 0.5, 1, 2, 3, 4), ("犬".encode(), 1, -1, 0, 2, 2)), 9)
    assert found == (9, 0, 0, 0, 0, 640, 480, (Box("cat", 0.5, 1, 2, 3, 4), Box("犬", 1, -1, 0, 2, 2)))


def test_no_boxes_are_a_result_too():
    assert detections.parse_slot(detections_slot(), 1).boxes == ()


def test_a_class_name_may_fill_its_32_bytes():
    assert detections.parse_slot(detections_slot((b"c" * 32, 0.5, 1, 2, 3, 4)), 1).boxes[0].class_name == "c" * 32


BAD_BOXES = [
    ((b"", 0.5, 0, 0, 1, 1), "class_name"),
    ((b"a\0b", 0.5, 0, 0, 1, 1), "NUL"),
    ((b"cat", math.nan, 0, 0, 1, 1), "not finite"),
    ((b"cat", 0.5, math.inf, 0, 1, 1), "not finite"),
    ((b"cat", 1.5, 0, 0, 1, 1), "0..1"),
    ((b"cat", -0.5, 0, 0, 1, 1), "0..1"),
    ((b"cat", 0.5, 0, 0, 0, 1), "above 0"),
    ((b"cat", 0.5, 640, 0, 1, 1), "outside the picture of 640x480"),
    ((b"cat", 0.5, 0, -5, 1, 5), "outside the picture of 640x480"),
]


@pytest.mark.parametrize(("box", "word"), [*BAD_BOXES, ((b"\xff", 0.5, 0, 0, 1, 1), "UTF-8")])
def test_it_refuses_a_box_that_breaks_the_rules(box, word):
    assert word in refusal(detections.parse_slot, detections_slot(box), 1)


def test_it_refuses_a_count_over_the_maximum():
    assert refusal(detections.parse_slot, detections_slot(count=33), 1) == "count 33 is over 32"


def test_it_refuses_a_picture_without_pixels():
    assert "640x0" in refusal(detections.parse_slot, detections_slot(height=0), 1)


@given(st.binary(min_size=40, max_size=1728), st.integers(0, 40))
def test_a_detections_slot_of_random_bytes_is_parsed_or_refused(raw, count):
    raw = raw[:36] + count.to_bytes(4, "little") + raw[40:].ljust(1688, b"\1")
    try:
        found = detections.parse_slot(raw, 1)
    except PetcamError as error:
        assert error.code is Code.BAD_SEGMENT
    else:
        assert len(found.boxes) <= layout.MAX_BOXES
        assert all(0 <= box.confidence <= 1 for box in found.boxes)
