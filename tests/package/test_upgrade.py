"""Upgrade, downgrade, removal, purge: what stays, and what goes."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.package.appliance import (
    CONFIG,
    PAGE,
    RECORDINGS,
    SEGMENT,
    STREAMER,
    WEB,
    apt,
    await_camera,
    edit_config,
    is_active,
    log_in,
    record,
    start_capture_daemon,
    start_feed,
)
from tests.package.installation import Installed, paths
from tests.package.machine import STARTED, Machine, eventually
from tests.package.package import Package

# What dpkg and systemd keep until the purge, and recordings.
KEPT = ("/etc/petcam", "/etc/avahi", "/etc/systemd/system/multi-user.target.wants", RECORDINGS)
STATE = (
    "/var/lib/petcam-streamer",
    "/var/lib/petcam",
    *(f"/var/lib/petcam/{name}" for name in ("owner.json", "session.key", "sessions.json")),
)


def test_an_upgrade_keeps_edit_session_and_recordings_and_restarts_each_service_once(
    machine: Machine, package: Package, tmp_path: Path
) -> None:
    edit_config(machine, "threads: 40", "threads: 24")
    session = log_in(machine)
    start_feed(machine)
    name = record(machine, session)
    since = time.time()
    apt(machine, package.as_version("9.0", tmp_path))
    assert starts(machine, since, WEB) == starts(machine, since, STREAMER) == 1
    assert is_active(machine, WEB, STREAMER)
    assert "threads: 24" in (machine.root / CONFIG).read_text()
    assert machine.curl(f"{PAGE}/api/recordings/{name}", *session, "-r", "4-7")[1] == "ftyp"


def test_a_downgrade_works(machine: Machine, package: Package, tmp_path: Path) -> None:
    apt(machine, package.as_version("9.0", tmp_path))
    edit_config(machine, "auth:\n", "auth:\n  key_of_version_9: true\n")
    apt(machine, package, "--allow-downgrades")
    assert is_active(machine, WEB, STREAMER)


def test_a_running_producers_segment_survives_everything(machine: Machine, package: Package, tmp_path: Path) -> None:
    start_capture_daemon(machine)
    await_camera(machine, "live")
    before = machine.run("stat", "-c", "%i %U:%G %a", SEGMENT)
    steps: tuple[Callable[[], str], ...] = (
        lambda: machine.run("systemctl", "stop", "petcam.target"),
        lambda: machine.run("systemctl", "start", "petcam.target"),
        lambda: machine.run("systemctl", "restart", "petcam.target"),
        lambda: apt(machine, package.as_version("9.0", tmp_path)),
        lambda: machine.run("apt-get", "remove", "-y", "petcam"),
    )
    for step in steps:
        step()
        assert machine.run("stat", "-c", "%i %U:%G %a", SEGMENT) == before
        assert is_active(machine, "capture.service")


def test_removal_keeps_configuration_and_recordings_and_stops_everything(
    machine: Machine, package: Package, installed: Installed
) -> None:
    start_feed(machine)
    session = log_in(machine)
    name = record(machine, session)
    machine.run("apt-get", "remove", "-y", "petcam")
    left = paths(machine.root) - installed.before
    assert {path for path in left if not path.startswith(KEPT)} <= set(STATE)
    assert {f"/{CONFIG}", f"{RECORDINGS}/{name}"} < left
    owned = ("-maxdepth", "1", "(", "-user", "petcam", "-o", "-user", "petcam-web", ")")
    assert machine.run("find", "/proc", "/dev/shm", *owned) == ""
    apt(machine, package)
    await_camera(machine, "live")
    assert machine.curl(f"{PAGE}/api/recordings/{name}", *session, "-r", "4-7")[1] == "ftyp"


def test_purge_leaves_recordings_and_users_and_nothing_else(
    machine: Machine, package: Package, installed: Installed
) -> None:
    session = log_in(machine)
    start_feed(machine)
    name = record(machine, session)
    machine.run("apt-get", "purge", "-y", "petcam")
    left = paths(machine.root) - installed.before
    assert left == {"/var/lib/petcam", RECORDINGS, f"{RECORDINGS}/{name}"}
    assert machine.run("ls", "/dev/shm") == ""
    assert "petcam-web:" in (machine.root / "etc/passwd").read_text()
    apt(machine, package)
    session = log_in(machine)
    assert machine.curl(f"{PAGE}/api/recordings/{name}", *session, "-r", "4-7")[1] == "ftyp"


def test_purge_without_recordings_leaves_nothing(machine: Machine, installed: Installed) -> None:
    machine.run("apt-get", "purge", "-y", "petcam")
    assert paths(machine.root) - installed.before == set()


def starts(machine: Machine, since: float, unit: str) -> int:
    eventually(lambda: is_active(machine, unit))
    lines = machine.journal(since, "-o", "cat", f"MESSAGE_ID={STARTED}", f"UNIT={unit}")
    return len(lines.splitlines())
