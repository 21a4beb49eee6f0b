"""A service that hangs or dies comes back by itself."""

import time

import pytest

from tests.package.appliance import STREAMER, WEB, await_camera, is_active, start_feed
from tests.package.machine import LAN, PATIENCE, Machine

SERVICES = (WEB, STREAMER)


@pytest.mark.parametrize("unit, port", [(WEB, 8080), (STREAMER, 8081)])
def test_it_is_ready_when_its_port_answers(machine: Machine, unit: str, port: int) -> None:
    for _ in range(5):
        machine.run("bash", "-c", f"systemctl restart {unit} && exec 3<>/dev/tcp/{LAN}/{port}")


@pytest.mark.parametrize("unit", SERVICES)
def test_the_watchdog_restarts_what_hangs(machine: Machine, unit: str) -> None:
    since = time.time()
    machine.run("systemctl", "kill", "-s", "STOP", unit)
    machine.await_started(since, unit, timeout=30)
    assert "watchdog" in machine.journal(since, "-u", unit).lower()


@pytest.mark.parametrize("unit", SERVICES)
def test_it_is_back_within_five_seconds_of_each_of_ten_kills_in_a_minute(machine: Machine, unit: str) -> None:
    began = time.time()
    for _ in range(10):
        since = time.time()
        machine.run("systemctl", "kill", "-s", "KILL", unit)
        machine.await_started(since, unit, timeout=5)
    assert time.time() - began < 60 * PATIENCE
    assert is_active(machine, *SERVICES)


def test_no_camera_is_not_a_failure(machine: Machine) -> None:
    start_feed(machine)
    machine.run("systemctl", "stop", "petcam-feed")
    await_camera(machine, "waiting")
    assert is_active(machine, *SERVICES)
