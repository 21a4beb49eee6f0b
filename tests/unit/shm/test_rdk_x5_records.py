"""The RDK X5 daemons' bytes: sizes and offsets as documented, and what makes no sense is refused."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from petcam.errors import Code, PetcamError
from petcam.shm.detections import Box
from petcam.shm.rdk_x5 import layout
from petcam.shm.rdk_x5.detections import parse_result
from petcam.shm.rdk_x5.stream import parse_frame

FRAME = np.dtype([(name, layout.FRAME[name]) for name in layout.FRAME.names[:-1]])


def frame(**changed):
    made = np.zeros(1, FRAME)
    sound = {"frame_number": 9, "tv_sec": 2, "tv_nsec": 5, "width": 1280, "height": 720, "format": 3, "data_size": 100}
    for field, value in {**sound, **changed}.items():
        made[field] = value
    return made.tobytes()


def result(dtype, *entries, **changed):
    made = np.zeros(1, dtype)
    for field, value in {"frame_number": 9, "version": 4, "num_detections": len(entries), **changed}.items():
        made[field] = value
    for place, entry in zip(made[0]["detections"], entries, strict=False):
        for field, value in zip(layout.DETECTION.names, entry, strict=True):
            place[field] = value
    return made.tobytes()


def refusal(parse, *arguments):
    with pytest.raises(PetcamError) as caught:
        parse(*arguments)
    assert caught.value.code is Code.BAD_SEGMENT
    return caught.value.message


def offsets(dtype):
    return {name: offset for name, (_, offset, *_) in dtype.fields.items()}


def test_the_ring_has_the_documented_bytes():
    assert offsets(layout.STREAM) == {"write_index": 0, "frame_interval_ms": 4, "new_frame_sem": 8, "frames": 40}
    wanted = {"frame_number": 0, "tv_sec": 8, "tv_nsec": 16, "camera_id": 24, "width": 28, "height": 32}
    assert offsets(layout.FRAME) == {**wanted, "format": 36, "data_size": 40, "data": 48}
    assert layout.FRAME.itemsize == 3_110_448


def test_both_detection_generations_have_the_documented_bytes():
    first, second = offsets(layout.DETECTIONS_1), offsets(layout.DETECTIONS_2)
    assert [first[k] for k in ("num_detections", "detections", "version", "sem")] == [24, 28, 548, 552]
    assert [second[k] for k in ("num_detections", "detections", "version", "sem")] == [16, 20, 540, 544]
    assert (layout.DETECTIONS_1.itemsize, layout.DETECTIONS_2.itemsize, layout.DETECTION.itemsize) == (584, 576, 52)


def test_a_frame_that_makes_sense_is_accepted():
    assert parse_frame(frame()) == (9, 2_000_000_005, 1280, 720, 100)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"format": 1}, "not H.264"),
        ({"data_size": 0}, "data_size"),
        ({"data_size": 3_110_401}, "data_size"),
        ({"width": -1}, "-1x720"),
        ({"height": 10_000}, "1280x10000"),
        ({"tv_nsec": 10**9}, "not possible"),
        ({"tv_sec": -1}, "not possible"),
    ],
)
def test_a_frame_that_makes_no_sense_is_refused(changed, word):
    assert word in refusal(parse_frame, frame(**changed))


def test_the_first_generation_has_a_timespec():
    raw = result(layout.DETECTIONS_1, (b"cat", 0.5, 1, 2, 3, 4), tv_sec=3, tv_nsec=7)
    found = parse_result(raw, 1)
    assert (found.capture_ns, found.frame_number, found.width, found.height) == (3_000_000_007, 9, 640, 480)
    assert found.boxes == (Box("cat", 0.5, 1, 2, 3, 4),)


def test_the_second_generation_has_seconds_of_the_monotonic_clock():
    now = time.monotonic()
    found = parse_result(result(layout.DETECTIONS_2, timestamp=now), 1)
    assert abs(found.capture_ns - now * 1e9) < 1000


def test_seconds_of_the_wall_clock_are_carried_over_to_the_monotonic_one():
    found = parse_result(result(layout.DETECTIONS_2, timestamp=time.time()), 1)
    assert abs(found.capture_ns - time.monotonic_ns()) < 5e9


def test_bytes_after_a_names_nul_are_ignored():
    raw = result(layout.DETECTIONS_2, (b"cat\0water_bowl", 0.5, 1, 2, 3, 4))
    assert parse_result(raw, 1).boxes[0].class_name == "cat"


@pytest.mark.parametrize("dtype", [layout.DETECTIONS_1, layout.DETECTIONS_2], ids=["first", "second"])
@pytest.mark.parametrize(
    ("entry", "changed", "word"),
    [
        ((b"cat", 0.5, 1, 2, 3, 4), {"num_detections": 11}, "num_detections 11"),
        ((b"cat", 0.5, 1, 2, 3, 4), {"num_detections": -1}, "num_detections -1"),
        ((b"", 0.5, 1, 2, 3, 4), {}, "class_name"),
        ((b"\xff\xfe", 0.5, 1, 2, 3, 4), {}, "UTF-8"),
        ((b"cat", math.nan, 1, 2, 3, 4), {}, "not finite"),
        ((b"cat", 2, 1, 2, 3, 4), {}, "0..1"),
        ((b"cat", 0.5, 1, 2, -3, 4), {}, "above 0"),
        ((b"cat", 0.5, 700, 2, 3, 4), {}, "outside"),
    ],
)
def test_a_result_that_makes_no_sense_is_refused(dtype, entry, changed, word):
    assert word in refusal(parse_result, result(dtype, entry, **changed), 1)


@given(st.binary(min_size=48, max_size=48))
def test_a_frame_of_any_bytes_stays_within_its_slot(raw):
    try:
        size = parse_frame(raw)[4]
    except PetcamError as error:
        assert error.code is Code.BAD_SEGMENT
    else:
        assert 1 <= size <= layout.MAX_DATA


@given(st.sampled_from([576, 584]), st.binary(min_size=64, max_size=584), st.integers(-1, 11))
def test_a_result_of_random_bytes_is_parsed_or_refused(size, raw, count):
    made = bytearray(raw.ljust(584, b"\1")[:size])
    place = 16 if size == 576 else 24
    made[place : place + 4] = count.to_bytes(4, "little", signed=True)
    try:
        found = parse_result(bytes(made), 1)
    except PetcamError as error:
        assert error.code is Code.BAD_SEGMENT
    else:
        assert len(found.boxes) <= layout.MAX_DETECTIONS
