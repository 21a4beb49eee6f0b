"""What ``petcam doctor`` says of a segment, in either layout: what is wrong, and what to do."""

import time

import pytest

from petcam import segments
from petcam.commands import doctor
from petcam.commands.doctor import Sign
from petcam.shm.rdk_x5.layout import DETECTIONS_1
from petcam.shm.stream import StreamWriter
from tests.integration.shm import rdk_daemons


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(doctor, "RECORD_TIMEOUT_SECONDS", 0.1)


def video(name, layout):
    return doctor.check_segment("video", layout, segments.stream_reader(layout, name))


def detections(name):
    return doctor.check_segment("detections", "rdk-x5", segments.detection_reader("rdk-x5", name))


def test_a_ring_that_is_written_is_ok(name):
    with rdk_daemons.Ring(name) as ring:
        ring.write()
        found = video(name, "rdk-x5")
    assert (found.sign, found.words) == (Sign.OK, f"{name}: 1280×720, frame 0")


@pytest.mark.parametrize("layout", ["petcam", "rdk-x5"])
def test_a_camera_without_keyframes_is_told_what_to_set(name, layout):
    if layout == "petcam":
        with StreamWriter(name) as writer:
            writer.publish(rdk_daemons.OTHER, capture_ns=1, keyframe=False, width=640, height=480)
            found = video(name, layout)
    else:
        with rdk_daemons.Ring(name) as ring:
            for _ in range(2):
                ring.write(rdk_daemons.OTHER)
            found = video(name, layout)
    assert (found.sign, found.words) == (
        Sign.LOOK,
        f"{name}: no keyframe for 1 s: lower the camera's keyframe interval",
    )


def test_a_ring_of_raw_pictures_is_named_as_such(name):
    with rdk_daemons.Ring(name) as ring:
        for _ in range(2):
            ring.write(format=1)
        found = video(name, "rdk-x5")
    assert found.sign is Sign.BROKEN
    assert "format 1 is not H.264 (3); is camera.stream the right segment?" in found.words


def test_a_silent_ring_asks_for_the_boards_daemon(name):
    with rdk_daemons.Ring(name):
        found = video(name, "rdk-x5")
    assert (found.sign, "is the board's daemon running?" in found.words) == (Sign.LOOK, True)


def test_a_ring_that_is_not_there_is_said_to_be_missing(name):
    assert "is not there; is the board's daemon running" in video(name, "rdk-x5").words


def test_another_layout_than_the_configured_one_is_said_with_the_key(name):
    with rdk_daemons.Ring(name):
        assert "set camera.layout to rdk-x5" in video(name, "petcam").words


def test_a_petcam_segment_where_the_board_was_configured_is_said_too(name):
    with StreamWriter(name) as writer:
        now = time.monotonic_ns()
        writer.publish(b"\0\0\1", capture_ns=now, keyframe=True, width=16, height=16)
        found = video(name, "rdk-x5")
    assert (found.sign, "correct camera.layout" in found.words) == (Sign.BROKEN, True)


def test_a_detector_that_finds_nothing_is_no_fault(name):
    with rdk_daemons.Detector(name, DETECTIONS_1):
        found = detections(name)
    assert (found.sign, "as is usual while the detector finds nothing" in found.words) == (Sign.LOOK, True)
