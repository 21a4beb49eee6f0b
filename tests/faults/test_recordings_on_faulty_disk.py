"""petcam-streamer records from the shared memory onto a disk with faults: what was synced is in a file that plays, its
answers say what went wrong, and recordings that were there before are left alone.
"""

import base64
import contextlib
import itertools
import os
import secrets
import time
from dataclasses import dataclass

import pytest
import requests

from tests.faults.conftest import TRY_ALL, mounted
from tests.faults.faulty_disk import TAKING_SPACE
from tests.faults.film import RATE, Film, decoded_frames
from tests.faults.services import Service

ERRORS = ("ENOSPC", "EIO", "EROFS")
OLD = {"petcam_20250101-000000.mp4": b"not a film", "petcam_20250102-000000.mp4": b"nor this"}
PATIENCE_SECONDS = 40.0


@dataclass(frozen=True)
class Step:
    """The ``nth`` operation of a kind from a moment on: of the order to record (``start``), of the first frames in the
    file (``running``), or of the order to stop, with a camera that pauses (``stop``). docs/recordings.md has them all.
    """

    moment: str
    kind: str
    nth: int = 1

    def __str__(self):
        return f"{self.moment}-{self.kind}-{self.nth}"


STEPS = [
    *[Step("start", "create"), Step("start", "setattr"), Step("start", "fsyncdir")],
    *[Step("start", "write"), Step("start", "write", 2), Step("running", "write", 5), Step("running", "fsync")],
    *[Step("stop", "fsync"), Step("stop", "write"), Step("stop", "fsync", 2), Step("stop", "write", 2)],
    *[Step("stop", "fsync", 3), Step("stop", "setattr"), Step("stop", "rename"), Step("stop", "fsyncdir")],
]
SOME_STEPS = [Step("running", "write", 5), Step("running", "fsync"), Step("stop", "write", 2), Step("stop", "rename")]
FAILURES = list(zip(STEPS, itertools.cycle(ERRORS), strict=False))
if TRY_ALL:
    SOME_STEPS, FAILURES = STEPS, list(itertools.product(STEPS, ERRORS))


class Board:
    """A camera, a disk with faults, and a streamer that records onto it."""

    def __init__(self, directory):
        self.directory, self.disk = directory, mounted()
        self.recordings = self.disk.path / "recordings"
        self.recordings.mkdir()
        segment = f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}_film"
        self.film = Film(segment, f"{segment}_a")
        self.camera = {"stream": segment, "microphone": "default", "audio": f"{segment}_a"}
        self.streamer = self.service(self.recordings)
        self.streamer.start()

    def service(self, recordings):
        limits = {"directory": str(recordings), "min_free_bytes": 1, "pre_roll_seconds": 0}
        sections = {"camera": self.camera, "auth": {"mode": "none"}, "recording": limits}
        return Service("streamer", self.directory, self.directory / "state", sections)

    def empty(self):
        """Only the old recordings are there, and nothing is wrong."""
        self.disk.heal()
        self.film.go_on()
        self.streamer.post("/stop")
        for path in files_in(self.recordings):
            path.unlink()
        for name, content in OLD.items():
            (self.recordings / name).write_bytes(content)
        self.disk.trace()

    def status(self):
        return self.streamer.get("/status").json()

    def wait_until(self, holds):
        """``holds`` of the status."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds(status := self.status()):
            assert time.monotonic() < deadline, status
            time.sleep(0.02)  # the streamer's state is only told when asked for
        return status

    def record(self, step, order):
        """Record for a moment, and give the disk's ``order`` just before ``step``. Returns whether an answer of the
        streamer said that something was wrong."""
        where = {"kinds": [step.kind]}
        if step.moment == "start":
            order(step.nth, **where)
        answers = [self.streamer.post("/start")]
        if answers[0].ok:
            self.wait_until(lambda status: status["frame_count"] > 5 or not status["recording"])
            if step.moment == "running":
                self.disk.wait(order(step.nth, **where))
            if step.moment == "stop":
                self.film.pause()
                self.wait_until_drained()
                order(step.nth, **where)
            answers.append(self.streamer.post("/stop"))
        self.film.go_on()
        return not all(answer.ok for answer in answers)

    def wait_until_drained(self):
        count = -1
        while count != (count := self.status()["frame_count"]):
            time.sleep(2 / RATE)  # so long the camera could have been about to publish one

    def close(self):
        with contextlib.ExitStack() as stack:
            for each in (self.disk, self.film, self.streamer):
                stack.callback(each.close)
            self.disk.heal()  # or the streamer could wait for it for ever

    def recover(self, recordings):
        """Start a streamer, which finishes what it finds, and return the files besides the old ones."""
        again = self.service(recordings)
        again.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(path.suffix == ".part" for path in files_in(recordings)):
            assert time.monotonic() < deadline, again.log.read_text()
            time.sleep(0.02)  # it finishes them behind its first answer
        again.stop()
        for name, content in OLD.items():
            assert (recordings / name).read_bytes() == content
        return [path for path in files_in(recordings) if path.name not in OLD]


def files_in(recordings):
    """All but the mark of their disk."""
    return [path for path in recordings.iterdir() if path.name != ".petcam-place"]


@pytest.fixture(scope="module")
def one_board(tmp_path_factory):
    pytest.importorskip("av")
    board = Board(tmp_path_factory.mktemp("board"))
    yield board
    board.close()


@pytest.fixture
def board(one_board):
    one_board.empty()
    return one_board


@pytest.mark.parametrize("step, errno", FAILURES, ids=str)
def test_a_failing_operation_leaves_what_was_synced_and_is_said(board, step, errno):
    said = board.record(step, lambda nth, **where: board.disk.fail(errno, nth, **where))
    status = board.status()
    board.disk.heal()
    operations = board.disk.trace()
    (failed,) = [each["error"] for each in operations if each["error"]]
    assert failed == errno
    recorded = board.recover(board.recordings)
    held = sum(map(decoded_frames, recorded))
    makes_room = (step.moment, step.kind, errno) == ("stop", "write", "ENOSPC")  # the newest frames, for the table
    assert held >= (1 if makes_room else synced_frames(operations))
    assert said or (status["error"] and status["reason"]) or held == written_frames(operations)
    assert board.streamer.is_alive()


@pytest.mark.parametrize("step", SOME_STEPS, ids=str)
def test_a_killed_streamer_loses_no_frame_that_was_written(board, step):
    with contextlib.suppress(requests.ConnectionError):
        board.record(step, board.disk.kill)
    board.streamer.wait_until_killed()
    board.disk.heal()
    operations = board.disk.trace()
    held = sum(map(decoded_frames, board.recover(board.recordings)))
    board.streamer.start()
    assert held == written_frames(operations)


@pytest.mark.parametrize("step", SOME_STEPS, ids=str)
def test_a_power_cut_leaves_what_was_synced(board, step):
    board.disk.track_power()
    board.record(step, board.disk.cut_power)
    assert board.streamer.is_alive()
    operations = board.disk.trace()
    for names_synced in (True, False):
        left = board.disk.after_cut(names_synced) / "recordings"
        held = sum(map(decoded_frames, board.recover(left)))
        assert held >= synced_frames(operations)


def test_a_full_disk_ends_the_recording_and_the_next_one_begins_with_room(board):
    assert board.streamer.post("/start").ok
    board.disk.fail("ENOSPC", last=0, kinds=TAKING_SPACE)
    status = board.wait_until(lambda status: not status["recording"])
    assert status["reason"] == "Disk full" and "full" in status["error"]
    assert board.streamer.post("/start").status_code >= 500
    board.disk.heal()
    assert_records_again(board)


def test_a_disk_that_others_have_filled_costs_no_old_recording(board):
    assert board.streamer.post("/start").ok
    board.disk.fill()
    status = board.wait_until(lambda status: not status["recording"])
    assert status["reason"] in ("Disk full", "Space low") and status["error"]
    board.disk.heal()
    assert_records_again(board)


def test_a_disk_that_becomes_read_only_ends_the_recording(board):
    assert board.streamer.post("/start").ok
    board.disk.make_read_only()
    assert board.wait_until(lambda status: not status["recording"])["reason"] == "Disk read-only"
    assert board.streamer.post("/start").status_code >= 500
    board.disk.heal()
    assert_records_again(board)


def test_frames_that_come_during_a_sync_are_recorded_after_it(board):
    assert board.streamer.post("/start").ok
    board.disk.wait(board.disk.hold(kinds=["fsync"]))
    board.film.wait_for(RATE)
    board.disk.heal()
    stopped = board.streamer.post("/stop").json()
    assert board.status()["dropped_frames"] == 0
    (recorded,) = board.recover(board.recordings)
    assert decoded_frames(recorded) == stopped["frame_count"] == written_frames(board.disk.trace()) > RATE


@pytest.mark.skipif(not TRY_ALL, reason="takes half a minute: make stress")
def test_what_is_written_between_syncs_of_three_seconds_plays(board):
    """Frames may be dropped here, since on this disk writing waits for the sync (``FaultyDisk.hold``)."""
    assert board.streamer.post("/start").ok
    board.disk.slow_down(3.0)
    board.film.wait_for(6 * RATE)
    assert board.streamer.post("/stop").ok
    recorded = board.recover(board.recordings)
    assert sum(map(decoded_frames, recorded)) == written_frames(board.disk.trace())


@pytest.mark.skipif(not TRY_ALL, reason="takes three seconds: make stress")
def test_a_slow_disk_is_not_taken_for_a_silent_camera(board):
    board.disk.slow_down(3.0)
    assert board.streamer.post("/start").ok


def assert_records_again(board):
    """And finishes what was left."""
    assert board.streamer.post("/start").ok
    assert board.streamer.post("/stop").ok
    names = {path.name for path in files_in(board.recordings)}
    assert set(OLD) <= names and not any(name.endswith(".part") for name in names)
    for name in names - set(OLD):
        assert decoded_frames(board.recordings / name) > 0


def written_frames(operations):
    """How many frames were written: each by one write, which begins with a moof of the first track."""
    return sum(each["kind"] == "write" and not each["error"] and is_frame(each) for each in operations)


def synced_frames(operations):
    """How many of them were written before a sync began that was done."""
    begins = [each["began"] for each in operations if each["kind"] == "fsync" and not each["error"]]
    return written_frames(operations[: max(begins, default=0)])


def is_frame(write):
    begins = base64.b64decode(write["begins"])
    return begins[4:8] == b"moof" and begins[44:48] == b"\0\0\0\1"
