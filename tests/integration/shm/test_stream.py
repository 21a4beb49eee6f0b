"""The stream segment between a writer and a reader."""

import random
import signal
import time
import zlib
from types import SimpleNamespace

import pytest

from petcam.errors import Code, PetcamError
from petcam.shm import data_area, layout, stream
from petcam.shm.layout import STREAM
from petcam.shm.stream import StreamReader, StreamWriter
from tests.integration.shm import stress


class Camera:
    """Publishes numbered access units of a size; every ``every``th is a keyframe."""

    def __init__(self, writer, every=10):
        self.writer, self.every, self.n = writer, every, 0

    def publish(self, count=1, size=1000):
        for _ in range(count):
            data = b"\0\0\1" + bytes([self.n % 256]) * (size - 3)
            self.writer.publish(data, capture_ns=self.n + 1, keyframe=self.n % self.every == 0, width=640, height=480)
            self.n += 1


@pytest.fixture
def camera(name):
    with StreamWriter(name) as writer:
        yield Camera(writer)


@pytest.fixture
def reader(name, camera):
    with StreamReader(name) as reader:
        yield reader


def numbers(reader):
    return [unit.record for unit in iter(lambda: reader.read(0), None)]


def test_a_reader_returns_what_the_writer_published(camera, reader):
    data = b"\0\0\0\1\x65abc"
    sent = {"capture_ns": 5, "keyframe": True, "width": 1280, "height": 720, "frame_number": 9, "discontinuity": True}
    assert camera.writer.publish(data, **sent) == 0
    unit = reader.read(0)
    assert {field: getattr(unit, field) for field in sent} == sent
    assert (unit.record, unit.data, type(unit.data)) == (0, data, bytes)
    assert unit.epoch > 0 and unit.publish_ns > 0


def test_a_reader_begins_at_the_newest_keyframe(camera, reader):
    camera.publish(25)
    assert numbers(reader) == [20, 21, 22, 23, 24]
    assert reader.skipped == 0


def test_a_reader_waits_for_the_first_keyframe(camera, reader):
    camera.n = 1
    camera.publish(9)
    assert reader.read(0) is None
    camera.publish(2)
    assert numbers(reader) == [9, 10]


def test_it_knows_for_how_long_pictures_have_come_without_a_keyframe(camera, reader, monkeypatch):
    at = [time.monotonic_ns()]
    monkeypatch.setattr(time, "monotonic_ns", lambda: at[0])
    camera.n = 1
    camera.publish(3)
    assert reader.read(0) is None
    at[0] += 3 * 10**9
    assert reader.seconds_without_keyframe() == 3
    at[0] += 10 * 10**9
    assert reader.seconds_without_keyframe() == 0, "none come any more"


def test_the_pictures_that_a_newcomer_finds_tell_how_long_it_has_been(name, camera, monkeypatch):
    """What it would have to wait for else, with each new reader."""
    at = [time.monotonic_ns()]
    monkeypatch.setattr(time, "monotonic_ns", lambda: at[0])
    camera.n = 1
    camera.publish(1)
    at[0] += 4 * 10**9
    camera.publish(1)
    with StreamReader(name) as newcomer:
        assert newcomer.read(0) is None
        assert newcomer.seconds_without_keyframe() == 4
        camera.n = 10
        camera.publish(1)
        assert newcomer.read(0).keyframe
        assert newcomer.seconds_without_keyframe() == 0


def test_a_newcomer_knows_how_slowly_pictures_come(name, camera, monkeypatch):
    at = [time.monotonic_ns()]
    monkeypatch.setattr(time, "monotonic_ns", lambda: at[0])
    camera.n = 1
    for _ in range(5):
        at[0] += 6_000_000_000
        camera.publish(1)
    with StreamReader(name) as newcomer:
        assert newcomer.silent_after_ns() == 1_000_000_000, "it has not looked yet"
        assert newcomer.read(0) is None
        assert newcomer.silent_after_ns() == 10_000_000_000
        at[0] += 5_900_000_000
        assert newcomer.seconds_without_keyframe() > 29, "the next picture is not late"
        at[0] += 5_000_000_000
        assert newcomer.seconds_without_keyframe() == 0


def test_a_keyframe_that_comes_while_a_reader_attaches_is_not_missed(camera, reader):
    find = reader._starting_record

    def find_and_publish(segment, least):
        found = find(segment, least)
        if camera.n == 0:
            camera.publish(1)
        return found

    reader._starting_record = find_and_publish
    assert numbers(reader) == [0]


def test_a_reader_that_keeps_up_sees_every_record(camera, reader):
    seen = []
    for _ in range(300):
        camera.publish(17, size=random.Random(4).randint(4, 40_000))
        seen += numbers(reader)
    assert seen == list(range(10, 5100))  # the first look found the newest keyframe, number 10
    assert reader.skipped == 0


@pytest.mark.parametrize("size", [100, 100_000], ids=["lost its slots", "lost its data"])
def test_a_reader_that_fell_behind_resumes_at_the_newest_keyframe_and_counts(camera, reader, size):
    camera.publish(5)
    assert numbers(reader) == [0, 1, 2, 3, 4]
    camera.publish(3000, size)
    unit = reader.read(0)
    assert (unit.record, unit.keyframe, unit.discontinuity) == (3000, True, True)
    assert reader.skipped == 3000 - 5
    assert reader.read(0).discontinuity is False


def test_a_reader_that_is_just_in_time_skips_nothing(camera, reader):
    camera.publish(1)
    assert numbers(reader) == [0]
    camera.publish(STREAM.slot_count)
    assert numbers(reader) == list(range(1, STREAM.slot_count + 1))
    assert reader.skipped == 0


def test_the_ring_holds_ten_seconds_at_two_megabit(camera, name):
    camera.every = 300
    camera.publish(2 * 300 + 1, size=2_000_000 // 8 // 30)
    with StreamReader(name) as reader:
        reader._starting_record = lambda segment, least: max(least, segment.first_record)
        assert len(numbers(reader)) >= 300


def test_a_keyframe_of_one_mebibyte_fits(camera, reader):
    camera.publish(40, size=2**20)
    assert len(reader.read(0).data) == 2**20


def test_an_access_unit_that_does_not_fit_is_refused_and_the_ring_stays_whole(camera, reader):
    camera.publish(3)
    with pytest.raises(PetcamError, match="4194305 bytes; 4194304 bytes fit") as caught:
        camera.publish(1, size=layout.STREAM_MAX_DATA + 1)
    assert caught.value.code is Code.TOO_LARGE
    camera.publish(1, size=layout.STREAM_MAX_DATA)
    assert numbers(reader) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"data": b""}, "0 bytes"),
        ({"capture_ns": 1}, "does not rise"),
        ({"capture_ns": -1}, "capture_ns -1"),
        ({"frame_number": 2**64}, "frame_number"),
        ({"width": 0}, "0x480"),
        ({"height": 65536}, "640x65536"),
    ],
)
def test_a_record_that_breaks_the_rules_is_refused_at_the_writer(camera, reader, wrong, words):
    camera.publish(1)
    sound = {"data": b"\0\0\1", "capture_ns": 9, "keyframe": False, "width": 640, "height": 480, **wrong}
    with pytest.raises(PetcamError, match=words) as caught:
        camera.writer.publish(sound.pop("data"), **sound)
    assert caught.value.code is Code.BAD_REQUEST
    assert numbers(reader) == [0]


def damage(camera, field, value):
    """Break a field of record 11's slot as a wrong writer would: with a right checksum."""
    camera.writer._slot[0] = camera.writer._segment.slots[11]
    camera.writer._slot[field] = value
    slot_crc = zlib.crc32(camera.writer._slot.tobytes()[:-4])
    camera.writer._segment.slots[11] = camera.writer._slot[0]
    camera.writer._segment.slots["slot_crc"][11] = slot_crc


def test_a_record_of_a_wrong_writer_is_refused_counted_and_logged_once(camera, reader, caplog):
    camera.publish(12)
    damage(camera, "flags", 4)
    camera.publish(10)
    assert reader.read(0).record == 20
    assert caplog.messages == []
    with StreamReader(reader.name) as other:
        other._starting_record = lambda segment, least: max(least, 9)
        assert numbers(other) == [9, 10, *range(12, 22)]
        assert other.skipped == 1
    expected = "record refused: flags 0x4 are unknown; correct its writer (sudo petcam shm check"
    assert [message.partition(": ")[2][: len(expected)] for message in caplog.messages] == [expected]


def test_a_slot_or_data_that_does_not_match_its_checksum_is_never_returned(camera, reader):
    camera.publish(3)
    segment = camera.writer._segment
    segment.slots["frame_number"][1] += 1  # as a processor may show it that reorders memory: the sequence is right
    assert numbers(reader) == [0]
    camera.publish(8)
    segment.data[int(segment.slots["data_position"][10]) + 500] ^= 1
    assert reader.read(0) is None
    assert reader.skipped == 10


def test_a_slot_that_is_taken_while_its_data_is_copied_is_not_returned(camera, reader, monkeypatch):
    camera.publish(1)

    def crc32(data):  # between R2 and R5 the writer comes round
        if len(data) == 1000:
            camera.writer._segment.slots["sequence"][0] += 1
        return zlib.crc32(data)

    monkeypatch.setattr(data_area, "zlib", SimpleNamespace(crc32=crc32))
    assert reader.read(0) is None
    assert reader.skipped == 1


def test_a_slot_is_marked_as_being_written_before_it_changes(camera, reader, monkeypatch):
    camera.publish(2000, size=10_000)
    segment, seen = camera.writer._segment, []

    def crc32(data):  # the writer's, between W5 and W6
        n, oldest = segment.next_record, segment.first_record
        end = int(segment.slots["data_position"][(n - 1) % 2048]) + 2 * 10_000
        kept = int(segment.slots["data_position"][oldest % 2048]) + STREAM.data_capacity
        seen.append((int(segment.slots["sequence"][n % 2048]) == 2 * n + 1, n - oldest < 2048, kept >= end))
        return zlib.crc32(data)

    monkeypatch.setattr(stream, "zlib", SimpleNamespace(crc32=crc32))
    camera.publish(3000, size=10_000)
    assert set(seen) == {(True, True, True)}


def test_a_sleeping_reader_is_woken_by_a_writer_in_another_process(c_writer, name):
    with StreamReader(name) as reader, stress.CWriter(c_writer, "stream", name, hz=100, largest=4096):
        seen = [reader.read(10).record for _ in range(50)]
    assert seen == list(range(seen[0], seen[0] + 50))


def test_a_stopped_reader_does_not_stop_the_writer_and_goes_on_afterwards(camera, name):
    camera.publish(1)
    with stress.reading([stress.Reader("stream", name, 2, 1000)]) as [other]:
        other.await_line("epoch")
        other.process.send_signal(signal.SIGSTOP)
        camera.publish(3 * STREAM.slot_count)
        other.process.send_signal(signal.SIGCONT)
        other.await_line("enough")
        assert other.stop()["skipped"] > STREAM.slot_count
