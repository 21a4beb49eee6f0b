"""A service that hangs or dies comes back by itself."""

import time

import pytest
from appliance import STREAMER, WEB, await_camera, is_active, start_feed
from machine import Machine

SERVICES = (WEB, STREAMER)


@pytest.mark.parametrize("unit", SERVICES)
def test_it_comes_back_soon_after_sigkill(machine: Machine, unit: str) -> None:
    since = time.time()
    machine.run("systemctl", "kill", "-s", "KILL", unit)
    machine.await_started(since, unit, timeout=5)


@pytest.mark.parametrize("unit", SERVICES)
def test_the_watchdog_restarts_what_hangs(machine: Machine, unit: str) -> None:
    since = time.time()
    machine.run("systemctl", "kill", "-s", "STOP", unit)
    machine.await_started(since, unit, timeout=30)
    assert "watchdog" in machine.journal(since, "-u", unit).lower()


@pytest.mark.parametrize("unit", SERVICES)
def test_ten_kills_in_a_minute_do_not_end_it(machine: Machine, unit: str) -> None:
    for _ in range(10):
        since = time.time()
        machine.run("systemctl", "kill", "-s", "KILL", unit)
        machine.await_started(since, unit, timeout=60)
    assert is_active(machine, *SERVICES)


def test_no_camera_is_not_a_failure(machine: Machine) -> None:
    start_feed(machine)
    machine.run("systemctl", "stop", "petcam-feed")
    await_camera(machine, "waiting")
    assert is_active(machine, *SERVICES)
