"""``petcam shm``: what it shows of a segment, and that ``check`` catches a writer at each rule that it breaks."""

import argparse
import errno
import itertools
import os
import threading
import time
import zlib
from pathlib import Path

import pytest

from petcam.commands import shm as command
from petcam.config import Camera, Config
from petcam.segments import inspect
from petcam.shm import futex
from petcam.shm.audio import AudioWriter
from petcam.shm.detections import DetectionWriter
from petcam.shm.rdk_x5.layout import DETECTIONS_1, DETECTIONS_2
from petcam.shm.stream import AccessUnit, StreamWriter
from tests.integration.shm import rdk_daemons, stress

KEYFRAME = b"\0\0\0\1\x67\x42\0\0\1\x68\xce\0\0\1\x65\x88"
OTHER = b"\0\0\0\1\x41\x9a"


def petcam_shm(*words, config=None):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words), config or Config())


class FaultyWriter(StreamWriter):
    """A stream writer that breaks a rule: ``spoil(writer, n)`` changes each record before it is complete."""

    spoil = staticmethod(lambda writer, n: None)

    def publish_next(self, n):
        key = n % 10 == 0
        now = time.monotonic_ns()
        self.publish(KEYFRAME if key else OTHER, capture_ns=now, keyframe=key, width=640, height=480)

    def _finish(self, n):
        self.spoil(self, n)
        super()._finish(n)


class WithoutWake(FaultyWriter):
    def _wake_readers(self):
        self._segment.live["news"] = (self._segment.news + 1) % 2**32


class WithoutNews(FaultyWriter):
    def _wake_readers(self):
        futex.wake_all(self._segment.news_address)


class WithoutHeartbeat(FaultyWriter):
    def _run_heartbeat(self):
        pass


class Publishing:
    """Lets a writer publish 100 times a second from a thread of its own, until the end of the ``with``."""

    def __init__(self, writer):
        self.writer = writer
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        n = 0
        while not self._stop.wait(0.01):
            self.writer.publish_next(n)
            n += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


@pytest.fixture
def publish_while_watched(monkeypatch):
    """Publishes twelve records within each wait of the check itself: it has seen the writer before its first fault."""

    def replace_wait(writer):
        numbers = itertools.count()

        def publish_and_wake(*_):
            for n in itertools.islice(numbers, 12):
                writer.publish_next(n)
            return 0

        monkeypatch.setattr(futex, "wait", publish_and_wake)

    return replace_wait


def set_field(field, change):
    """A spoiler that changes a field of the slot; its checksum will be right all the same."""

    def spoil(writer, n):
        writer._slot[field] = change(int(writer._slot[field][0]), n)

    return spoil


def set_header(field):
    def spoil(writer, n):
        writer._segment.live[field] = n

    return spoil


def set_data(data):
    """A spoiler that replaces the data of records that are no keyframes."""

    def spoil(writer, n):
        if n % 10:
            start = int(writer._slot["data_position"][0])
            writer._segment.data[start : start + len(data)] = data
            writer._slot["data_size"], writer._slot["data_crc"] = len(data), zlib.crc32(data)

    return spoil


def test_check_passes_a_writer_that_keeps_the_rules(name, capsys):
    with FaultyWriter(name) as writer, Publishing(writer):
        assert petcam_shm("check", name, "--seconds", "0.5") == 0
    assert "records, all rules kept" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (set_field("data_crc", lambda value, n: value ^ 1), "data_crc must be the CRC-32 of the data"),
        (set_field("flags", lambda value, n: 8), "fields must be within their ranges (W1, W6) (record "),
        (set_field("flags", lambda value, n: 1), "a keyframe must carry SPS and PPS before its IDR"),
        (set_field("flags", lambda value, n: 0), "an IDR picture must have the keyframe flag"),
        (set_field("capture_ns", lambda value, n: 7), "capture_ns must rise from record to record"),
        (set_field("capture_ns", lambda value, n: time.time_ns()), "capture_ns must be CLOCK_MONOTONIC"),
        (set_field("capture_ns", lambda value, n: value + 10**9), "capture_ns must not lie after publish_ns"),
        (set_field("data_position", lambda value, n: value + 64 * n), "data_position must follow the record before"),
        (set_field("reserved", lambda value, n: 1), "reserved bytes of a slot must be 0"),
        (set_header("writer_pid"), "bytes 0..127 of the header must never change"),
        (set_data(b"\0\0\0\5\x41"), "data must be Annex-B"),
    ],
)
def test_check_names_the_rule_that_a_writer_breaks(name, capsys, publish_while_watched, spoil, rule):
    class Writer(FaultyWriter):
        pass

    Writer.spoil = staticmethod(spoil)
    with Writer(name) as writer:
        publish_while_watched(writer)
        code = petcam_shm("check", name, "--seconds", "0.4")
    assert code == 1
    assert rule in capsys.readouterr().out


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (WithoutWake, "FUTEX_WAKE must follow each publication"),
        (WithoutNews, "news must be raised by 1 after each publication (W9) (raised by 0 for"),
    ],
)
def test_check_notices_a_writer_that_does_not_wake_its_readers(name, capsys, make, rule):
    with make(name) as writer, Publishing(writer):
        assert petcam_shm("check", name, "--seconds", "0.6") == 1
    assert rule in capsys.readouterr().out


def test_check_takes_no_wait_that_came_too_late_for_a_wake_up(name, capsys, monkeypatch):
    """A busy machine publishes between the look at the news and the wait; then nobody was asleep to be woken."""
    wait, published = futex.wait, itertools.count()
    with WithoutWake(name) as writer:

        def wait_while_one_is_published(*words):
            n = next(published)
            writer.publish_next(n)
            return errno.ETIMEDOUT if n % 2 else wait(*words)

        monkeypatch.setattr(futex, "wait", wait_while_one_is_published)
        assert petcam_shm("check", name, "--seconds", "0.1") == 1
    assert "FUTEX_WAKE must follow each publication" in capsys.readouterr().out


def test_check_notices_a_missing_heartbeat(name, capsys):
    with WithoutHeartbeat(name):
        assert petcam_shm("check", name, "--seconds", "0.6") == 1
    out = capsys.readouterr().out
    assert "heartbeat_ns must be raised at least every 250 ms" in out
    assert "no record was published in 0.6 s" in out


def test_check_notices_a_file_mode_that_lets_others_read(name, capsys):
    with FaultyWriter(name) as writer, Publishing(writer):
        Path("/dev/shm" + name).chmod(0o644)
        assert petcam_shm("check", name, "--seconds", "0.1") == 1
    assert "mode must be 0640: nobody else may see or hear it (C4) (0644)" in capsys.readouterr().out


def test_check_says_that_there_is_nothing_to_check(name, capsys):
    assert petcam_shm("check", name) == 1
    assert "there is no segment of that name" in capsys.readouterr().out


def test_check_says_why_a_reader_would_refuse_the_segment(name, capsys):
    with FaultyWriter(name) as writer:
        writer._segment.live["abi_version"] = 9
        assert petcam_shm("check", name) == 1
    assert "ABI version 9, this petcam reads 1: upgrade petcam" in capsys.readouterr().out


def test_check_of_detections_names_the_rule(name, capsys, publish_while_watched):
    class Writer(DetectionWriter):
        def publish_next(self, n):
            self.publish(AccessUnit(1, 0, n, time.monotonic_ns(), 0, True, False, 640, 480, b""), [])

        def _finish(self, n):
            self._slot["boxes"]["x"][0, 3] = 1
            super()._finish(n)

    with Writer(name) as writer:
        publish_while_watched(writer)
        assert petcam_shm("check", name, "--seconds", "0.3") == 1
    assert "boxes from count on and reserved bytes of a slot must be 0" in capsys.readouterr().out


class FaultyMicrophone(AudioWriter):
    """An audio writer that breaks a rule: ``spoil(writer, n)`` changes each record before it is complete."""

    spoil = staticmethod(lambda writer, n: None)

    def publish_next(self, n):
        self.publish(b"\xf8\xff\xfe", capture_ns=time.monotonic_ns(), rms_db=-40, peak_db=-30)

    def _finish(self, n):
        self.spoil(self, n)
        super()._finish(n)


def test_check_passes_a_microphone_that_keeps_the_rules(name, capsys):
    with FaultyMicrophone(name) as writer, Publishing(writer):
        assert petcam_shm("check", name, "--seconds", "0.5") == 0
    assert "records, all rules kept" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (set_field("data_crc", lambda value, n: value ^ 1), "data_crc must be the CRC-32 of the data"),
        (set_field("samples", lambda value, n: 882), "fields must be within their ranges (W1, W6) (record "),
        (set_field("rms", lambda value, n: 1), "levels 1 and -3000 are not -9600..0"),
        (set_field("flags", lambda value, n: 1), "flags 0x1 are unknown"),
        (set_field("capture_ns", lambda value, n: 7), "capture_ns must rise from record to record"),
        (set_field("data_position", lambda value, n: value + 8 * n), "the record before, at a multiple of 8 (W2)"),
        (set_field("reserved", lambda value, n: 1), "reserved bytes of a slot must be 0"),
        (set_data(b"\xf0\xff\xfe"), "data must be one Opus packet of 20 ms (W1)"),
        (set_data(b"\xfb\x00\xfe"), "no Opus packet: it begins with fb 00"),
    ],
)
def test_check_names_the_rule_that_a_microphone_breaks(name, capsys, publish_while_watched, spoil, rule):
    class Microphone(FaultyMicrophone):
        pass

    Microphone.spoil = staticmethod(spoil)
    with Microphone(name) as writer:
        publish_while_watched(writer)
        code = petcam_shm("check", name, "--seconds", "0.4")
    assert code == 1
    assert rule in capsys.readouterr().out


def test_show_of_sound_has_bit_rate_and_level(name, capsys):
    with AudioWriter(name, writer_name="test microphone") as writer:
        now = time.monotonic_ns()
        for n in range(51):
            at = now - (50 - n) * 20_000_000
            writer.publish(b"\xf8" * 80, capture_ns=at, rms_db=-41.4 - n % 2, peak_db=-12.2 - n)
        assert petcam_shm("show", name) == 0
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.replace("bit rate", "bitrate").splitlines())
    assert (shown["layout"], shown["state"], shown["records"]) == ("petcam, audio", "live", "51")
    assert (shown["rate"], shown["bitrate"]) == ("50.0/s", "32 kb/s")
    assert shown["level"] == "-41 dBFS in the newest, peak -12 dBFS in the last 10 s"
    assert "picture" not in shown


def test_show_has_rate_bit_rate_and_keyframe_interval(name, capsys):
    with StreamWriter(name, writer_name="test camera") as writer:
        now = time.monotonic_ns()
        for n in range(91):
            data = (KEYFRAME if n % 30 == 0 else OTHER).ljust(10_000, b"x")
            at = now - (90 - n) * 33_333_333
            writer.publish(data, capture_ns=at, keyframe=n % 30 == 0, width=1280, height=720)
        assert petcam_shm("show", name) == 0
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.replace("bit rate", "bitrate").splitlines())
    assert shown["state"] == "live"
    assert shown["layout"] == "petcam, stream"
    assert shown["writer"] == f"test camera, process {os.getpid()}"
    assert (shown["rate"], shown["bitrate"], shown["keyframes"]) == ("30.0/s", "2.40 Mb/s", "every 1.0 s")
    assert (shown["picture"], shown["records"]) == ("1280x720", "91")


def test_show_of_nothing_says_absent(name, capsys):
    assert petcam_shm("show", name) == 1
    assert "absent" in capsys.readouterr().out


def test_a_dead_writer_is_shown_as_silent(c_writer, name):
    stress.CWriter(c_writer, "detections", name, hz=1000).kill()
    path = Path("/dev/shm" + name)
    raw = bytearray(path.read_bytes())
    raw[128:136] = (time.monotonic_ns() - 2 * 10**9).to_bytes(8, "little")
    path.write_bytes(raw)
    assert inspect.summarise(name).state == "silent"


@pytest.mark.parametrize(("interval", "state"), [(0.033, "silent"), (2.5, "live")])
def test_an_older_layouts_ring_is_silent_by_its_own_pace(name, interval, state):
    with rdk_daemons.Ring(name) as ring:
        newest = time.monotonic() - 2
        for n in range(5):
            at = int((newest - (4 - n) * interval) * 1e9)
            ring.write(tv_sec=at // 10**9, tv_nsec=at % 10**9)
        assert inspect.summarise(name).state == state


def test_list_has_the_configured_segments_also_where_they_are_absent(name, capsys):
    with AudioWriter(name):
        assert petcam_shm("list", config=Config(camera=Camera(stream=name + "_no", audio=name + "_none"))) == 0
    lines = {line.split()[0]: line.split()[1:3] for line in capsys.readouterr().out.splitlines()}
    assert lines[name] == ["live", "petcam"]
    assert lines[name + "_no"] == lines[name + "_none"] == ["absent", "-"]


def test_the_older_layouts_are_shown_and_checked_too(name, capsys):
    with rdk_daemons.Ring(name) as ring:
        for _ in range(30):
            ring.write()
        assert petcam_shm("show", name) == 0
        ring.publish_next = lambda n: ring.write()
        with Publishing(ring):
            assert petcam_shm("check", name, "--seconds", "0.3") == 0
    out = capsys.readouterr().out
    assert "rdk-x5, stream" in out
    assert "0 skipped or refused (layout rdk-x5)" in out


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda ring: None, "FAIL  no frame was written in 0.3 s: is its daemon running, and the camera connected?"),
        (lambda ring: ring.write(format=1), "FAIL  record refused: format 1 is not H.264 (3); is camera.stream the"),
        (lambda ring: ring.write(tv_sec=5, tv_nsec=0), "FAIL  record refused: its time 5000000000 ns does not rise"),
    ],
)
def test_check_says_plainly_what_is_wrong_in_the_older_layout(name, capsys, write, words):
    with rdk_daemons.Ring(name) as ring:
        ring.publish_next = lambda n: write(ring)
        with Publishing(ring):
            assert petcam_shm("check", name, "--seconds", "0.3") == 1
    assert words in capsys.readouterr().out


def test_check_of_a_silent_detector_asks_whether_there_is_anything_to_find(name, capsys):
    with rdk_daemons.Detector(name, DETECTIONS_2):
        assert petcam_shm("check", name, "--seconds", "0.2") == 1
    assert "is its detector running, and something to be found in the picture?" in capsys.readouterr().out


def test_a_result_of_the_older_layout_is_shown(name, capsys):
    with rdk_daemons.Detector(name, DETECTIONS_1) as detector:
        detector.write(3, (b"cat", 0.5, 1, 2, 3, 4))
        assert petcam_shm("show", name) == 0
    assert "1 in the newest" in capsys.readouterr().out


def test_seconds_that_make_no_sense_are_a_usage_error(name, capsys):
    with pytest.raises(SystemExit) as caught:
        petcam_shm("check", name, "--seconds", "0")
    assert caught.value.code == 2
