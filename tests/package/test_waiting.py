"""What time can mend is waited for: an address that DHCP brings later, a port that another program has; a new name."""

from tests.package.appliance import CONFIG, PAGE_URL, STREAMER, WEB, edit_config, is_active, log_in
from tests.package.machine import Machine, eventually

LATER = "192.168.78.5"


def test_an_address_that_comes_later_is_waited_for_by_both_services(machine: Machine) -> None:
    config = machine.root / CONFIG
    config.write_text(config.read_text().replace("host: 0.0.0.0", f"host: {LATER}"))
    machine.run("systemctl", "restart", "petcam.target")
    for unit, key in ((WEB, "web.host"), (STREAMER, "streamer.host")):
        waiting = f"waiting: {key}: {LATER} is "
        eventually(lambda unit=unit, waiting=waiting: machine.property(unit, "StatusText").startswith(waiting))
    assert is_active(machine, WEB, STREAMER)
    found = machine.run("petcam", "doctor", check=False)
    assert found.count(f"{LATER} (web.host) is no address of this machine now") == 1
    assert machine.in_network("ip", "address", "add", f"{LATER}/24", "dev", "lan0").returncode == 0
    eventually(lambda: machine.curl(f"http://{LATER}:8080/healthz")[0] == 200)
    eventually(lambda: machine.curl(f"http://{LATER}:8081/health")[0] == 200)
    assert [machine.property(unit, "NRestarts") for unit in (WEB, STREAMER)] == ["0", "0"]


def test_a_port_that_another_program_has_is_waited_for(machine: Machine) -> None:
    machine.run("systemctl", "stop", "petcam.target", WEB, STREAMER)  # the target's stop waits for no service
    for port in (8080, 8081):
        machine.run("systemd-run", f"--unit=other-{port}", "python3", "-m", "http.server", str(port))
        eventually(lambda port=port: machine.curl(f"http://127.0.0.1:{port}/")[0] == 200)
    machine.run("systemctl", "start", "petcam.target")
    for unit in (WEB, STREAMER):
        eventually(lambda unit=unit: "is taken by another program" in machine.property(unit, "StatusText"))
    machine.run("systemctl", "stop", "other-8080", "other-8081")
    eventually(lambda: machine.curl(f"{PAGE_URL}/healthz")[0] == 200)
    eventually(lambda: machine.curl("http://127.0.0.1:8081/health")[0] == 200)
    assert [machine.property(unit, "NRestarts") for unit in (WEB, STREAMER)] == ["0", "0"]


def test_a_renamed_board_is_opened_by_its_new_name_without_a_restart(machine: Machine) -> None:
    log_in(machine)
    by_name = ("-H", "Host: kitchen.lan:8080")
    assert machine.curl(f"{PAGE_URL}/login", *by_name)[0] == 421
    (machine.root / "etc/hostname").write_text("kitchen\n")
    eventually(lambda: machine.curl(f"{PAGE_URL}/login", *by_name)[0] == 200)
    assert machine.curl(f"{PAGE_URL}/login", "-H", "Host: cellar.lan:8080")[0] == 421


def test_a_bad_configuration_still_ends_the_service_for_good(machine: Machine) -> None:
    edit_config(machine, "threads: 40", "threads: many")
    machine.run("systemctl", "restart", "petcam.target", check=False)
    eventually(lambda: machine.property(WEB, "ExecMainStatus") == "78")
    assert machine.property(WEB, "ActiveState") == "failed"
