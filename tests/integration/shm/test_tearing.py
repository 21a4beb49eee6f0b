"""No torn record is returned while a writer runs at full speed; a reader without its checks fails the same test."""

import random
import subprocess
import sys

import pytest

from tests.integration.shm import stress

LARGEST = 1 << 20  # bytes of an access unit, at most: so the data area is full before the slots are
READS = {"stream": 5_000, "detections": 1_500, "audio": 5_000}
GO_READS = 50_000
GO_RESULTS = 20_000  # packets of sound too
KILLS = 10
KILLED_LARGEST = 1 << 18


def test_two_python_and_two_go_readers_at_once_return_no_torn_record(c_writer, go_reader, name):
    kinds = ("stream", "stream-edge")
    with stress.CWriter(c_writer, "stream", name, largest=LARGEST):
        python = [stress.Reader(kind, name, READS["stream"], LARGEST) for kind in kinds]
        go = [stress.Reader(kind, name, GO_READS, LARGEST, [go_reader]) for kind in kinds]
        found = stress.read_at_once(python + go)
    assert [f["torn"] for f in found] == [0] * 4
    assert any(f["skipped"] for f in found), "the writer was too slow to prove anything"


def test_two_python_readers_and_a_go_reader_of_detections_at_once_return_no_torn_record(c_writer, go_reader, name):
    with stress.CWriter(c_writer, "detections", name):
        kinds = ("detections", "detections-edge")
        python = [stress.Reader(kind, name, READS["detections"], 0) for kind in kinds]
        found = stress.read_at_once([*python, stress.Reader("detections", name, GO_RESULTS, 0, [go_reader])])
    assert [f["torn"] for f in found] == [0] * 3
    assert any(f["skipped"] for f in found), "the writer was too slow to prove anything"


def test_two_python_readers_and_a_go_reader_of_sound_at_once_return_no_torn_record(c_writer, go_reader, name):
    with stress.CWriter(c_writer, "audio", name, largest=LARGEST):
        python = [stress.Reader(kind, name, READS["audio"], LARGEST) for kind in ("audio", "audio-edge")]
        found = stress.read_at_once([*python, stress.Reader("audio", name, GO_RESULTS, LARGEST, [go_reader])])
    assert [f["torn"] for f in found] == [0] * 3
    assert any(f["skipped"] for f in found), "the writer was too slow to prove anything"


@pytest.mark.parametrize("kind", ["stream", "detections", "audio"])
def test_a_python_reader_without_checks_returns_torn_records(c_writer, name, kind):
    with stress.CWriter(c_writer, kind, name, largest=LARGEST):
        assert stress.reads_until_torn(f"{kind}-unchecked", name, LARGEST) > 0


def test_a_go_reader_without_checks_returns_torn_records(c_writer, go_reader, name):
    with stress.CWriter(c_writer, "stream", name, largest=LARGEST):
        with stress.reading([stress.Reader("stream-unchecked", name, 0, LARGEST, [go_reader])]) as [reader]:
            reader.await_line("torn")


@pytest.mark.parametrize("kind", ["stream", "audio"])
def test_a_record_that_stays_half_written_is_never_returned(c_writer, name, kind):
    with stress.CWriter(c_writer, kind, name, hz=1000, half=61, largest=LARGEST) as writer:
        with stress.READERS[kind][0](name) as reader:
            records = []
            while not records or records[-1] < 60:
                records.append(reader.read(10.0).record)
            assert reader.read(0.3) is None
        writer.kill()
    assert records == list(range(records[0], 61))


def test_python_and_go_readers_go_on_through_writers_that_are_killed(c_writer, go_reader, name):
    readers = [
        stress.Reader("stream", name, 0, KILLED_LARGEST),
        stress.Reader("stream", name, 0, KILLED_LARGEST, [go_reader]),
    ]
    found, waits = stress.survive_kills(c_writer, "stream", name, KILLS, random.Random(4), readers, KILLED_LARGEST)
    assert [f["torn"] for f in found] == [0, 0]
    assert len(waits) == 2 * (KILLS - 1)


@pytest.mark.parametrize("kind", ["detections", "audio"])
def test_readers_of_other_kinds_go_on_through_writers_that_are_killed(c_writer, go_reader, name, kind):
    readers = [stress.Reader(kind, name, 0, KILLED_LARGEST), stress.Reader(kind, name, 0, KILLED_LARGEST, [go_reader])]
    found, waits = stress.survive_kills(c_writer, kind, name, KILLS, random.Random(4), readers, KILLED_LARGEST)
    assert [f["torn"] for f in found] == [0, 0]
    assert len(waits) == 2 * (KILLS - 1)


def test_go_readers_that_attach_and_die_do_not_disturb_the_others(c_writer, go_reader, name):
    with stress.CWriter(c_writer, "stream", name, hz=2000, largest=4096):
        for number in range(10):
            readers = [stress.Reader("stream", name, number * 7, 4096, [go_reader]) for _ in range(5)]
            with stress.reading(readers):  # and kill them
                readers[0].await_line("enough" if number else "epoch")
        found = stress.read_many("stream", name, 500, 4096)
    assert (found["reads"], found["torn"]) == (500, 0)


def test_readers_that_attach_and_die_do_not_disturb_the_others(c_writer, name):
    with stress.CWriter(c_writer, "stream", name, hz=2000, largest=4096):
        imports = "import random; from tests.integration.shm import stress; "
        code = imports + f"print(stress.attach_and_die('stream', {name!r}, 50, random.Random(4)))"
        where = {"cwd": stress.ROOT, "env": stress.environment()}
        died = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, **where)
        found = stress.read_many("stream", name, 500, 4096)
    assert died.stdout == f"{[-9] * 50}\n"
    assert (found["reads"], found["torn"]) == (500, 0)
