"""The detections segment between a writer and a reader."""

import math
import zlib

import pytest

from petcam.errors import Code, PetcamError
from petcam.shm.detections import Box, DetectionReader, DetectionWriter
from petcam.shm.stream import AccessUnit
from tests.integration.shm import stress


def frame(number):
    return AccessUnit(1, 0, number, 1000 + number, 0, True, False, 640, 480, b"")


@pytest.fixture
def writer(name):
    with DetectionWriter(name) as writer:
        yield writer


@pytest.fixture
def reader(name, writer):
    with DetectionReader(name) as reader:
        yield reader


def test_a_reader_returns_what_the_writer_published(writer, reader):
    boxes = (Box("cat", 0.5, 1, 2, 3, 4), Box("いぬ", 1.0, -5.5, 0, 600, 400))
    assert writer.publish(frame(7), boxes) == 0
    found = reader.read(0)
    assert (found.record, found.frame_number, found.capture_ns, found.width, found.height) == (0, 7, 1007, 640, 480)
    assert found.boxes == boxes
    assert found.epoch > 0 and found.publish_ns > 0


def test_plain_tuples_are_boxes_too(writer, reader):
    writer.publish(frame(1), [("cat", 0.5, 1, 2, 3, 4)])
    assert reader.read(0).boxes == (Box("cat", 0.5, 1, 2, 3, 4),)


def test_nothing_found_is_a_record_without_the_boxes_before(writer, reader):
    writer.publish(frame(1), [("cat", 0.5, 1, 2, 3, 4)])
    writer.publish(frame(2), [])
    assert reader.read(0).boxes == ()


def test_a_reader_begins_at_the_newest_record(writer, reader):
    for number in range(5):
        writer.publish(frame(number), [])
    assert reader.read(0).record == 4
    assert reader.skipped == 0


@pytest.mark.parametrize(("published", "earlier", "first"), [(1, 5, 0), (5, 5, 0), (9, 5, 3), (100, 63, 36)])
def test_a_reader_may_begin_some_records_earlier(name, writer, published, earlier, first):
    for number in range(published):
        writer.publish(frame(number), [])
    with DetectionReader(name, earlier) as reader:
        assert [reader.read(0).record for _ in range(first, published)] == list(range(first, published))
        assert reader.read(0) is None and reader.skipped == 0


def test_a_reader_that_keeps_up_sees_every_record(writer, reader):
    seen = []
    for number in range(1000):
        writer.publish(frame(number), [("cat", 0.5, 1, 2, 3, 4)] * (number % 33))
        seen.append(reader.read(0).record)
    assert seen == list(range(1000))
    assert reader.skipped == 0


def test_a_reader_that_fell_behind_resumes_at_the_newest_and_counts(writer, reader):
    writer.publish(frame(0), [])
    reader.read(0)
    for number in range(1, 200):
        writer.publish(frame(number), [])
    assert reader.read(0).record == 199
    assert reader.skipped == 198


@pytest.mark.parametrize(
    ("box", "words"),
    [
        (("", 0.5, 0, 0, 1, 1), "class_name"),
        (("猫" * 11, 0.5, 0, 0, 1, 1), "class_name must have 1 to 32 bytes"),
        (("cat", math.nan, 0, 0, 1, 1), "not finite"),
        (("cat", 0.5, 1e39, 0, 1, 1), "not finite"),
        (("cat", 1.01, 0, 0, 1, 1), "confidence"),
        (("cat", 0.5, 0, 0, 1e-50, 1), "w and h"),
        (("cat", 0.5, 700, 0, 1, 1), "outside the picture of 640x480"),
        (("cat", 0.5), "must have class_name, confidence, x, y, w, h"),
    ],
)
def test_a_box_that_breaks_the_rules_is_refused_at_the_writer(writer, reader, box, words):
    with pytest.raises(PetcamError, match=words) as caught:
        writer.publish(frame(1), [("cat", 0.5, 0, 0, 1, 1), box])
    assert caught.value.code is Code.BAD_REQUEST
    assert reader.read(0) is None


def test_more_boxes_than_fit_are_refused_at_the_writer(writer, reader):
    with pytest.raises(PetcamError, match="33 boxes; 32 fit"):
        writer.publish(frame(1), [("cat", 0.5, 0, 0, 1, 1)] * 33)
    writer.publish(frame(1), [("cat", 0.5, 0, 0, 1, 1)] * 32)
    assert len(reader.read(0).boxes) == 32


@pytest.mark.parametrize(
    ("field", "value", "words"), [("count", 33, "count 33 is over 32"), ("confidence", math.nan, "not finite")]
)
def test_a_record_of_a_wrong_writer_is_refused_and_logged(writer, reader, caplog, field, value, words):
    writer.publish(frame(1), [("cat", 0.5, 1, 2, 3, 4)])
    slots = writer._segment.slots
    if field == "count":
        slots["count"][0] = value
    else:
        slots["boxes"]["confidence"][0, 0] = value
    slots["slot_crc"][0] = zlib.crc32(slots[0].tobytes()[:-4])
    assert reader.read(0) is None
    assert reader.skipped == 1
    [line] = caplog.messages
    assert line.startswith(f"{reader.name}: record refused: ") and words in line
    assert line.endswith(f"correct its writer (sudo petcam shm check {reader.name})")
    writer.publish(frame(2), [])
    assert reader.read(0).frame_number == 2


def test_a_slot_that_does_not_match_its_checksum_is_never_returned(writer, reader):
    writer.publish(frame(1), [("cat", 0.5, 1, 2, 3, 4)])
    writer._segment.slots["boxes"]["x"][0, 0] = 9  # as a processor may show it that reorders memory
    assert reader.read(0) is None
    assert reader.skipped == 1


def test_every_record_of_the_c_writer_arrives(c_writer, name):
    with stress.CWriter(c_writer, "detections", name, hz=200):
        found = stress.read_many("detections", name, 100, 0)
    assert found == {"reads": 100, "torn": 0, "skipped": 0}
