"""Being told, as installed: one message for a visit, with its picture, whatever happens to petcam-events; and muted."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.package.appliance import (
    EVENTS,
    PAGE_URL,
    WEB,
    await_camera,
    edit_config,
    is_active,
    start_program,
)
from tests.package.machine import Machine, eventually
from tests.package.test_visits import DETECTOR, Household

RECEIVED = "/srv/received"
# Writes each message to a file of its own.
RECEIVER = f"""\
import http.server, itertools, os
os.makedirs("{RECEIVED}", exist_ok=True)
numbers = itertools.count(len(os.listdir("{RECEIVED}")))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path = "{RECEIVED}/%03d" % next(numbers)
        with open(path + ".part", "wb") as file:
            file.write(body)
        os.rename(path + ".part", path)
        self.send_response(204)
        self.end_headers()
http.server.HTTPServer(("192.168.77.1", 9000), Handler).serve_forever()
"""
HOOK = "http://someone:a secret@192.168.77.1:9000/cats".replace(" ", "%20")


def messages(machine: Machine) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((machine.root / RECEIVED[1:]).glob("*")) if not path.suffix]


def await_messages(machine: Machine, count: int) -> list[dict[str, Any]]:
    eventually(lambda: len(messages(machine)) >= count, timeout=60)
    return messages(machine)


@pytest.fixture
def household(machine: Machine) -> Iterator[Household]:
    (machine.root / RECEIVED[1:]).mkdir(parents=True, exist_ok=True)
    edit_config(machine, 'webhook: ""', f'webhook: "{HOOK}"')
    edit_config(machine, "gap_seconds: 30", "gap_seconds: 5")
    machine.run("systemctl", "restart", "petcam.target")
    machine.run("systemd-run", "--unit=capture", "petcam", "feed", "demo", "--no-detector")
    await_camera(machine, "live")
    start_program(machine, "detector", DETECTOR, "-p", "Restart=always")
    eventually(lambda: is_active(machine, EVENTS) and "nobody there" in machine.property(EVENTS, "StatusText"))
    eventually(lambda: machine.curl(f"{PAGE_URL}/healthz")[0] == 200)
    yield Household(machine)


def test_a_visit_is_told_once_with_its_picture_and_muted_by_its_link(household: Household) -> None:
    machine = household.machine
    start_program(machine, "receiver", RECEIVER)
    household.come()
    visit = household.await_visit(is_open=True)
    (message,) = await_messages(machine, 1)
    assert message["kind"] == "visit" and message["events"][0]["id"] == visit["id"]
    assert base64.b64decode(message["picture"]["base64"]).startswith(b"\xff\xd8\xff")
    assert str(visit["id"]) in message["link"]
    for command in (["kill", "-s", "KILL", EVENTS], ["restart", EVENTS], ["kill", "-s", "KILL", WEB]):
        machine.run("systemctl", *command)
        eventually(lambda: is_active(machine, EVENTS, WEB) and machine.curl(f"{PAGE_URL}/healthz")[0] == 200)
    household.leave()
    household.await_visit(is_open=False)
    household.stay(5.0)
    assert len(messages(machine)) == 1

    path = "/" + message["mute"].split("/", 3)[3]
    assert machine.curl(f"{PAGE_URL}{path}", "-d", "minutes=60")[0] == 200
    household.come()
    household.await_visit(is_open=True, least=2)
    household.stay(5.0)
    assert len(messages(machine)) == 1
    assert "a secret" not in machine.run("journalctl", "-b", "--no-pager") + machine.run(
        "petcam", "doctor", check=False
    )


@pytest.mark.slow
def test_while_nobody_takes_it_petcam_goes_on_noticing_says_so_and_tells_it_then(household: Household) -> None:
    machine = household.machine
    household.come()
    visit = household.await_visit(is_open=True)
    said = "http://192.168.77.1"
    eventually(lambda: said in machine.run("petcam", "doctor", check=False), timeout=60)
    assert "cannot be reached" in machine.run("petcam", "doctor", check=False)
    assert "cannot be reached" in machine.run("petcam", "notify", "test", check=False)
    household.leave()
    assert household.await_visit(is_open=False)["id"] == visit["id"]
    start_program(machine, "receiver", RECEIVER)
    (message, *others) = await_messages(machine, 1)
    assert [event["id"] for event in message["events"]] == [visit["id"]] and not others
    assert "cannot be reached" not in machine.run("petcam", "doctor", check=False)
    assert "http://192.168.77.1" in machine.run("petcam", "notify", "test")
    assert [each["kind"] for each in await_messages(machine, 2)] == ["visit", "test"]
