"""No torn record is returned while a writer runs at full speed; a reader without its checks fails the same test."""

import random
import subprocess
import sys

import pytest
import shm_fire

LARGEST = 1 << 20  # bytes of the largest access unit: the ring is full of data before it is full of records
READS = {"stream": 5_000, "detections": 1_500}


@pytest.mark.parametrize("kind", ["stream", "detections"])
def test_two_readers_at_once_return_no_torn_record(c_writer, name, kind):
    with shm_fire.CWriter(c_writer, kind, name, largest=LARGEST):
        found = shm_fire.read_in_processes([kind, f"{kind}-edge"], name, READS[kind], LARGEST)
    assert [(f["reads"], f["torn"]) for f in found] == [(READS[kind], 0)] * 2
    assert all(f["skipped"] for f in found), "the writer was too slow to prove anything"


@pytest.mark.parametrize("kind", ["stream", "detections"])
def test_a_reader_without_its_checks_fails_this_test(c_writer, name, kind):
    with shm_fire.CWriter(c_writer, kind, name, largest=LARGEST):
        found = shm_fire.read_many(f"{kind}-unchecked", name, READS[kind], LARGEST)
    assert found["torn"] > 0


def test_a_record_that_stays_half_written_is_never_returned(c_writer, name):
    with shm_fire.CWriter(c_writer, "stream", name, hz=1000, half=61, largest=LARGEST) as writer:
        with shm_fire.StreamReader(name) as reader:
            records = []
            while not records or records[-1] < 60:
                records.append(reader.read(10.0).record)
            assert reader.read(0.3) is None
        writer.kill()
    assert records == list(range(records[0], 61))


@pytest.mark.parametrize("kind", ["stream", "detections"])
def test_readers_go_on_through_writers_that_are_killed(c_writer, name, kind):
    found = shm_fire.survive_kills(c_writer, kind, name, 10, random.Random(4))
    assert found["torn"] == 0
    assert len(found["waits"]) == 10


def test_readers_that_attach_and_die_do_not_disturb_the_others(c_writer, name):
    with shm_fire.CWriter(c_writer, "stream", name, hz=2000, largest=4096):
        code = f"import random, shm_fire; print(shm_fire.attach_and_die('stream', {name!r}, 50, random.Random(4)))"
        where = {"cwd": shm_fire.ROOT / "tests/integration/shm", "env": {"PYTHONPATH": str(shm_fire.ROOT)}}
        died = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, **where)
        found = shm_fire.read_many("stream", name, 500, 4096)
    assert died.stdout == f"{[-9] * 50}\n"
    assert (found["reads"], found["torn"]) == (500, 0)
