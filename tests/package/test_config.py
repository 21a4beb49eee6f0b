"""What a configuration does to the installed services."""

import time

import pytest

from tests.package.appliance import CONFIG, STREAMER, WEB, apt, edit_config, is_active
from tests.package.machine import Machine
from tests.package.package import Package

FAILED = "d9b373ed55a64feb8242e02dbe79a49c"  # systemd's message when a unit has ended badly


def test_an_unknown_key_is_a_warning(machine: Machine) -> None:
    edit_config(machine, "auth:\n", "auth:\n  colour: blue\n")
    machine.run("systemctl", "restart", WEB, STREAMER)
    assert is_active(machine, WEB, STREAMER)


@pytest.mark.parametrize("unit", [WEB, STREAMER])
def test_a_bad_value_is_one_line_and_no_restart_loop_and_mending_it_suffices(machine: Machine, unit: str) -> None:
    edit_config(machine, "mode: password", "mode: everyone")
    machine.run("systemctl", "stop", unit)
    since = time.time()
    machine.run("systemctl", "start", unit, check=False)
    machine.await_journal(since, 30, f"MESSAGE_ID={FAILED}", f"UNIT={unit}")
    assert machine.property(unit, "ExecMainStatus") == "78"
    assert machine.property(unit, "SubState") == "failed"
    assert machine.property(unit, "NRestarts") == "0"
    said = [line for line in machine.journal(since, "-o", "cat", f"_SYSTEMD_UNIT={unit}").splitlines() if line]
    (line,) = said
    assert "auth.mode" in line and "everyone" in line and "password or none" in line
    edit_config(machine, "mode: everyone", "mode: password")
    machine.run("systemctl", "start", unit)
    assert is_active(machine, unit)


def test_apt_succeeds_with_a_bad_value(machine: Machine, package: Package) -> None:
    edit_config(machine, "mode: password", "mode: everyone")
    apt(machine, package, "--reinstall")
    assert not is_active(machine, WEB)
    assert "mode: everyone" in (machine.root / CONFIG).read_text()
    assert "ii  petcam" in machine.run("dpkg", "-l", "petcam")
    edit_config(machine, "mode: everyone", "mode: password")
    machine.run("systemctl", "start", "petcam.target")
    assert is_active(machine, WEB, STREAMER)
