"""The RDK X5 daemons' segments, written by stand-ins, read by petcam."""

import os
import subprocess
import sys
import time

import pytest

from petcam import segments
from petcam.errors import Code, PetcamError
from petcam.shm.detections import Box
from petcam.shm.rdk_x5 import segment, stream
from petcam.shm.rdk_x5.layout import DETECTIONS_1, DETECTIONS_2, FRAME, STREAM_SIZE
from tests.integration.shm import rdk_daemons, stress

CAT = (b"cat", 0.5, 10, 20, 30, 40)
GENERATIONS = pytest.mark.parametrize("dtype", [DETECTIONS_1, DETECTIONS_2], ids=["first", "second"])


@pytest.fixture(params=["before", "after"])
def ring(name, request):
    """A capture daemon that raises write_index before or after it copies."""
    with rdk_daemons.Ring(name, request.param) as ring:
        yield ring


@pytest.fixture
def reader(name, ring):
    with segments.stream_reader("rdk-x5", name) as reader:
        yield reader


def numbers(reader):
    """What is there now; the newest is read twice before it counts."""
    return [unit.frame_number for unit in iter(lambda: reader.read(0.02), None)]


def test_every_frame_arrives_in_order_from_a_keyframe_on(ring, reader):
    ring.n = 5
    seen = []
    for _ in range(60):
        ring.write()
        seen += numbers(reader)
    assert seen == list(range(10, 65))


def test_a_frame_has_all_that_an_access_unit_has(ring, reader):
    ring.write(width=1920, height=1080, tv_sec=12, tv_nsec=34)
    unit = reader.read(5)
    assert (unit.frame_number, unit.capture_ns, unit.width, unit.height) == (0, 12_000_000_034, 1920, 1080)
    assert (unit.record, unit.keyframe, unit.discontinuity, unit.data) == (0, True, False, rdk_daemons.payload(0))


def test_a_frame_that_is_still_being_copied_is_not_returned(name):
    with rdk_daemons.Ring(name, "before") as ring, segments.stream_reader("rdk-x5", name) as reader:
        for _ in range(45):
            ring.write()
            numbers(reader)
        ring.raise_index()  # frame 45 is announced, and frame 15 still lies in its slot
        assert reader.read(0.05) is None
        ring.copy(45)
        assert reader.read(5).frame_number == 45
        assert reader.skipped == 0


def test_a_newest_frame_that_changes_between_two_looks_is_not_returned(ring, reader, monkeypatch):
    ring.write()
    changed = rdk_daemons.KEYFRAME + b"changed"
    monkeypatch.setattr(segment.time, "sleep", lambda _: ring.copy(0, changed))
    assert reader._try_read() is None
    monkeypatch.undo()
    assert reader.read(5).data == changed


def test_a_frame_whose_slot_is_reused_while_it_is_copied_is_refused(ring, reader, monkeypatch):
    for _ in range(12):
        ring.write()
    copy_frame = stream.copy_frame

    def slow_copy(mapped, n):
        copied = copy_frame(mapped, n)
        while ring.n < 41:
            ring.raise_index()
        return copied

    monkeypatch.setattr(stream, "copy_frame", slow_copy)
    assert reader.read(0) is None
    assert reader.skipped == 2  # frames 10, the newest keyframe, and 11


def test_it_knows_for_how_long_pictures_have_come_without_a_keyframe(ring, reader, monkeypatch):
    ring.write(rdk_daemons.OTHER)
    assert numbers(reader) == []
    now = time.monotonic_ns
    monkeypatch.setattr(time, "monotonic_ns", lambda: now() + 3 * 10**9)
    ring.write(rdk_daemons.OTHER)
    assert numbers(reader) == []
    assert reader.seconds_without_keyframe() >= 3
    for _ in range(10):
        ring.write()
    assert numbers(reader)
    assert reader.seconds_without_keyframe() == 0


def test_a_reader_that_fell_behind_resumes_at_a_keyframe_and_counts(ring, reader):
    ring.write()
    assert numbers(reader) == [0]
    for _ in range(95):
        ring.write()
    unit = reader.read(5)
    assert (unit.frame_number, unit.keyframe, unit.discontinuity) == (90, True, True)
    assert reader.skipped == 89


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"data_size": 2**40}, "data_size 1099511627776"),
        ({"format": 1}, "format 1 is not H.264"),
        ({"data": b"JFIF" * 10}, "start code"),
        ({"tv_sec": 0}, "does not rise"),
    ],
)
def test_a_frame_that_makes_no_sense_is_refused_counted_and_logged(ring, reader, caplog, wrong, words):
    ring.write()
    assert numbers(reader) == [0]
    ring.write(**wrong)
    for _ in range(10):
        ring.write()
    assert numbers(reader) == [10, 11]
    assert reader.skipped == 9
    [line] = caplog.messages
    assert line.startswith(f"{reader.name}: record refused: ") and words in line


def test_a_daemon_that_begins_anew_in_the_same_segment_is_a_new_epoch(ring, reader):
    for _ in range(12):
        ring.write()
    before = [reader.read(5) for _ in range(2)][-1]
    ring.n = 0
    ring.write()
    after = reader.read(5)
    assert (after.frame_number, after.discontinuity) == (0, True)
    assert after.epoch != before.epoch


def test_the_count_goes_on_past_32_bits(name, ring):
    ring.n = 2**32 - 6
    ring.raise_index()
    with segments.stream_reader("rdk-x5", name) as reader:
        reader.read(0)
        seen = []
        for n in range(2**32 - 5, 2**32 + 6):
            ring.n = n
            ring.write(rdk_daemons.KEYFRAME, frame_number=n)
            seen.append(reader.read(5).record)
    assert seen == list(range(2**32 - 5, 2**32 + 6))


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_fast_daemon_in_another_process_is_followed_without_a_torn_frame(name, order):
    words = [sys.executable, rdk_daemons.__file__, name, order, "400"]
    daemon = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=stress.environment())
    try:
        assert daemon.stdout.readline() == "ready\n"
        with segments.stream_reader("rdk-x5", name) as reader:
            units = [reader.read(10) for _ in range(200)]
    finally:
        daemon.kill()
        daemon.communicate()
    assert not any(rdk_daemons.is_torn(unit) for unit in units)


def test_a_reader_survives_a_ring_that_is_truncated_in_place(ring, reader):
    ring.write()
    assert numbers(reader) == [0]
    os.truncate(ring.path, 0)
    assert reader.read(0.05) is None
    os.truncate(ring.path, STREAM_SIZE)
    ring.n = 0
    ring.write()
    assert reader.read(5).frame_number == 0


def test_a_frame_from_before_the_reader_opened_is_not_published_now(ring, reader):
    ring.write(tv_sec=1, tv_nsec=0)
    assert reader.read(5).publish_ns == 10**9
    ring.write(rdk_daemons.KEYFRAME)
    unit = reader.read(5)
    assert unit.publish_ns >= unit.capture_ns > 10**9


def test_frames_before_the_first_keyframe_are_not_counted(ring, reader):
    ring.n = 21
    for _ in range(12):
        ring.write()
        reader.read(0.02)
    assert reader.skipped == 0


def test_a_reader_does_not_touch_the_writers_semaphore(ring, reader):
    ring.view["new_frame_sem"] = b"\3" + bytes(31)
    ring.write()
    assert numbers(reader) == [0]
    assert ring.view["new_frame_sem"].tobytes() == b"\3" + bytes(31)


@pytest.mark.parametrize("make", [segments.stream_reader, segments.detection_reader])
def test_a_segment_of_another_size_is_refused_with_the_remedy(name, make):
    with rdk_daemons.Segment(name, FRAME), make("rdk-x5", name) as reader:
        with pytest.raises(PetcamError) as caught:
            reader.read(0)
        assert caught.value.code is Code.BAD_SEGMENT
        assert caught.value.message.startswith(f"{name}: has 3110448 bytes, ")
        assert caught.value.message.endswith("correct camera.layout or the segment's name")


@pytest.fixture
def results(name):
    with segments.detection_reader("rdk-x5", name) as reader:
        yield reader


@GENERATIONS
def test_both_generations_of_results_arrive(name, dtype, results):
    with rdk_daemons.Detector(name, dtype) as detector:
        assert results.read(0) is None
        for number in range(5):
            detector.write(number, *[CAT] * number)
            found = results.read(5)
            assert (found.frame_number, found.record, found.boxes) == (number, number + 1, (Box(*CAT_BOX),) * number)
        assert results.read(0) is None
        assert results.skipped == 0


CAT_BOX = ("cat", 0.5, 10, 20, 30, 40)


@GENERATIONS
def test_results_that_were_overwritten_are_counted(name, dtype, results):
    with rdk_daemons.Detector(name, dtype) as detector:
        detector.write(1)
        assert results.read(5).frame_number == 1
        for number in range(2, 6):
            detector.write(number)
        assert results.read(5).frame_number == 5
        assert results.skipped == 3


@GENERATIONS
def test_a_result_that_makes_no_sense_is_refused_counted_and_logged(name, dtype, results, caplog):
    with rdk_daemons.Detector(name, dtype) as detector:
        detector.write(1, CAT, num_detections=77)
        assert results.read(0) is None
        assert results.skipped == 1
        remedy = f"correct its writer (sudo petcam shm check {name})"
        assert caplog.messages == [f"{name}: result refused: num_detections 77 is not 0..10; {remedy}"]
        detector.write(2, CAT)
        assert results.read(5).frame_number == 2


@GENERATIONS
def test_a_result_that_changes_between_two_looks_is_not_returned(name, dtype, results, monkeypatch):
    with rdk_daemons.Detector(name, dtype) as detector:
        detector.write(1)
        monkeypatch.setattr(segment.time, "sleep", lambda _: detector.view.__setitem__("frame_number", 9))
        assert results._try_read() is None
        monkeypatch.undo()
        assert results.read(5).frame_number == 9


@GENERATIONS
def test_a_restarted_detector_is_followed(name, dtype, results):
    with rdk_daemons.Detector(name, dtype) as detector:
        for number in range(3):
            detector.write(number)
        first = results.read(5)
    with rdk_daemons.Detector(name, dtype) as detector:
        detector.write(7)
        second = results.read(5)
    assert second.frame_number == 7
    assert second.epoch != first.epoch
