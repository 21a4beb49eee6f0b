"""A service that hangs or dies is restarted."""

import time

import pytest

from tests.package.appliance import EVENTS, STREAMER, WEB, await_camera, is_active, start_feed
from tests.package.machine import LAN_ADDRESS, TIMEOUT_FACTOR, Machine

SERVICES = (WEB, STREAMER, EVENTS)


@pytest.mark.parametrize("unit, port", [(WEB, 8080), (STREAMER, 8081)])
def test_a_service_accepts_connections_once_systemd_says_it_is_started(machine: Machine, unit: str, port: int) -> None:
    for _ in range(5):
        machine.run("bash", "-c", f"systemctl restart {unit} && exec 3<>/dev/tcp/{LAN_ADDRESS}/{port}")


@pytest.mark.parametrize("unit", SERVICES)
def test_the_watchdog_restarts_a_service_that_hangs(machine: Machine, unit: str) -> None:
    since = time.time()
    machine.run("systemctl", "kill", "-s", "STOP", unit)
    machine.await_started(since, unit, timeout=30)
    assert "watchdog" in machine.journal(since, "-u", unit).lower()


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_restarts_within_five_seconds_of_each_of_ten_kills(machine: Machine, unit: str) -> None:
    started_at = time.time()
    for _ in range(10):
        since = time.time()
        machine.run("systemctl", "kill", "-s", "KILL", unit)
        machine.await_started(since, unit, timeout=5)
    assert time.time() - started_at < 60 * TIMEOUT_FACTOR
    assert is_active(machine, *SERVICES)


def test_the_services_stay_active_without_a_camera(machine: Machine) -> None:
    start_feed(machine)
    machine.run("systemctl", "stop", "petcam-feed")
    await_camera(machine, "waiting")
    assert is_active(machine, *SERVICES)
