"""``apt install`` on a bare machine."""

from appliance import MEDIA, PAGE
from installation import Installed
from machine import LAN, PATIENCE, Machine
from package import TOP, Package

SECRET = "/etc/petcam/secrets/session.key"
PLACES = (
    *("/etc/petcam", "/etc/avahi", "/etc/systemd/system/multi-user.target.wants/petcam.target"),
    *("/usr/bin/petcam", "/usr/bin/petcam-streamer", "/usr/include/petcam_shm.h", "/usr/lib/petcam"),
    *("/usr/lib/systemd/system/petcam", "/usr/lib/sysusers.d/petcam.conf", "/usr/lib/tmpfiles.d/petcam.conf"),
    *("/usr/share/bash-completion", "/usr/share/doc/petcam", "/usr/share/lintian", "/usr/share/petcam"),
    *(
        "/usr/share/python3/runtime.d/petcam.rtupdate",
        "/usr/share/man/man1/petcam",
        "/usr/share/man/man5",
        "/var/lib/petcam",
    ),
)


def test_both_services_are_active_soon(installed: Installed) -> None:
    assert installed.seconds < 10 * PATIENCE
    assert installed.failed == ""


def test_page_and_health_answer(installed: Installed) -> None:
    assert installed.answers == {f"{PAGE}/": 302, f"{PAGE}/healthz": 200, f"{MEDIA}/health": 200}


def test_it_puts_nothing_outside_its_places(installed: Installed) -> None:
    strangers = {path for path in installed.after - installed.before if not path.startswith(PLACES)}
    assert strangers == set()


def test_it_says_the_url_and_what_comes_next(installed: Installed) -> None:
    assert f"http://{LAN}:8080" in installed.output
    assert ".local:8080" in installed.output
    assert "sudo petcam password" in installed.output
    assert "sudo petcam doctor" in installed.output


def test_each_service_runs_as_its_own_user_and_secrets_are_private(machine: Machine) -> None:
    assert machine.property("petcam-web", "User") == "petcam-web"
    assert machine.property("petcam-streamer", "User") == "petcam"
    owners = machine.run("stat", "-c", "%n %U:%G %a", "/etc/petcam/petcam.yaml", "/etc/petcam/secrets/session.key")
    assert owners == "/etc/petcam/petcam.yaml root:petcam 640\n/etc/petcam/secrets/session.key root:root 600\n"
    for user in ("petcam", "petcam-web"):
        refused = machine.run(
            "setpriv", f"--reuid={user}", "--init-groups", "cat", "/etc/petcam/secrets/session.key", check=False
        )
        assert "Permission denied" in refused


def test_the_media_service_cannot_read_the_pages_state(machine: Machine) -> None:
    machine.run("petcam", "password", text="a password of the tests\n")
    state = machine.run("stat", "-c", "%U %a", "/var/lib/petcam/owner.json")
    assert state == "petcam-web 600\n"


def test_feed_does_not_start_without_a_source(machine: Machine) -> None:
    assert machine.property("petcam-feed", "ActiveState") == "inactive"
    assert machine.property("petcam-feed", "Result") in ("success", "exec-condition")


def test_the_commands_work(machine: Machine, package: Package) -> None:
    assert machine.run("petcam", "--version") == f"petcam {package.version}\n"
    assert machine.run("petcam-streamer", "--version") == f"petcam-streamer {package.version}\n"
    assert machine.run("petcam", "check-config") == "/etc/petcam/petcam.yaml: ok\n"
    assert "✗" not in machine.run("petcam", "doctor")


def test_the_autopkgtest_passes(machine: Machine) -> None:
    smoke = (TOP / "debian/tests/smoke").read_text()
    assert "200 http://127.0.0.1:8081/health" in machine.run("sh", "-s", text=smoke)
