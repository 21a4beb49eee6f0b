"""The switches of camera and sound as in docs/state.md; the streamer's tests use the same file of cases."""

import json
import os
import stat
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from petcam.access import CameraSwitch, Place, SoundSwitch, camera_switch
from petcam.access import switch as switch_module
from petcam.access.switch import LOOK_SECONDS, MAX_FILE_BYTES, TIME_FORMAT
from petcam.errors import Code, PetcamError

CASES = json.loads((Path(__file__).parents[1] / "switch-cases.json").read_text())
KINDS = {"sound": SoundSwitch, "camera": CameraSwitch}
EFFECTS = {"sound": "the microphone is off", "camera": "the camera is off"}
FIELDS = {"sound": {"version", "on", "since", "by"}, "camera": {"version", "on", "since", "by", "until", "at_ns"}}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def switch(kind, tmp_path):
    return KINDS[kind](tmp_path)


def put(switch, text):
    new = switch.path.with_suffix(".new")
    new.write_text(text)
    new.replace(switch.path)


def test_it_is_on_until_somebody_turns_it(switch):
    assert switch.state().on and switch.is_on() and switch.state().since is None and switch.trouble() is None


@pytest.mark.parametrize("is_on", [True, False])
def test_it_is_as_the_file_says(kind, switch, is_on):
    for text in CASES[kind]["on" if is_on else "off"]:
        put(switch, text)
        assert switch.state().on is is_on and switch.state().by == json.loads(text)["by"]
        assert switch.state().until == json.loads(text).get("until")
        assert KINDS[kind](switch.path.parent).gate() == (is_on, json.loads(text).get("at_ns", 0))


DAMAGED = [(kind, *each) for kind in KINDS for each in zip(CASES[kind]["damaged"], CASES[kind]["says"], strict=True)]


@pytest.mark.parametrize(("kind", "text", "says"), DAMAGED)
def test_a_damaged_file_turns_it_off_and_is_said_once(switch, text, says, caplog):
    is_off_and_said_once(switch, text, caplog)
    assert caplog.messages == [f"{switch.path} {says}".replace("rm sound.json", f"rm {switch.path}")]


@pytest.mark.parametrize("case", CASES["written"], ids=lambda case: case["text"])
def test_what_is_written_when_it_is_turned(case, tmp_path, monkeypatch):
    class Fixed(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.strptime(case["now"], TIME_FORMAT).replace(tzinfo=timezone.utc)

    monkeypatch.setattr(switch_module, "datetime", Fixed)
    monkeypatch.setattr(camera_switch, "datetime", Fixed)
    monkeypatch.setattr(time, "monotonic_ns", lambda: case["at_ns"])
    switch = KINDS[case["switch"]](tmp_path)
    assert switch.turn(*case["turn"]) == switch.state() == KINDS[case["switch"]](tmp_path).state()
    assert switch.path.read_text() == case["text"]


def test_so_does_one_that_is_too_large(kind, switch, caplog):
    is_off_and_said_once(switch, CASES[kind]["on"][0] + " " * MAX_FILE_BYTES, caplog)


def is_off_and_said_once(switch, text, caplog):
    put(switch, text)
    assert not switch.state().on and not switch.is_on() and switch.state().since is None
    assert switch.trouble().code is Code.STATE_DAMAGED
    assert len(caplog.messages) == 1 and str(switch.path) in caplog.messages[0] and "off" in caplog.messages[0]
    assert switch.turn(True, "owner") == switch.state() and switch.state().on


def test_what_was_turned_is_so_for_others_and_after_a_restart(kind, switch):
    switch.turn(False, "owner")
    other = KINDS[kind](switch.path.parent)
    assert (other.state().on, other.state().by, other.is_on()) == (False, "owner", False)
    assert stat.S_IMODE(switch.path.stat().st_mode) == 0o640
    switch.turn(True, "owner")
    assert other.state().on
    assert json.loads(switch.path.read_text()).keys() == FIELDS[kind]


def test_who_asks_often_reads_the_file_four_times_a_second_at_most(kind, tmp_path, monkeypatch):
    now, reads = [100.0], []
    switch = KINDS[kind](tmp_path, lambda: now[0])
    read = switch._file.read
    monkeypatch.setattr(switch._file, "read", lambda parse: reads.append(1) or read(parse))
    for _ in range(20):
        assert switch.is_on()
    assert len(reads) == 1
    KINDS[kind](tmp_path).turn(False, "owner")
    now[0] += LOOK_SECONDS
    assert not switch.is_on() and len(reads) == 2
    switch.turn(True, "owner")
    assert switch.is_on()  # what it has turned itself it knows at once


def test_a_link_a_pipe_and_a_directory_turn_it_off(kind, switch, tmp_path):
    (tmp_path / "elsewhere").write_text(CASES[kind]["on"][0])
    for make in (lambda: switch.path.symlink_to(tmp_path / "elsewhere"), lambda: os.mkfifo(switch.path)):
        make()
        assert not switch.state().on
        switch.path.unlink()
    switch.path.mkdir()
    assert not switch.state().on
    assert switch.turn(True, "owner").on and switch.state().on  # the directory is set aside


def test_a_folder_that_cannot_be_made_says_that_nothing_changed(kind, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PetcamError) as caught:
        KINDS[kind](tmp_path / "file").turn(False, "owner")
    assert caught.value.code is Code.STATE_NOT_WRITTEN


def test_it_is_off_while_the_directory_is_not_where_the_board_was_set_up(kind, tmp_path, caplog):
    """Its disk is not mounted: there is no file, and perhaps the owner has turned it off."""
    mark = "0123456789abcdef" * 2
    now = [100.0]
    switch = KINDS[kind](tmp_path, lambda: now[0], Place(tmp_path, mark))
    assert not switch.is_on() and not switch.state().on and switch.fault().code is Code.STATE_DAMAGED
    assert sum(EFFECTS[kind] in message for message in caplog.messages) == 1
    with pytest.raises(PetcamError):
        switch.turn(True, "owner")
    assert not list(tmp_path.iterdir())
    (tmp_path / ".petcam-place").write_text(f"{mark}\n")  # the disk has come
    now[0] += LOOK_SECONDS
    assert switch.is_on() and switch.state().on and switch.fault() is None and switch.trouble() is None
    (tmp_path / ".petcam-place").unlink()
    now[0] += LOOK_SECONDS
    assert not switch.is_on() and sum(EFFECTS[kind] in message for message in caplog.messages) == 2


def test_a_disk_that_goes_between_both_looks_turns_nothing_on(kind, tmp_path, monkeypatch):
    mark = "0123456789abcdef" * 2
    (tmp_path / ".petcam-place").write_text(f"{mark}\n")
    switch = KINDS[kind](tmp_path, place=Place(tmp_path, mark))
    monkeypatch.setattr(switch._file, "read", lambda parse: (tmp_path / ".petcam-place").unlink())
    assert not switch.state().on


def test_a_camera_remembers_until_when_and_when_it_was_turned(tmp_path):
    before = time.monotonic_ns()
    switch = CameraSwitch(tmp_path)
    state = switch.turn(False, "token", 90)
    assert state == CameraSwitch(tmp_path).state()
    off_for = datetime.fromisoformat(state.until[:-1]) - datetime.fromisoformat(state.since[:-1])
    assert timedelta(minutes=90) <= off_for <= timedelta(minutes=91)
    assert before <= state.at_ns <= time.monotonic_ns() and switch.gate() == (False, state.at_ns)
