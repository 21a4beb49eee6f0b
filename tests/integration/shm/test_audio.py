"""The audio segment between a writer and a reader."""

import math
import time
import zlib

import pytest

from petcam.errors import Code, PetcamError
from petcam.shm import layout
from petcam.shm.audio import AudioReader, AudioWriter
from petcam.shm.layout import AUDIO

PACKET_NS = 20_000_000


class Microphone:
    """Publishes numbered packets of a size."""

    def __init__(self, writer):
        self.writer, self.n = writer, 0

    def publish(self, count=1, size=80):
        for _ in range(count):
            data = b"\xf8" + bytes([self.n % 256]) * (size - 1)
            self.writer.publish(data, capture_ns=1 + self.n * PACKET_NS, rms_db=-40, peak_db=-30)
            self.n += 1


@pytest.fixture
def microphone(name):
    with AudioWriter(name) as writer:
        yield Microphone(writer)


@pytest.fixture
def reader(name, microphone):
    with AudioReader(name) as reader:
        yield reader


def numbers(reader):
    return [packet.record for packet in iter(lambda: reader.read(0), None)]


def test_a_reader_returns_what_the_writer_published(microphone, reader):
    sent = {"capture_ns": 5, "rms_db": -41.27, "peak_db": -30.5, "packet_number": 9, "discontinuity": True}
    assert microphone.writer.publish(b"\xf8abc", **sent) == 0
    packet = reader.read(0)
    assert {field: getattr(packet, field) for field in sent} == sent
    assert (packet.record, packet.samples, packet.data, type(packet.data)) == (0, 960, b"\xf8abc", bytes)
    assert packet.epoch > 0 and packet.publish_ns > 0


def test_the_record_number_stands_for_a_count_that_the_source_does_not_have(microphone, reader):
    microphone.publish(3)
    assert reader.read(0).packet_number == 2


@pytest.mark.parametrize(("db", "level"), [(-math.inf, -96), (-200, -96), (0, 0), (0.004, 0), (-12.345, -12.35)])
def test_levels_have_two_decimals_and_end_at_96_below(microphone, reader, db, level):
    microphone.writer.publish(b"\xf8", capture_ns=1, rms_db=-96, peak_db=db)
    assert reader.read(0).peak_db == pytest.approx(level, abs=0.011)


def test_a_reader_begins_at_the_newest_packet(microphone, reader):
    microphone.publish(25)
    assert numbers(reader) == [24]
    assert reader.skipped == 0


def test_a_reader_that_came_first_begins_with_the_first_packet(microphone, reader):
    assert reader.read(0) is None
    microphone.publish(3)
    assert numbers(reader) == [0, 1, 2]


def test_a_reader_that_keeps_up_hears_every_packet(microphone, reader):
    assert reader.read(0) is None
    seen = []
    for size in range(1, 1276, 4):
        microphone.publish(30, size)
        seen += numbers(reader)
    assert seen == list(range(microphone.n))
    assert reader.skipped == 0


@pytest.mark.parametrize(
    ("size", "oldest"),
    [(80, 6001 - AUDIO.slot_count), (1275, 6001 - AUDIO.data_capacity // 1280)],
    ids=["lost its slots", "lost its data"],
)
def test_a_reader_that_fell_behind_goes_on_at_the_oldest_and_says_a_gap(microphone, reader, size, oldest):
    microphone.publish(1)
    assert numbers(reader) == [0]
    microphone.publish(6000, size)
    packet = reader.read(0)
    assert packet.discontinuity
    assert abs(packet.record - oldest) <= 1
    assert reader.skipped == packet.record - 1
    assert reader.read(0)[1::7] == (packet.record + 1, False)


def test_the_ring_holds_a_minute_at_100_kilobit(microphone, name):
    microphone.publish(2 * AUDIO.slot_count, size=100_000 // 8 // 50)
    with AudioReader(name) as reader:
        reader._begun = True  # as one that comes from another segment
        assert len(numbers(reader)) >= 60 * 50


@pytest.mark.parametrize(
    ("wrong", "words", "code"),
    [
        ({"data": b"\xf8" * 1276}, "an Opus packet of 1276 bytes; 1275 bytes fit", Code.TOO_LARGE),
        ({"data": b""}, "a packet of 0 bytes", Code.BAD_REQUEST),
        ({"data": b"\xfb\x00"}, "no Opus packet", Code.BAD_REQUEST),
        ({"data": b"\xf9\x00"}, "1920 samples at 48 kHz; a record has 960", Code.BAD_REQUEST),
        ({"capture_ns": 1}, "does not rise", Code.BAD_REQUEST),
        ({"capture_ns": 2**63}, "lies in the future", Code.BAD_REQUEST),
        ({"packet_number": 2**64}, "packet_number", Code.BAD_REQUEST),
        ({"rms_db": 0.01}, "rms_db 0.01 is above 0", Code.BAD_REQUEST),
        ({"peak_db": math.nan}, "peak_db is not a number", Code.BAD_REQUEST),
        ({"peak_db": math.inf}, "peak_db inf is above 0", Code.BAD_REQUEST),
    ],
)
def test_a_packet_that_breaks_the_rules_is_refused_at_the_writer(microphone, reader, wrong, words, code):
    microphone.publish(1)
    sound = {"data": b"\xf8", "capture_ns": 2 * PACKET_NS, "rms_db": -40, "peak_db": -30, **wrong}
    with pytest.raises(PetcamError, match=words) as caught:
        microphone.writer.publish(sound.pop("data"), **sound)
    assert caught.value.code is code
    microphone.publish(1)
    assert reader.read(0).record == 1


def damage(microphone, n, field, value):
    """Break a field of record n's slot as a wrong writer would: with a right checksum."""
    slots = microphone.writer._segment.slots
    slots[field][n] = value
    slots["slot_crc"][n] = zlib.crc32(slots[n].tobytes()[:-4])


WRONG = [
    ("data_size", 0, "data_size 0"),
    ("data_size", 1276, "data_size 1276 is not 1..1275"),
    ("data_position", 4, "data_position 4"),
    ("flags", 1, "flags 0x1 are unknown"),
    ("samples", 882, "882 samples; a record has 960"),
    ("rms", 1, "levels 1 and -3000"),
    ("peak", -9601, "levels -4000 and -9601"),
    ("capture_ns", 2**63, "lies after publish_ns"),
    ("capture_ns", 1, "capture_ns 1 does not rise over 1"),
]


@pytest.mark.parametrize(("field", "value", "words"), WRONG)
def test_a_packet_of_a_wrong_writer_is_refused_counted_and_logged(microphone, reader, caplog, field, value, words):
    microphone.publish(1)
    assert numbers(reader) == [0]
    microphone.publish(2)
    damage(microphone, 1, field, value)
    packet = reader.read(0)
    assert (packet.record, packet.discontinuity, reader.skipped) == (2, True, 1)
    [line] = caplog.messages
    assert line.startswith(f"{reader.name}: record refused: ") and words in line


@pytest.mark.parametrize("data", [b"\xf0\0", b"\xfb\0", b"\xf9\0"])
def test_what_is_no_packet_of_20_ms_is_refused_though_its_slot_is_right(microphone, reader, caplog, data):
    microphone.publish(1, size=2)
    microphone.writer._segment.data[:2] = data
    damage(microphone, 0, "data_crc", zlib.crc32(data))
    microphone.publish(1)
    with AudioReader(reader.name) as other:
        other._begun = True  # as one that comes from another segment
        assert numbers(other) == [1]
    assert len(caplog.messages) == 1


def test_a_slot_or_data_that_does_not_match_its_checksum_is_never_returned(microphone, reader):
    assert reader.read(0) is None
    microphone.publish(5)
    segment = microphone.writer._segment
    segment.slots["packet_number"][1] += 1  # as a processor may show it that reorders memory: the sequence is right
    segment.data[int(segment.slots["data_position"][3]) + 40] ^= 1
    assert numbers(reader) == [0, 2, 4]
    assert reader.skipped == 2


def test_the_next_writer_is_heard_from_its_first_packet_on_after_a_gap(name):
    with AudioReader(name) as reader:
        for number in range(3):
            with AudioWriter(name) as writer:
                microphone = Microphone(writer)
                microphone.publish(3)
                packet = reader.read(5)
                assert (packet.record, packet.discontinuity) == (0 if number else 2, number > 0)
                assert numbers(reader) == ([1, 2] if number else [])


def test_a_capture_time_may_be_the_present(microphone, reader):
    now = time.monotonic_ns()
    microphone.writer.publish(b"\xf8", capture_ns=now, rms_db=-40, peak_db=-30)
    assert reader.read(0).capture_ns == now


def test_a_reader_resumes_after_silence_of_its_writer(microphone, reader):
    microphone.publish(1)
    assert numbers(reader) == [0]
    assert reader.read(0.3) is None
    microphone.publish(1)
    packet = reader.read(0)
    assert (packet.record, packet.discontinuity) == (1, False)


def test_a_packet_of_the_largest_size_never_lies_over_the_end_of_the_data_area(microphone):
    microphone.publish(2000, size=layout.AUDIO_MAX_DATA)
    slots = microphone.writer._segment.slots[:2000]
    assert (slots["data_position"] % AUDIO.data_capacity + slots["data_size"] <= AUDIO.data_capacity).all()
    assert int(slots["data_position"].max()) > 2 * AUDIO.data_capacity
