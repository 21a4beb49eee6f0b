"""Readers behind a gate (the owner's switch of the camera): nothing is read while it is shut, nor what was before."""

import time

import pytest

from petcam import segments
from petcam.shm.audio import AudioWriter
from petcam.shm.detections import DetectionWriter
from petcam.shm.stream import StreamWriter

SECOND = 10**9
PACKET = b"\xf8" + bytes(40)


class Gate:
    def __init__(self, is_open=True, since_ns=0):
        self.state = is_open, since_ns

    def __call__(self):
        return self.state


@pytest.fixture
def name():
    return f"/petcam_gate_{time.monotonic_ns()}"


def publish(writer, capture_ns, keyframe=True):
    data = b"\0\0\0\1\x65\x88\x84" if keyframe else b"\0\0\0\1\x41\x9a"
    writer.publish(data, capture_ns=capture_ns, keyframe=keyframe, width=16, height=16)


def test_pictures(name):
    gate, now = Gate(), time.monotonic_ns()
    with StreamWriter(name) as writer, segments.stream_reader("petcam", name, gate) as reader:
        publish(writer, now - 5 * SECOND)
        assert reader.read(0).capture_ns == now - 5 * SECOND
        gate.state = False, now
        publish(writer, now - 4 * SECOND)
        assert reader.read(0) is None and reader.read(0.01) is None
        gate.state = True, now - 2 * SECOND
        publish(writer, now - 3 * SECOND)
        publish(writer, now - SECOND, keyframe=False)  # one cannot begin there
        assert reader.read(0) is None
        publish(writer, now)
        found = reader.read(0)
        assert found.capture_ns == now and found.discontinuity


def test_a_gate_of_another_boot_says_nothing_of_what_was_captured(name):
    now = time.monotonic_ns()
    since = now + SECOND // 5
    gate = Gate(True, since)
    with StreamWriter(name) as writer, segments.stream_reader("petcam", name, gate) as reader:
        publish(writer, now - SECOND)
        assert reader.read(0).capture_ns == now - SECOND
        while time.monotonic_ns() < since:
            time.sleep(0.01)
        publish(writer, now)
        assert reader.read(0).capture_ns == now  # also once this boot is as old


def test_who_does_not_look_while_it_is_shut_reads_nothing_of_before_it_either(name):
    gate, now = Gate(), time.monotonic_ns()
    with StreamWriter(name) as writer, segments.stream_reader("petcam", name, gate) as reader:
        publish(writer, now - 5 * SECOND)
        assert reader.read(0).capture_ns == now - 5 * SECOND
        publish(writer, now - 4 * SECOND)
        gate.state = True, now - 3 * SECOND  # it was turned off, and on again
        assert reader.read(0) is None
        publish(writer, now)
        assert reader.read(0).capture_ns == now


class Frame:
    frame_number, width, height = 1, 16, 16

    def __init__(self, capture_ns):
        self.capture_ns = capture_ns


def test_results_and_sound(name):
    gate, now = Gate(False), time.monotonic_ns()
    with (
        DetectionWriter(f"{name}_d") as detector,
        AudioWriter(f"{name}_a") as microphone,
        segments.detection_reader("petcam", f"{name}_d", gate=gate) as results,
        segments.audio_reader(f"{name}_a", gate) as sound,
    ):

        def happen(capture_ns):
            detector.publish(Frame(capture_ns), [("cat", 0.9, 1.0, 1.0, 2.0, 2.0)])
            microphone.publish(PACKET, capture_ns=capture_ns, rms_db=-40, peak_db=-30)

        happen(now - 5 * SECOND)
        assert results.read(0) is None and sound.read(0) is None
        gate.state = True, now - 2 * SECOND
        assert results.read(0) is None and sound.read(0) is None
        happen(now)
        assert results.read(0).capture_ns == sound.read(0).capture_ns == now
        gate.state = False, now
        happen(now + 1)
        assert results.read(0) is None and sound.read(0) is None
