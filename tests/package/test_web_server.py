"""web.server: the page goes from petcam-web to petcam-streamer and back, by one key and one restart."""

import json
from contextlib import ExitStack
from typing import Any

import pytest

from tests.package.appliance import (
    PAGE_URL,
    STREAMER,
    WEB,
    edit_config,
    failed_units,
    health,
    is_active,
    log_in,
    reboot,
    server_of,
    start_feed,
    viewer_command,
)
from tests.package.machine import Machine, eventually

STATE = "/var/lib/petcam"
VIEWERS = 5
USERS = {"petcam": "petcam-web", "petcam-streamer": "petcam"}


def turn(machine: Machine, to: str, restart: str = WEB) -> None:
    """As docs/migration.md has it."""
    old, new = ("python", "go") if to == "go" else ("go", "python")
    edit_config(machine, f"server: {old}", f"server: {new}")
    machine.run("systemctl", "restart", restart)


def expect_served(machine: Machine, by: str, session: tuple[str, ...]) -> None:
    """The page is served by the program, who is logged in is so, and the state is its user's."""
    eventually(lambda: server_of(machine) == by and machine.curl(f"{PAGE_URL}/healthz")[0] == 200)
    assert machine.curl(f"{PAGE_URL}/", *session)[0] == 200
    owned = machine.run(
        "find", STATE, "-maxdepth", "1", "(", "-path", STATE, "-o", "-name", "*.json", ")", "-printf", "%u "
    )
    assert len(owned.split()) > 2 and set(owned.split()) == {USERS[by]}
    assert is_active(machine, WEB) == (by == "petcam")
    assert failed_units(machine) == ""


def status(machine: Machine, session: tuple[str, ...]) -> Any:
    return json.loads(machine.curl(f"{PAGE_URL}/api/recording/status", *session)[1])


def test_there_and_back_under_a_recording_and_viewers_who_see_it_through(machine: Machine) -> None:
    session = log_in(machine)
    start_feed(machine)
    assert machine.curl(f"{PAGE_URL}/api/recording/start", *session, "-X", "POST")[0] == 200
    with ExitStack() as viewers:
        for _ in range(VIEWERS):  # each with a token of its own
            command = viewer_command(machine, session)
            viewers.enter_context(machine.background_in_network(*command, "-for", "300s"))
        eventually(lambda: health(machine)["webrtc_clients"] == VIEWERS)
        frames, process = 0, machine.property(STREAMER, "MainPID")
        for to, by in (("go", "petcam-streamer"), ("python", "petcam")):
            turn(machine, to)
            expect_served(machine, by, session)
            eventually(lambda before=frames: status(machine, session)["frame_count"] > before)
            frames = status(machine, session)["frame_count"]
            assert health(machine)["webrtc_clients"] == VIEWERS
            assert machine.property(STREAMER, "MainPID") == process
    body = json.loads(machine.curl(f"{PAGE_URL}/api/recording/stop", *session, "-X", "POST")[1])
    assert machine.curl(f"{PAGE_URL}/api/recordings/{body['filename']}", *session, "-r", "4-7")[1] == "ftyp"


def test_petcam_web_says_why_it_does_not_start_and_the_doctor_has_no_complaint(machine: Machine) -> None:
    session = log_in(machine)
    turn(machine, "go")
    expect_served(machine, "petcam-streamer", session)
    said = machine.run("systemctl", "status", WEB, check=False)
    assert "web.server is go in /etc/petcam/petcam.yaml" in said and "inactive" in said
    assert machine.property(WEB, "Result") == "exec-condition"
    assert "✗" not in machine.run("petcam", "doctor")
    reboot(machine, STREAMER)
    expect_served(machine, "petcam-streamer", session)
    assert "second password" not in machine.run("petcam", "password", text="a second password\n")
    assert machine.curl(f"{PAGE_URL}/", *session)[0] == 302
    expect_served(machine, "petcam-streamer", log_in(machine))


@pytest.mark.parametrize("restart", ["petcam.target", "a reboot"])
def test_whatever_is_restarted_after_a_change_the_page_comes_back(machine: Machine, restart: str) -> None:
    session = log_in(machine)
    for to, by in (("go", "petcam-streamer"), ("python", "petcam")):
        if restart == "a reboot":
            turn(machine, to, "systemd-journald")
            machine.power_off()
            machine.boot()
        else:
            turn(machine, to, restart)
        expect_served(machine, by, session)


def test_a_streamer_that_is_restarted_first_waits_for_petcam_web_and_takes_nothing_from_it(machine: Machine) -> None:
    session = log_in(machine)
    turn(machine, "go", STREAMER)
    expect_served(machine, "petcam", session)
    machine.run("systemctl", "restart", WEB)
    expect_served(machine, "petcam-streamer", session)
    turn(machine, "python", STREAMER)  # nobody serves now: petcam-web is what is to be restarted
    machine.run("systemctl", "restart", WEB)
    expect_served(machine, "petcam", session)


def test_a_bad_configuration_keeps_the_page_where_it_is_until_petcam_web_says_what_is_wrong(machine: Machine) -> None:
    session = log_in(machine)
    edit_config(machine, "server: python", "server: ruby")
    machine.run("systemctl", "reload", STREAMER)
    expect_served(machine, "petcam", session)
    machine.run("systemctl", "restart", WEB, check=False)
    eventually(lambda: machine.property(WEB, "ExecMainStatus") == "78")
    edit_config(machine, "server: ruby", "server: python")
    machine.run("systemctl", "restart", WEB)
    expect_served(machine, "petcam", session)


def test_the_streamer_alone_of_all_that_run_as_its_user_may_write_the_state(machine: Machine) -> None:
    session = log_in(machine)
    start_feed(machine)
    turn(machine, "go")
    expect_served(machine, "petcam-streamer", session)
    for unit, may in (("petcam-streamer", True), ("petcam-events", False), ("petcam-feed", False)):
        inside = (
            "nsenter",
            "-t",
            machine.property(unit, "MainPID"),
            "-m",
            "setpriv",
            "--reuid=petcam",
            "--regid=petcam",
        )
        words = ("sh", "-c", f"test -w {STATE} && echo may || echo may not")
        found = machine.run(*inside, "--init-groups", *words)
        assert found == ("may\n" if may else "may not\n"), unit
