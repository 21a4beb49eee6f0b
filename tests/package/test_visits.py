"""The whole of it: a pet comes before the camera of an installed petcam, and is noticed and recorded by itself."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.package.appliance import (
    EVENTS,
    PAGE_URL,
    RECORDINGS,
    STREAMER_URL,
    await_camera,
    edit_config,
    is_active,
    log_in,
    start_program,
)
from tests.package.machine import Machine, eventually

PRE_ROLL, POST_ROLL, GAP = 5.0, 2.0, 5.0
MOST_LEASE = 14.0  # seconds for which petcam-events may have something recorded behind the last box: 3, and its lease
# Sees a cat that walks to and fro while /run/cat is there: three results for each ten frames.
DETECTOR = """\
import os
from petcam.shm.detections import DetectionWriter
from petcam.shm.stream import StreamReader
with StreamReader("/petcam_stream") as stream, DetectionWriter("/petcam_detections") as out:
    while True:
        unit = stream.read(timeout=1.0)
        if unit is not None and unit.frame_number % 3 == 0:
            x = abs(unit.frame_number * 3 % 800 - 400)
            there = os.path.exists("/run/cat")
            out.publish(unit, [("cat", 0.9, 60 + x, 120, 140, 90)] if there else [])
"""
ASK = """\
import json, sys
sys.path.insert(0, "/usr/lib/petcam")
from pathlib import Path
from petcam.events.read import Reader, Wanted
found = Reader(Path("/var/lib/petcam-events")).page(Wanted(kind="visit")).events
print(json.dumps([each._asdict() for each in found]))
"""


class Household:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.session = log_in(machine)

    def come(self) -> None:
        self.machine.run("touch", "/run/cat")

    def stay(self, seconds: float) -> None:
        """For so long from now on."""
        until = time.time() + seconds
        eventually(lambda: time.time() > until)

    def leave(self) -> float:
        """When it was gone at the latest, Unix time."""
        self.machine.run("rm", "/run/cat")
        return time.time()

    def visits(self) -> list[dict[str, Any]]:
        """As the page reads them: by its user, oldest first."""
        as_page = ("setpriv", "--reuid=petcam-web", "--regid=petcam", "--init-groups")
        return list(reversed(json.loads(self.machine.run(*as_page, "python3", "-B", "-c", ASK))))

    def await_visit(self, is_open: bool, least: int = 1) -> dict[str, Any]:
        eventually(lambda: len(found := self.visits()) >= least and found[-1]["is_open"] is is_open, timeout=90)
        return self.visits()[-1]

    def await_recording(self, visit_id: int) -> str:
        """The name of a file that grows and is said to have it."""
        eventually(lambda: [each for each in self.visits() if each["id"] == visit_id][0]["recordings"])
        return str([each for each in self.visits() if each["id"] == visit_id][0]["recordings"][0][0])

    def await_finished(self) -> list[dict[str, Any]]:
        """All recordings, oldest first, when none grows any more."""
        eventually(lambda: not self.machine.run("find", RECORDINGS, "-name", "*.part").strip(), timeout=60)
        status, body = self.machine.curl(f"{PAGE_URL}/api/recordings", *self.session)
        assert status == 200
        return sorted(json.loads(body)["recordings"], key=lambda each: each["name"])


@pytest.fixture
def household(machine: Machine) -> Iterator[Household]:
    """With the demo's room, a detector that is somebody else's, and ``recording.mode: visits``."""
    edit_config(machine, "  mode: manual\n", "  mode: visits\n")
    edit_config(machine, "post_roll_seconds: 10", f"post_roll_seconds: {POST_ROLL:g}")
    edit_config(machine, "gap_seconds: 30", f"gap_seconds: {GAP:g}")
    machine.run("systemctl", "restart", "petcam.target")
    machine.run("systemd-run", "--unit=capture", "petcam", "feed", "demo", "--no-detector")
    await_camera(machine, "live")
    start_program(machine, "detector", DETECTOR, "-p", "Restart=always")
    eventually(lambda: is_active(machine, EVENTS) and "nobody there" in machine.property(EVENTS, "StatusText"))
    eventually(lambda: machine.curl(f"{STREAMER_URL}/health")[0] == 200)
    yield Household(machine)


def film(machine: Machine, name: str, end: float) -> tuple[float, float]:
    """From when to when it films, Unix time, by its time of modification and its duration."""
    (path,) = (machine.root / RECORDINGS[1:]).glob(name)
    return path.stat().st_mtime - end, path.stat().st_mtime


def test_a_visit_is_noticed_and_recorded_from_its_pre_roll_to_its_post_roll(household: Household) -> None:
    machine = household.machine
    eventually(lambda: seconds_of_film(machine) > PRE_ROLL + 3)
    came = time.time()
    household.come()
    visit = household.await_visit(is_open=True)
    assert visit["class_name"] == "cat" and visit["begin"] > came - 1
    eventually(lambda: "there: cat since" in machine.property(EVENTS, "StatusText"))
    name = household.await_recording(visit["id"])
    gone = household.leave()
    over = household.await_visit(is_open=False)
    assert over["id"] == visit["id"] and over["end"] <= gone + 1
    (recording,) = household.await_finished()
    assert recording["name"] == name and "~visit" in name
    first, last = film(machine, name, recording["duration"])
    assert first <= over["begin"] - PRE_ROLL + 0.1
    assert over["end"] + POST_ROLL <= last <= gone + MOST_LEASE + POST_ROLL
    offset = over["recordings"][0][1]
    assert abs(over["begin"] - first - offset) < 0.2


def test_neither_a_kill_nor_a_restart_in_the_middle_of_a_visit_ends_it_or_its_film(household: Household) -> None:
    machine = household.machine
    household.come()
    visit = household.await_visit(is_open=True)
    household.await_recording(visit["id"])
    for command in (["kill", "-s", "KILL"], ["restart"]):
        since = time.time()
        machine.run("systemctl", *command, EVENTS)
        machine.await_started(since, EVENTS, timeout=5)
        eventually(lambda: "there: cat since" in machine.property(EVENTS, "StatusText"))
        household.stay(3.0)  # a box may be of another cat, until it is certain that there is one
    household.leave()
    over = household.await_visit(is_open=False)
    assert over["id"] == visit["id"] and over["end"] > since
    assert len(household.visits()) == 1
    (recording,) = household.await_finished()
    first, last = film(machine, recording["name"], recording["duration"])
    assert first < over["begin"] and over["end"] + POST_ROLL <= last


def test_where_it_stays_dead_the_film_ends_by_itself_and_the_visit_with_the_next_start(household: Household) -> None:
    machine = household.machine
    household.come()
    visit = household.await_visit(is_open=True)
    household.await_recording(visit["id"])
    machine.run("systemctl", "mask", "--runtime", EVENTS)
    machine.run("systemctl", "kill", "-s", "KILL", EVENTS)
    killed = time.time()
    (recording,) = household.await_finished()
    _, last = film(machine, recording["name"], recording["duration"])
    assert last <= killed + MOST_LEASE + POST_ROLL
    assert household.visits()[-1]["is_open"]  # nobody is there who could say otherwise
    household.leave()
    machine.run("systemctl", "unmask", "--runtime", EVENTS)
    machine.run("systemctl", "start", EVENTS)
    over = household.await_visit(is_open=False)
    assert over["id"] == visit["id"] and visit["begin"] < over["end"] <= killed


def test_a_power_cut_ends_what_was_open_at_its_last_kept_box(household: Household) -> None:
    machine = household.machine
    household.come()
    visit = household.await_visit(is_open=True)
    household.await_recording(visit["id"])
    machine.cut_power()
    cut = time.time()
    machine.boot()
    over = household.await_visit(is_open=False)
    assert over["id"] == visit["id"] and visit["begin"] <= over["end"] <= cut
    assert len(household.await_finished()) == 1


def seconds_of_film(machine: Machine) -> float:
    """For how long the camera has been there."""
    began = int(machine.property("capture.service", "ActiveEnterTimestampMonotonic")) / 1e6
    return time.clock_gettime(time.CLOCK_MONOTONIC) - began
