"""The camera's week and its timer as in docs/state.md; the streamer's tests use the same file of cases. What each case
comes to is what petcam/web/camera and petcam/settings make of it: run this file to write that anew."""

import json
import os
import time
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from petcam.access import CameraSwitch, SwitchState, camera_switch
from petcam.access import switch as switch_module
from petcam.settings import OffTime, SettingsFile
from petcam.web.camera import Timer
from petcam.web.camera.timer import wanted
from petcam.web.camera.week import off_since

FILE = Path(__file__).parents[2] / "week-cases.json"
CASES = json.loads(FILE.read_text())


def off_times(rows: list[Any]) -> tuple[OffTime, ...]:
    return tuple(OffTime(tuple(days), begin, end) for days, begin, end in rows)


def in_zone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The board's local time is that zone's."""
    monkeypatch.setenv("TZ", name)
    time.tzset()


def walk(case: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The moments from one to another at which the answer is another than before, each with the answer."""
    in_zone(monkeypatch, case["zone"])
    schedule, changes = off_times(case["schedule"]), []
    for moment in range(case["from"], case["to"], case["step"]):
        since = off_since(schedule, moment)
        if not changes or changes[-1][1] != since:
            changes.append([moment, None if since is None else int(since)])
    return changes


def decide(case: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """How the camera is turned, and by whom; None: not at all; "defect": by nobody, as the file has no such date."""
    try:
        found = wanted(SwitchState(**case["state"]), case["off_time"], case["is_known"], case["wall"], case["ns"])
    except ValueError:
        return "defect"
    return found and list(found)


def read_schedule(case: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The off-times of a settings.json; where it is not known what was set, what is said of it behind its path."""
    file = SettingsFile(folder)
    if case["text"] is not None:
        file.path.write_text(case["text"])
    found, trouble = file.known(), file.trouble()
    if found is None:
        assert trouble is not None
        return trouble.message.removeprefix(f"{file.path} ")
    assert trouble is None
    return [[list(each.days), each.begin, each.end] for each in found.schedule]


def live(case: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is in camera.json after each step, and petcam-web's look at it."""
    clock = dict.fromkeys(("wall", "ns"), 0)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.fromtimestamp(clock["wall"], timezone.utc)

    monkeypatch.setattr(switch_module, "datetime", Clock)
    monkeypatch.setattr(camera_switch, "datetime", Clock)
    monkeypatch.setattr(time, "monotonic_ns", lambda: clock["ns"])
    in_zone(monkeypatch, case["zone"])
    switch, schedule, texts = CameraSwitch(folder), off_times(case["schedule"]), []
    timer = Timer(switch, lambda: schedule, lambda: (clock["wall"], clock["ns"]))
    for step in case["steps"]:
        clock = {"wall": step["wall"], "ns": step["ns"]}
        if "schedule" in step:
            schedule = None if step["schedule"] is None else off_times(step["schedule"])
        if "turn" in step:
            switch.turn(*step["turn"])
        if "text" in step:
            switch.path.write_text(step["text"])
        with suppress(ValueError):  # the timer's thread logs it
            timer.look()
        texts.append(switch.path.read_text() if switch.path.exists() else None)
    return texts


GROUPS = {"walks": walk, "decisions": decide, "schedules": read_schedule, "lives": live}
ALL = [(group, case) for group in GROUPS for case in CASES[group]]


@pytest.fixture
def zone_after():
    yield
    time.tzset()


@pytest.mark.parametrize(("group", "case"), ALL, ids=[f"{group}: {case['about']}" for group, case in ALL])
def test_a_case_comes_out_as_the_file_says(group, case, tmp_path, zone_after):
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert GROUPS[group](case, tmp_path, monkeypatch) == case["comes_to"]


def test_a_walk_in_a_zone_is_one_by_the_boards_own_time():
    from zoneinfo import ZoneInfo

    for case in CASES["walks"]:
        if case["zone"].startswith("Europe/"):
            for moment, since in case["comes_to"]:
                assert off_since(off_times(case["schedule"]), moment, ZoneInfo(case["zone"])) == since


def main() -> None:
    """Write anew what each case comes to."""
    import tempfile

    for group, function in GROUPS.items():
        for case in CASES[group]:
            with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
                case["comes_to"] = function(case, Path(folder), monkeypatch)
    os.environ.pop("TZ", None)
    rows = {name: ",\n".join(json.dumps(each, ensure_ascii=False) for each in CASES[name]) for name in GROUPS}
    groups = [f'"about": {json.dumps(CASES["about"])}', *(f"{json.dumps(name)}: [\n{rows[name]}\n]" for name in rows)]
    FILE.write_text("{" + ",\n".join(groups) + "}\n")


if __name__ == "__main__":
    main()
