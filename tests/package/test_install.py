"""``apt install`` on a bare machine."""

import pytest

from tests.package.appliance import DATABASE, EVENTS, PAGE_URL, STREAMER_URL, start_detector, start_feed
from tests.package.installation import Installed
from tests.package.machine import LAN_ADDRESS, TIMEOUT_FACTOR, Machine, eventually
from tests.package.package import TOP, Release

FIRST_VISIT = "/var/lib/petcam/first_visit.json"
SECRETS = ("/etc/petcam/secrets/session.key", "/etc/petcam/secrets/token.key")
# What the streamer writes soon after its start.
NOTED = {"/var/lib/petcam-streamer/recordings.json", "/var/lib/petcam/recordings/.petcam-place"}
EVENTS_PLACES = {"/var/lib/petcam-events", "/var/lib/petcam-events/.events.db.lock", "/run/petcam-events"}
EVENTS_PLACES |= {DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"}
ALLOWED_PATHS = (
    *("/etc/petcam", "/etc/avahi", "/etc/systemd/system/multi-user.target.wants/petcam.target"),
    *("/usr/bin/petcam", "/usr/bin/petcam-streamer", "/usr/include/petcam_shm.h", "/usr/lib/petcam"),
    *("/usr/lib/systemd/system/petcam", "/usr/lib/sysusers.d/petcam", "/usr/lib/tmpfiles.d/petcam"),
    *("/usr/share/bash-completion", "/usr/share/doc/petcam", "/usr/share/lintian", "/usr/share/petcam"),
    *(
        "/usr/share/python3/runtime.d/petcam.rtupdate",
        "/usr/share/man/man1/petcam",
        "/usr/share/man/man5",
        "/var/lib/petcam",
    ),
)


def test_the_three_services_are_active_within_ten_seconds(installed: Installed) -> None:
    assert installed.seconds < 10 * TIMEOUT_FACTOR
    assert installed.failed == ""


def test_the_page_and_both_health_routes_answer(installed: Installed) -> None:
    assert installed.answers == {f"{PAGE_URL}/": 302, f"{PAGE_URL}/healthz": 200, f"{STREAMER_URL}/health": 200}


def test_it_installs_nothing_outside_its_paths(installed: Installed) -> None:
    unexpected = {path for path in installed.after - installed.before if not path.startswith(ALLOWED_PATHS)}
    assert unexpected == set()


def test_apt_prints_the_url_and_the_next_steps(installed: Installed) -> None:
    assert f"http://{LAN_ADDRESS}:8080" in installed.output
    assert ".local:8080" in installed.output
    assert "sudo petcam password" in installed.output
    assert "sudo petcam doctor" in installed.output


def test_each_service_runs_as_its_own_user_and_secrets_are_private(machine: Machine) -> None:
    assert machine.property("petcam-web", "User") == "petcam-web"
    assert machine.property("petcam-streamer", "User") == "petcam"
    owners = machine.run("stat", "-c", "%n %U:%G %a", "/etc/petcam/petcam.yaml", "/etc/petcam/secrets", *SECRETS)
    assert owners.splitlines() == [
        "/etc/petcam/petcam.yaml root:petcam 640",
        "/etc/petcam/secrets root:root 700",
        *(f"{secret} root:root 600" for secret in SECRETS),
    ]
    for user in ("petcam", "petcam-web"):
        refused = machine.run("setpriv", f"--reuid={user}", "--init-groups", "cat", SECRETS[0], check=False)
        assert "Permission denied" in refused


@pytest.mark.parametrize(
    "unit, user, writable",
    [
        ("petcam-web", "petcam-web", {"/var/lib/petcam", FIRST_VISIT, "/var/lib/petcam/recordings", "/run/petcam-web"}),
        ("petcam-streamer", "petcam", {"/var/lib/petcam-streamer", "/var/lib/petcam/recordings"} | NOTED),
        ("petcam-events", "petcam", EVENTS_PLACES),
        ("petcam-feed", "petcam", {"/dev/shm", "/dev/shm/petcam_detections", "/dev/shm/petcam_stream"}),
        ("petcam-detect", "petcam", {"/dev/shm", "/dev/shm/petcam_detections", "/dev/shm/petcam_stream"}),
    ],
)
def test_a_service_can_write_only_to_its_own_paths(machine: Machine, unit: str, user: str, writable: set[str]) -> None:
    if unit in ("petcam-feed", "petcam-detect"):
        {"petcam-feed": start_feed, "petcam-detect": start_detector}[unit](machine)
    in_mount_namespace = ("nsenter", "-t", machine.property(unit, "MainPID"), "-m")
    as_service = (*in_mount_namespace, "setpriv", f"--reuid={user}", "--regid=petcam", "--init-groups")
    not_searched = (
        "-path /proc -o -path /sys -o -path /tmp -o -path /var/tmp"  # the kernel's, and temporary folders of its own
    )
    find = f"find / ( {not_searched} ) -prune -o ( -type d -o -type f ) -writable -print"
    found = machine.run(*as_service, *find.split(), check=False).splitlines()
    optional = NOTED | {"/run/petcam-events", "/run/petcam-web"}
    assert writable - optional <= {line for line in found if not line.startswith("find: ")} <= writable


def test_what_was_noticed_is_read_by_the_page_and_written_by_nobody_else(machine: Machine) -> None:
    made = {"StateDirectory": "/var/lib", "RuntimeDirectory": "/run"}
    folders = [
        f"{place}/{machine.property(EVENTS, key)}" for key, place in made.items() if machine.property(EVENTS, key)
    ]
    modes = machine.run("stat", "-c", "%n %U:%G %a", *folders).splitlines()
    assert modes == [f"{folder} petcam:petcam 750" for folder in folders]
    within = machine.run("find", *folders, "-mindepth", "1", "-printf", "%f %u:%g %m\\n").splitlines()
    assert {"events.db petcam:petcam 640", "events.db-wal petcam:petcam 640"} <= set(within)
    assert not [line for line in within if not line.endswith("0") or "petcam:petcam" not in line]
    as_page = ("setpriv", "--reuid=petcam-web", "--regid=petcam", "--init-groups", "sh", "-c")
    assert machine.run(*as_page, f"head -c 15 {DATABASE}") == "SQLite format 3"
    assert "Permission denied" in machine.run(*as_page, f"echo x >>{DATABASE}", check=False)


def test_the_streamer_cannot_read_the_web_services_state(machine: Machine) -> None:
    machine.run("petcam", "password", text="a password of the tests\n")
    state = machine.run("stat", "-c", "%U %a", "/var/lib/petcam/owner.json")
    assert state == "petcam-web 600\n"


def test_feed_does_not_start_without_a_source(machine: Machine) -> None:
    assert machine.property("petcam-feed", "ActiveState") == "inactive"
    assert machine.property("petcam-feed", "Result") in ("success", "exec-condition")


def test_the_detector_says_how_it_goes_behind_all_others_and_without_a_network(machine: Machine) -> None:
    start_detector(machine)
    eventually(lambda: "looks a second" in machine.property("petcam-detect", "StatusText"))
    assert "looks a second" in machine.run("petcam", "doctor", check=False)
    process = machine.property("petcam-detect", "MainPID")
    assert machine.run("cut", "-d", " ", "-f", "19", f"/proc/{process}/stat").strip() == "10"  # its niceness
    links = machine.run("nsenter", "-t", process, "-n", "cat", "/proc/net/dev").splitlines()[2:]
    assert [link.split(":")[0].strip() for link in links] == ["lo"]


def test_the_commands_work(machine: Machine, release: Release) -> None:
    assert machine.run("petcam", "--version") == f"petcam {release.version}\n"
    assert machine.run("petcam-streamer", "--version") == f"petcam-streamer {release.version}\n"
    assert machine.run("petcam", "check-config") == "/etc/petcam/petcam.yaml: ok\n"
    assert "✗" not in machine.run("petcam", "doctor")


def test_the_autopkgtest_passes(machine: Machine) -> None:
    smoke = (TOP / "debian/tests/smoke").read_text()
    assert "200 http://127.0.0.1:8081/health" in machine.run("sh", "-s", text=smoke)
