"""The camera's switch as installed: while it is off no outlet gives anybody a picture, whatever happens to services."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.package.appliance import (
    DETECT,
    EVENTS,
    FEED,
    PAGE_URL,
    RECORDINGS,
    STREAMER,
    STREAMER_URL,
    WEB,
    await_camera,
    is_active,
    log_in,
    reboot,
    start_detector,
    start_feed,
    viewer_command,
)
from tests.package.machine import Machine, eventually

SWITCH = "/var/lib/petcam/camera.json"
VIEWERS = "a password of viewers"
STREAMS = ("-m", "2")  # seconds; a stream that is open then has answered 200
# What shows or records what the camera sees now: method and path, and who may have it.
OUTLETS = {
    ("GET", f"{PAGE_URL}/snapshot.jpg"): {"owner", "viewer", "token"},
    ("GET", f"{PAGE_URL}/stream.mjpg"): {"owner", "viewer", "token"},
    ("GET", f"{PAGE_URL}/api/detections/stream"): {"owner", "viewer"},
    ("GET", f"{PAGE_URL}/api/past.mp4?from=2"): {"owner", "viewer"},
    ("POST", f"{PAGE_URL}/api/recording/past"): {"owner"},
    ("POST", f"{PAGE_URL}/api/recording/start"): {"owner"},
    ("POST", f"{STREAMER_URL}/whep"): {"token"},
}
# A daemon of a vendor's, which knows nothing of the switch.
VENDOR = (
    "systemd-run",
    "--unit=vendor",
    "--setenv=STATE_DIRECTORY=/run/vendor",
    "petcam",
    "feed",
    "demo",
    "--restless",
)

Options = tuple[str, ...]


class Household:
    """Each of its people by the options of curl that say who that is."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.owner = log_in(machine)
        machine.run("petcam", "password", "--viewer", text=f"{VIEWERS}\n")
        token = re.search(r"petcam_\S+", machine.run("petcam", "token", "add"))
        assert token
        self.people = {
            "owner": self.owner,
            "viewer": log_in_as_viewer(machine),
            "token": ("-H", f"Authorization: Bearer {token[0]}"),
            "stranger": (),
        }

    def turn(self, on: bool) -> Any:
        body = json.dumps({"on": on})
        options = ("-X", "PUT", "-H", "Content-Type: application/json", "-d", body)
        status, answer = self.machine.curl(f"{PAGE_URL}/api/camera", *self.owner, *options)
        assert status == 200, answer
        return json.loads(answer)

    def ask(self, method: str, url: str, who: str) -> tuple[int, str]:
        sdp = (
            ("-H", "Content-Type: application/sdp")
            if url.endswith("/whep")
            else ("-H", "Content-Type: application/json")
        )
        body = ("-X", "POST", *sdp, "-d", "{}") if method == "POST" else ()
        return self.machine.curl(url, *self.people[who], *body, *STREAMS)

    def await_picture(self, who: str) -> None:
        """Where none comes, this fails with what is answered instead, and with the journal."""
        begin, last = time.time(), (0, "")

        def has_come() -> bool:
            nonlocal last
            last = self.ask("GET", f"{PAGE_URL}/snapshot.jpg", who)
            return last[0] == 200

        try:
            eventually(has_come)
        except AssertionError as error:
            raise AssertionError(f"{last}\n{self.machine.journal(begin - 60)}") from error

    def answers(self) -> dict[tuple[str, str], int]:
        """The status of each outlet for each of the people; 0: no service, no answer."""
        return {(who, url): self.ask(method, url, who)[0] for method, url in OUTLETS for who in self.people}

    def require_nothing(self) -> None:
        """While some service may be away."""
        assert [asked for asked, status in self.answers().items() if status == 200] == []
        assert not list((self.machine.root / RECORDINGS[1:]).glob("*.part"))

    def require_words(self) -> None:
        """The same, and that who may have a picture is told why there is none."""
        self.require_nothing()
        for (method, url), allowed in OUTLETS.items():
            for who in allowed:
                status, body = self.ask(method, url, who)
                assert status == 503 and "Camera off" in body, (who, url, status, body)


def log_in_as_viewer(machine: Machine) -> Options:
    status, head = machine.curl(f"{PAGE_URL}/login", "-i", "--data-urlencode", f"password={VIEWERS}")
    assert status == 303, head
    (cookie,) = (line for line in head.splitlines() if line.lower().startswith("set-cookie: petcam_session="))
    return ("-H", f"Cookie: {cookie.split(':', 1)[1].split(';')[0].strip()}")


@pytest.fixture
def household(machine: Machine) -> Iterator[Household]:
    """Where another program films, all the time."""
    machine.run(*VENDOR)
    await_camera(machine, "live")
    eventually(lambda: machine.curl(f"{PAGE_URL}/healthz")[0] == 200)
    yield Household(machine)


def stop_recording(household: Household) -> None:
    household.machine.curl(f"{PAGE_URL}/api/recording/stop", *household.owner, "-X", "POST")


def test_each_outlet_is_closed_for_everybody_at_once_and_during_kills_and_after_a_reboot(household: Household) -> None:
    machine = household.machine
    household.await_picture("owner")
    before = household.answers()
    stop_recording(household)
    for (_, url), allowed in OUTLETS.items():
        for who in household.people:
            expected = {200} if who in allowed else {401, 403}
            if url.endswith("/whep") and who == "token":
                expected = {400}  # it is let in, and its offer is none
            assert before[who, url] in expected, (who, url, before[who, url])

    household.machine.curl(f"{PAGE_URL}/api/recording/start", *household.owner, "-X", "POST")
    with machine.background_in_network(*viewer_command(machine, household.owner), "-for", "300s"):
        eventually(lambda: machine.property(STREAMER, "StatusText") == "1 viewer, recording")
        assert household.turn(False)["by"] == "owner"
        eventually(lambda: machine.property(STREAMER, "StatusText") == "0 viewers, camera off")
    household.require_words()
    assert machine.run("stat", "-c", "%U:%G %a", SWITCH) == "petcam-web:petcam 640\n"
    films = list((machine.root / RECORDINGS[1:]).glob("*.mp4"))
    assert films and all(film.stat().st_size > 1000 for film in films)  # they were ended, and are whole

    for unit in (WEB, STREAMER, EVENTS):
        since = time.time()
        machine.run("systemctl", "kill", "-s", "KILL", unit)
        household.require_nothing()
        machine.await_started(since, unit, timeout=30)
        household.require_nothing()

    reboot(machine, WEB, STREAMER)
    machine.run(*VENDOR)
    eventually(lambda: machine.run("ls", "/dev/shm").count("petcam_stream"))
    household.require_words()
    assert "is off, turned off at" in machine.run("petcam", "doctor", check=False)
    assert list((machine.root / RECORDINGS[1:]).glob("*.mp4")) == films

    assert household.turn(True)["on"] is True
    await_camera(machine, "live")
    household.await_picture("token")


@pytest.mark.slow
def test_where_petcam_films_it_closes_the_camera_and_whoever_is_killed_opens_nothing(machine: Machine) -> None:
    session = log_in(machine)
    start_detector(machine)
    eventually(lambda: "petcam_detections" in machine.run("ls", "/dev/shm"))
    machine.run("petcam", "camera", "off")
    for unit, status in ((FEED, "the camera is off"), (DETECT, "the camera is off"), (EVENTS, "the camera is off")):
        eventually(lambda unit=unit, status=status: machine.property(unit, "StatusText") == status)
    eventually(lambda: "petcam_stream" not in machine.run("ls", "/dev/shm"))
    for unit in (FEED, DETECT):
        since = time.time()
        machine.run("systemctl", "kill", "-s", "KILL", unit)
        machine.await_started(since, unit, timeout=30)
        eventually(lambda unit=unit: machine.property(unit, "StatusText") == "the camera is off")
        assert "petcam_stream" not in machine.run("ls", "/dev/shm")
    reboot(machine, WEB, STREAMER, FEED)
    eventually(lambda: machine.property(FEED, "StatusText") == "the camera is off")
    assert "petcam_stream" not in machine.run("ls", "/dev/shm")
    assert json.loads(machine.curl(f"{PAGE_URL}/api/camera", *session)[1])["by"] == "command"
    machine.run("petcam", "camera", "on")
    await_camera(machine, "live")
    assert is_active(machine, DETECT)


def test_a_damaged_switch_keeps_it_off(machine: Machine) -> None:
    log_in(machine)
    start_feed(machine)
    machine.run("sh", "-c", f"echo broken >{SWITCH}")
    eventually(lambda: machine.property(FEED, "StatusText") == "the camera is off")
    assert "camera.json is damaged" in machine.run("petcam", "doctor", check=False)
    machine.run("petcam", "camera", "on")
    await_camera(machine, "live")
