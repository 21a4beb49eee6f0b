"""Upgrade, downgrade, removal and purge: what is kept, and what is removed."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.package.appliance import (
    CONFIG,
    DATABASE,
    EVENTS,
    PAGE_URL,
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
from tests.package.machine import UNIT_STARTED_MESSAGE, Machine, booted, eventually
from tests.package.package import Release, without_events

# Paths that dpkg and systemd keep until the purge, and the recordings.
KEPT_UNTIL_PURGE = (
    *("/etc/petcam", "/etc/avahi", "/etc/systemd/system/multi-user.target.wants", RECORDINGS),
    "/var/lib/petcam/pictures",  # there are some where the demo's cat was seen, which takes its time
)
STATE_PATHS = (
    "/var/lib/petcam-streamer",
    "/var/lib/petcam-streamer/recordings.json",
    "/var/lib/petcam-events",
    *(DATABASE, "/var/lib/petcam-events/.events.db.lock"),
    "/var/lib/petcam",
    *(f"/var/lib/petcam/{name}" for name in (".petcam-place", "owner.json", "sessions.json", "first_visit.json")),
)


def test_an_upgrade_keeps_settings_session_and_recordings_and_restarts_each_service_once(
    machine: Machine, release: Release, tmp_path: Path
) -> None:
    edit_config(machine, "threads: 40", "threads: 24")
    session = log_in(machine)
    start_feed(machine)
    name = record(machine, session)
    machine.run("petcam", "camera", "off")
    since = time.time()
    apt(machine, release.as_version("9.0", tmp_path))
    assert [count_starts(machine, since, unit) for unit in (WEB, STREAMER, EVENTS)] == [1, 1, 1]
    assert is_active(machine, WEB, STREAMER, EVENTS)
    assert "threads: 24" in (machine.root / CONFIG).read_text()
    assert machine.curl(f"{PAGE_URL}/api/recordings/{name}", *session, "-r", "4-7")[1] == "ftyp"
    assert machine.curl(f"{PAGE_URL}/snapshot.jpg", *session)[0] == 503
    assert "petcam_stream" not in machine.run("ls", "/dev/shm")


def test_a_new_python_restarts_each_service_once(machine: Machine) -> None:
    """As dpkg sees it in a distribution upgrade: the package that has /usr/bin/python3 is another."""
    since = time.time()
    machine.run("dpkg-trigger", "--by-package=python3-minimal", "/usr/bin/python3")
    machine.run("dpkg", "--triggers-only", "--pending")
    assert [count_starts(machine, since, unit) for unit in (WEB, STREAMER, EVENTS)] == [1, 1, 1]


def test_an_upgrade_from_a_package_that_noticed_nothing_starts_noticing(
    base: Path, release: Release, tmp_path: Path
) -> None:
    with booted(base) as machine:
        apt(machine, without_events(release.as_one("0.1.0", tmp_path), "0.0.9", tmp_path))
        assert machine.property(EVENTS, "LoadState") == "not-found"
        edit_config(machine, "  mode: manual\n", "")
        apt(machine, release)
        eventually(lambda: is_active(machine, WEB, STREAMER, EVENTS))
        eventually(lambda: machine.run("find", DATABASE, check=False).strip() == DATABASE)


def test_a_downgrade_succeeds_with_a_newer_configuration(machine: Machine, release: Release, tmp_path: Path) -> None:
    apt(machine, release.as_version("9.0", tmp_path))
    edit_config(machine, "auth:\n", "auth:\n  key_of_version_9: true\n")
    apt(machine, release, "--allow-downgrades")
    assert is_active(machine, WEB, STREAMER)


def test_a_running_capture_daemons_segment_survives_every_operation(
    machine: Machine, release: Release, tmp_path: Path
) -> None:
    start_capture_daemon(machine)
    await_camera(machine, "live")
    before = machine.run("stat", "-c", "%i %U:%G %a", SEGMENT)
    steps: tuple[Callable[[], str], ...] = (
        lambda: machine.run("systemctl", "stop", "petcam.target"),
        lambda: machine.run("systemctl", "start", "petcam.target"),
        lambda: machine.run("systemctl", "restart", "petcam.target"),
        lambda: apt(machine, release.as_version("9.0", tmp_path)),
        lambda: machine.run("apt-get", "remove", "-y", "petcam"),
        lambda: machine.run("apt-get", "remove", "-y", "petcam-streamer"),
    )
    for step in steps:
        step()
        assert machine.run("stat", "-c", "%i %U:%G %a", SEGMENT) == before
        assert is_active(machine, "capture.service")


def test_removal_keeps_configuration_and_recordings_and_stops_everything(
    machine: Machine, release: Release, installed: Installed
) -> None:
    start_feed(machine)
    session = log_in(machine)
    name = record(machine, session)
    machine.run("apt-get", "remove", "-y", "petcam-streamer")
    remaining = paths(machine.root) - installed.before
    assert {path for path in remaining if not path.startswith(KEPT_UNTIL_PURGE)} <= set(STATE_PATHS)
    assert {f"/{CONFIG}", f"{RECORDINGS}/{name}"} < remaining
    of_petcams_users = ("-maxdepth", "1", "(", "-user", "petcam", "-o", "-user", "petcam-web", ")")
    assert machine.run("find", "/proc", "/dev/shm", *of_petcams_users) == ""
    apt(machine, release)
    await_camera(machine, "live")
    assert machine.curl(f"{PAGE_URL}/api/recordings/{name}", *session, "-r", "4-7")[1] == "ftyp"


def test_purge_leaves_only_recordings_and_users(machine: Machine, release: Release, installed: Installed) -> None:
    session = log_in(machine)
    start_feed(machine)
    name = record(machine, session)
    machine.run("apt-get", "purge", "-y", "petcam-streamer")
    remaining = paths(machine.root) - installed.before
    assert remaining == {"/var/lib/petcam", RECORDINGS, f"{RECORDINGS}/{name}", f"{RECORDINGS}/.petcam-place"}
    assert machine.run("ls", "/dev/shm") == ""
    assert "petcam-web:" in (machine.root / "etc/passwd").read_text()
    # As after a new installation of the system, whose users have other numbers.
    machine.run("chown", "12345:12345", f"{RECORDINGS}/{name}")
    machine.run("chmod", "0600", f"{RECORDINGS}/{name}")
    assert f"of the recordings in {RECORDINGS}, 1 were another user's" in apt(machine, release)
    session = log_in(machine)
    assert machine.curl(f"{PAGE_URL}/api/recordings/{name}", *session, "-r", "4-7")[1] == "ftyp"
    assert machine.curl(f"{PAGE_URL}/api/recordings/{name}/pin", *session, "-X", "PUT")[0] == 204


def test_purge_deletes_nothing_that_petcam_did_not_write(machine: Machine) -> None:
    log_in(machine)
    state, elsewhere = "/var/lib/petcam", "/srv/films"
    machine.run("install", "-d", "-o", "petcam", "-g", "petcam", elsewhere)
    edit_config(machine, "directory: /var/lib/petcam/recordings", f"directory: {elsewhere}")
    machine.run("mkdir", f"{state}/photos", f"{state}/films", f"{RECORDINGS}/old", f"{state}/viewing_tokens.json")
    machine.run("mount", "-t", "tmpfs", "photos", f"{state}/photos")
    machine.run("systemctl", "stop", "petcam.target", WEB, STREAMER)
    kept = (
        "/root/will",
        "/var/lib/petcam/photos/cat.jpg",
        "/var/lib/petcam/films/petcam_20260101-000000.mp4",
        f"{RECORDINGS}/old/a.mp4",
        f"{elsewhere}/petcam_20260101-000000.mp4",
        f"{state}/viewing_tokens.json/letter",
        *(f"{state}/owner.json.bak", f"{state}/.owner.json.swp"),
        *("/etc/petcam/secrets/mqtt", "/var/lib/petcam-streamer/notes", "/var/lib/petcam-events/notes"),
    )
    for path in kept:
        (machine.root / path[1:]).write_text(path) if "photos" not in path else machine.run("tee", path, text=path)
    machine.run("ln", "-s", "/root/will", f"{state}/viewer.json")
    machine.run("touch", f"{state}/session.key")
    machine.run("mount", "--bind", "/root/will", f"{state}/session.key")
    said = machine.run("apt-get", "remove", "-y", "petcam-streamer")
    said += machine.run("apt-get", "purge", "-y", "petcam-streamer", "petcam")
    assert f"petcam: the recordings stay in {elsewhere}\n" in said
    assert f"those in {RECORDINGS} stay\n" in said
    assert machine.run("cat", *kept) == "".join(kept)
    remaining = ["films", "owner.json.bak", "photos", "recordings", "session.key", "viewer.json", "viewing_tokens.json"]
    assert machine.run("ls", state).split() == remaining
    assert machine.run("ls", "-A", "/var/lib/petcam-events") == "notes\n"
    for name in ("petcam", "petcam-streamer"):
        status = machine.run("dpkg-query", "-W", "-f", "${Status}", name, check=False)
        assert status.startswith("dpkg-query: no packages")


def test_purge_in_an_image_without_systemd_leaves_nothing_but_recordings(machine: Machine) -> None:
    """As an image builder's chroot does it: no /proc, no /run, and nobody who runs units."""
    log_in(machine)
    machine.run("tee", f"{RECORDINGS}/petcam_20260101-000000.mp4", text="film")
    machine.power_off()
    purge = 'mount --bind "$0" "$0" && exec chroot "$0" dpkg --purge petcam petcam-streamer'
    command = ["unshare", "--mount", "sh", "-c", purge, str(machine.root)]
    purged = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert purged.returncode == 0, purged.stdout
    assert (machine.root / RECORDINGS[1:] / "petcam_20260101-000000.mp4").read_text() == "film"
    left = {path for path in paths(machine.root) if "petcam" in path}
    beside = {f"{RECORDINGS}/.petcam-place"}  # which disk the recordings are on
    assert left == {"/var/lib/petcam", RECORDINGS, f"{RECORDINGS}/petcam_20260101-000000.mp4"} | beside


def test_purge_without_recordings_leaves_nothing(machine: Machine, installed: Installed) -> None:
    machine.run("apt-get", "purge", "-y", "petcam-streamer")
    assert paths(machine.root) - installed.before == set()


def count_starts(machine: Machine, since: float, unit: str) -> int:
    eventually(lambda: is_active(machine, unit))
    lines = machine.journal(since, "-o", "cat", f"MESSAGE_ID={UNIT_STARTED_MESSAGE}", f"UNIT={unit}")
    return len(lines.splitlines())
