"""The disk with faults is one."""

import errno
import os
import signal
import subprocess
import sys
import threading

import pytest

WRITE_TWICE = """
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
os.write(fd, b"a")
os.write(fd, b"b")
"""


def test_without_a_fault_it_is_the_folder_behind(disk):
    (disk.path / "folder").mkdir()
    file = disk.path / "folder" / "a"
    file.write_bytes(b"abc" * 100_000)
    os.truncate(file, 5)
    os.link(file, disk.path / "b")
    file.rename(disk.path / "c")
    assert (disk.behind / "c").read_bytes() == (disk.path / "b").read_bytes() == b"abcab"
    (disk.path / "b").unlink()
    assert sorted(os.listdir(disk.path)) == ["c", "folder"]


def test_it_says_which_operations_there_were(disk):
    write_durably(disk.path / "a", b"abc")
    assert [(each["kind"], each["path"]) for each in disk.trace()] == [
        *[("create", "a"), ("write", "a"), ("fsync", "a"), ("fsyncdir", "")],
    ]
    assert disk.trace() == []


def test_a_write_is_one_operation_wherever_it_begins(disk):
    with (disk.path / "a").open("wb", buffering=0) as file:
        for size in (4000, 200, 500_000):
            assert file.write(bytes(size)) == size
    writes = [(each["offset"], each["size"]) for each in disk.trace() if each["kind"] == "write"]
    assert writes == [(0, 4000), (4000, 200), (4200, 500_000)]


@pytest.mark.parametrize("name", ["ENOSPC", "EIO", "EROFS"])
@pytest.mark.parametrize("nth, content", [(1, None), (2, b""), (3, b"abc"), (4, b"abc"), (5, b"abc")])
def test_the_nth_operation_fails_and_is_not_done(disk, name, nth, content):
    disk.fail(name, nth)
    failed = None
    try:
        write_durably(disk.path / "a", b"abc")
    except OSError as error:
        failed = errno.errorcode[error.errno]
    assert failed == (name if nth <= 4 else None)
    assert ((disk.behind / "a").read_bytes() if (disk.behind / "a").exists() else None) == content


def test_a_fault_can_be_for_one_kind_and_name(disk):
    disk.fail("EIO", kinds=["write"], name="*.json")
    (disk.path / "a.txt").write_text("a")
    with pytest.raises(OSError):
        (disk.path / "a.json").write_text("a")


def test_a_full_disk_takes_nothing_but_lets_files_go(disk):
    (disk.path / "old").write_text("old")
    disk.fill()
    with pytest.raises(OSError, match="No space left"):
        (disk.path / "new").write_text("new")
    assert os.statvfs(disk.path).f_bavail == 0
    (disk.path / "old").unlink()
    disk.heal()
    (disk.path / "new").write_text("new")


def test_a_read_only_disk_can_be_read(disk):
    (disk.path / "old").write_text("old")
    disk.make_read_only()
    assert (disk.path / "old").read_text() == "old"
    for change in ((disk.path / "new").touch, (disk.path / "old").unlink, (disk.path / "folder").mkdir):
        with pytest.raises(OSError, match="Read-only"):
            change()


def test_a_sync_can_be_held_while_writing_goes_on(disk):
    held = disk.hold(kinds=["fsync"])
    writer = threading.Thread(target=write_durably, args=(disk.path / "a", b"abc"))
    writer.start()
    disk.wait(held)
    (disk.path / "b").write_text("b")
    assert [each["kind"] for each in disk.trace()] == ["create", "write", "create", "write"]
    disk.heal()
    writer.join()
    assert [each["kind"] for each in disk.trace()] == ["fsync", "fsyncdir"]


def test_a_slow_sync_is_done_in_the_end(disk):
    disk.slow_down(0.01)
    write_durably(disk.path / "a", b"abc")
    assert [each["error"] for each in disk.trace()] == [""] * 4


def test_who_asks_is_killed_after_the_nth_operation(disk):
    disk.kill(nth=2)
    killed = subprocess.run([sys.executable, "-c", WRITE_TWICE, str(disk.path / "a")])
    assert killed.returncode == -signal.SIGKILL
    assert (disk.path / "a").read_bytes() == b"a"


def test_a_power_cut_takes_what_was_not_synced(disk):
    (disk.path / "synced").write_text("as it was")
    disk.track_power()
    (disk.path / "synced").write_text("as it is")
    write_durably(disk.path / "with-its-name", b"abc")
    with (disk.path / "without-its-name").open("wb", buffering=0) as file:
        file.write(b"abc")
        os.fsync(file.fileno())
    (disk.path / "never-synced").write_text("abc")
    disk.cut_power(kinds=["mkdir"])
    (disk.path / "folder").mkdir()
    with pytest.raises(OSError, match="Input/output"):
        (disk.path / "later").touch()
    synced = {"synced": "as it was", "with-its-name": "abc"}
    assert content(disk.after_cut(names_synced=True)) == synced
    assert content(disk.after_cut(names_synced=False)) == {**synced, "without-its-name": "abc", "never-synced": ""}


def test_it_knows_no_order_that_it_does_not_know(disk):
    with pytest.raises(AssertionError, match="EWRONG"):
        disk.fail("EWRONG")
    with pytest.raises(AssertionError, match="sink"):
        disk.fail("EIO", kinds=["sink"])


def write_durably(path, data):
    """Four operations: create, write, fsync, fsyncdir."""
    with path.open("wb", buffering=0) as file:
        file.write(data)
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def content(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}
