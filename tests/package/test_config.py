"""How the installed services and apt handle errors in the configuration."""

import time

import pytest

from tests.package.appliance import CONFIG, EVENTS, STREAMER, WEB, apt, edit_config, is_active
from tests.package.machine import Machine
from tests.package.package import Release

UNIT_FAILED_MESSAGE = "d9b373ed55a64feb8242e02dbe79a49c"  # systemd's message when a unit has ended badly


def test_the_services_start_with_an_unknown_key(machine: Machine) -> None:
    edit_config(machine, "auth:\n", "auth:\n  colour: blue\n")
    machine.run("systemctl", "restart", WEB, STREAMER, EVENTS)
    assert is_active(machine, WEB, STREAMER, EVENTS)


@pytest.mark.parametrize("unit", [WEB, STREAMER, EVENTS])
def test_a_bad_value_is_reported_in_one_line_without_a_restart_loop(machine: Machine, unit: str) -> None:
    edit_config(machine, "mode: password", "mode: everyone")
    machine.run("systemctl", "stop", unit)
    since = time.time()
    machine.run("systemctl", "start", unit, check=False)
    machine.await_journal(since, 30, f"MESSAGE_ID={UNIT_FAILED_MESSAGE}", f"UNIT={unit}")
    assert machine.property(unit, "ExecMainStatus") == "78"
    assert machine.property(unit, "SubState") == "failed"
    assert machine.property(unit, "NRestarts") == "0"
    lines = [line for line in machine.journal(since, "-o", "cat", f"_SYSTEMD_UNIT={unit}").splitlines() if line]
    (line,) = lines
    assert "auth.mode" in line and "everyone" in line and "password or none" in line
    edit_config(machine, "mode: everyone", "mode: password")
    machine.run("systemctl", "start", unit)
    assert is_active(machine, unit)


def test_apt_install_succeeds_with_a_bad_value(machine: Machine, release: Release) -> None:
    edit_config(machine, "mode: password", "mode: everyone")
    apt(machine, release, "--reinstall")
    assert not is_active(machine, WEB)
    assert "mode: everyone" in (machine.root / CONFIG).read_text()
    assert "ii  petcam" in machine.run("dpkg", "-l", "petcam")
    edit_config(machine, "mode: everyone", "mode: password")
    machine.run("systemctl", "start", "petcam.target")
    assert is_active(machine, WEB, STREAMER)
