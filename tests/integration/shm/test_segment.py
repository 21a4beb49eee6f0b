"""Segments as files: created whole, opened read-only, refused with a clear line, replaced under their readers."""

import contextlib
import fcntl
import logging
import os
import signal
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from petcam.errors import Code, PetcamError
from petcam.shm import base_reader, header, layout, segment
from petcam.shm.audio import AudioReader, AudioWriter
from petcam.shm.detections import DetectionReader, DetectionWriter
from petcam.shm.layout import AUDIO, DETECTIONS, STREAM
from petcam.shm.stream import AccessUnit, StreamReader, StreamWriter
from tests.integration.shm import stress

FRAME = AccessUnit(1, 0, 5, 1000, 1000, True, False, 640, 480, b"")


def path(name):
    return Path("/dev/shm" + name)


def publish_one(writer):
    if isinstance(writer, StreamWriter):
        writer.publish(b"\0\0\1", capture_ns=1, keyframe=True, width=16, height=16)
    elif isinstance(writer, AudioWriter):
        writer.publish(b"\xf8", capture_ns=1, rms_db=-40, peak_db=-30)
    else:
        writer.publish(FRAME, [])


def refusal(reader):
    with pytest.raises(PetcamError) as caught:
        reader.read(0)
    assert caught.value.code is Code.BAD_SEGMENT
    assert caught.value.message.startswith(f"{reader.name}: ")
    return caught.value.message


def forge(name, size=STREAM.segment_size, **changed):
    """A stream segment's file with a wrong field."""
    page = np.zeros(1, layout.HEADER)
    raw = header.build(STREAM, 7, 1, "forger")
    page.view(np.uint8)[: len(raw)] = np.frombuffer(raw, np.uint8)
    for field, value in changed.items():
        page[field] = value
    path(name).write_bytes(page.tobytes())
    os.truncate(path(name), size)
    path(name).chmod(0o640)


def test_a_new_segment_is_complete_and_has_the_mode_of_the_contract(name):
    before = os.umask(0o077)
    try:
        with StreamWriter(name, writer_name="test camera"):
            about = path(name).stat()
            assert (about.st_size, stat.S_IMODE(about.st_mode)) == (16 * 2**20, 0o640)
            with contextlib.closing(segment.open_segment(name, STREAM)) as opened:
                assert opened.header[1:] == (os.getpid(), "test camera")
    finally:
        os.umask(before)


def test_a_writer_that_stops_removes_its_segment(name):
    with DetectionWriter(name):
        assert path(name).exists()
    assert not path(name).exists()


@pytest.mark.parametrize("make", [DetectionWriter, AudioWriter])
def test_a_second_writer_is_refused_by_name(name, make):
    with make(name, writer_name="first"), pytest.raises(PetcamError) as caught:
        make(name, writer_name="second")
    assert caught.value.code is Code.CONFLICT
    assert caught.value.message == f"{name}: first (process {os.getpid()}) is writing it; stop that one first"


def test_of_writers_that_start_at_the_same_instant_exactly_one_creates_the_segment(name):
    code = (
        "import sys; from tests.integration.shm import stress; from petcam.shm.detections import DetectionWriter;"
        f"print(*stress.race(DetectionWriter, {name!r}, 6, 40))"
    )
    where = {"cwd": stress.ROOT, "env": stress.environment()}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, **where)
    assert done.stdout.split() == ["1"] * 40


def test_a_creation_lock_that_is_never_released_is_a_clear_error(name, monkeypatch):
    monkeypatch.setattr(segment, "LOCK_TIMEOUT_SECONDS", 0.05)
    descriptor = os.open("/dev/shm", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(PetcamError, match="another program holds the lock of /dev/shm; fuser /dev/shm names it"):
            DetectionWriter(name)
    finally:
        os.close(descriptor)


def test_a_dead_writers_segment_is_replaced_at_once(c_writer, name):
    stress.CWriter(c_writer, "detections", name, hz=1000).kill()
    with DetectionWriter(name) as writer, DetectionReader(name) as reader:
        writer.publish(FRAME, [])
        assert reader.read(5).frame_number == 5


def test_a_writer_whose_segment_was_removed_says_so(name):
    with DetectionWriter(name) as writer:
        path(name).unlink()
        with pytest.raises(PetcamError, match="was removed or replaced"):
            writer.publish(FRAME, [])


def test_a_writer_that_was_replaced_leaves_its_successors_segment_alone(name):
    writer = DetectionWriter(name)
    path(name).unlink()
    with DetectionWriter(name):
        writer.close()
        assert path(name).exists()


def test_a_closed_writer_says_so(name):
    with DetectionWriter(name) as writer:
        pass
    with pytest.raises(PetcamError, match="this writer is closed"):
        writer.publish(FRAME, [])


def test_the_half_made_file_of_a_writer_that_died_is_replaced(name):
    path(name + ".new").write_bytes(b"half")
    with DetectionWriter(name):
        assert not path(name + ".new").exists()


def test_a_segment_that_cannot_be_created_is_a_clear_error(name):
    path(name + ".new").mkdir()
    try:
        with pytest.raises(PetcamError, match="cannot be created in /dev/shm"):
            DetectionWriter(name)
    finally:
        path(name + ".new").rmdir()


def test_the_views_share_memory_with_the_mapping_and_are_read_only(name):
    with StreamWriter(name):
        opened = segment.open_segment(name, STREAM)
        mapped = np.frombuffer(opened._mapping.memory, np.uint8)
        assert np.shares_memory(opened.slots, mapped)
        assert np.shares_memory(opened.live, mapped)
        assert np.shares_memory(np.frombuffer(opened.data, np.uint8), mapped)
        assert not (opened.slots.flags.writeable or opened.live.flags.writeable)
        assert opened.data.readonly
        del mapped
        opened.close()


def test_a_write_through_a_readers_mapping_faults(name):
    code = (
        "import ctypes, sys; from petcam.shm import layout, segment;"
        "opened = segment.open_segment(sys.argv[1], layout.STREAM);"
        "print('mapped', flush=True); ctypes.memset(opened.news_address, 1, 4); print('written')"
    )
    with StreamWriter(name):
        done = subprocess.run([sys.executable, "-c", code, name], capture_output=True, text=True, cwd=stress.ROOT)
    assert (done.returncode, done.stdout) == (-signal.SIGSEGV, "mapped\n")


def test_a_segment_that_does_not_exist_means_no_data_yet(name):
    with StreamReader(name) as reader:
        assert reader.read(0) is None


def test_an_empty_file_means_no_data_yet(name):
    path(name).touch(mode=0o640)
    with StreamReader(name) as reader:
        assert reader.read(0) is None


def test_a_segment_of_the_other_kind_means_no_data_yet(name):
    with DetectionWriter(name), StreamReader(name) as reader:
        assert reader.read(0) is None


@pytest.mark.parametrize(
    ("forged", "words"),
    [
        ({"abi_version": 2}, "ABI version 2, this petcam reads 1: upgrade petcam"),
        ({"slot_count": 5}, "checksum is wrong"),
        ({"size": 65536}, "the file has 65536 bytes, not 16777216"),
    ],
)
def test_a_wrong_header_is_refused_with_a_clear_error(name, forged, words):
    forge(name, **forged)
    with StreamReader(name) as reader:
        assert words in refusal(reader)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_segment_of_another_user_is_refused(name):
    forge(name)
    os.chown(path(name), 12345, -1)
    with StreamReader(name) as reader:
        assert "belongs to user 12345" in refusal(reader)


def test_a_segment_that_others_may_write_is_refused(name):
    forge(name)
    path(name).chmod(0o666)
    with StreamReader(name) as reader:
        assert "others may write it (mode 0666)" in refusal(reader)


def test_a_symbolic_link_is_refused(name, tmp_path):
    path(name).symlink_to(tmp_path)
    with StreamReader(name) as reader:
        assert "symbolic link" in refusal(reader)


def test_a_refusal_is_raised_at_once_and_then_at_the_end_of_each_time_out(name):
    forge(name, abi_version=2)
    with StreamReader(name) as reader:
        with pytest.raises(PetcamError):
            reader.read(1e9)  # waiting would not end
        refusal(reader)


def test_a_reader_goes_on_once_a_refused_segment_was_put_right(name):
    forge(name, abi_version=2)
    with StreamReader(name) as reader:
        refusal(reader)
        path(name).unlink()
        with StreamWriter(name) as writer:
            writer.publish(b"\0\0\1", capture_ns=1, keyframe=True, width=16, height=16)
            assert reader.read(5).data == b"\0\0\1"


def test_a_reader_sleeps_while_a_segment_stays_refused(name, monkeypatch):
    forge(name, abi_version=2)
    with StreamReader(name) as reader, contextlib.ExitStack() as stack:
        refusal(reader)

        def put_right(_seconds):
            path(name).unlink()
            writer = stack.enter_context(StreamWriter(name))
            writer.publish(b"\0\0\1", capture_ns=1, keyframe=True, width=16, height=16)

        # Only the reader's sleep: the writer may wait for the lock of /dev/shm meanwhile.
        monkeypatch.setattr(base_reader, "time", SimpleNamespace(sleep=put_right, monotonic=time.monotonic))
        assert reader.read(5).data == b"\0\0\1"


def test_a_reader_that_waits_notices_a_clean_restart(name):
    with StreamReader(name) as reader:
        for number in range(3):
            with StreamWriter(name) as writer:
                writer.publish(b"\0\0\1", capture_ns=1, keyframe=True, width=16, height=16, frame_number=number)
                unit = reader.read(5)
                assert (unit.frame_number, unit.record, unit.discontinuity) == (number, 0, number > 0)


@pytest.mark.parametrize(("make", "times"), [(DetectionWriter, 1000), (AudioWriter, 300), (StreamWriter, 30)])
def test_recreated_segments_leak_neither_descriptors_nor_mappings(name, make, times):
    def held():
        return len(os.listdir("/proc/self/fd")), Path("/proc/self/maps").read_text().count(name)

    kinds = {DetectionWriter: DetectionReader, AudioWriter: AudioReader, StreamWriter: StreamReader}
    with kinds[make](name) as reader:
        before, epochs = held(), set()
        for _ in range(times):
            with make(name) as writer:
                publish_one(writer)
                epochs.add(reader.read(5).epoch)
        assert reader.read(0) is None
        assert held() == before
    assert len(epochs) == times


def test_random_bytes_in_a_segment_are_never_returned_and_raise_nothing(name, caplog):
    random = np.random.default_rng(4)
    caplog.set_level(logging.CRITICAL)
    for shape, make in ((STREAM, StreamReader), (DETECTIONS, DetectionReader), (AUDIO, AudioReader)):
        for _ in range(150):
            raw = bytearray(header.build(shape, 7, 1, "fuzz"))
            counters = random.choice(np.array([0, 1, 2, 5, 2**32, 2**63, 2**64 - 1], "<u8"), 3).tobytes()
            raw += counters + random.bytes(layout.HEADER_SIZE - len(raw) - 24)
            raw += random.bytes(shape.slot_count * shape.slot_size)
            for n in range(0, shape.slot_count, 3):  # some that look whole
                start = layout.HEADER_SIZE + n * shape.slot_size
                raw[start : start + 8] = struct.pack("<Q", 2 * n + 2)
            path(name).write_bytes(raw)
            os.truncate(path(name), shape.segment_size)
            path(name).chmod(0o640)
            with make(name) as reader:
                assert reader.read(0) is None
            path(name).unlink()
