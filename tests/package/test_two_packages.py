"""petcam-streamer alone, without any Python, and together with petcam: from one to the other, and from one package."""

import json
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.package.appliance import (
    CONFIG,
    EVENTS,
    PAGE_URL,
    PASSWORD,
    RECORDINGS,
    STREAMER,
    WEB,
    apt,
    await_camera,
    bring,
    edit_config,
    failed_units,
    is_active,
    log_in,
    record,
    server_of,
    start_capture_daemon,
)
from tests.package.installation import paths
from tests.package.machine import Machine, booted, eventually, unmount
from tests.package.package import TOP, Release

HOST = "/srv/host"  # where the machine sees this computer's files: with the program of a vendor who films
STATE = "/var/lib/petcam"


@pytest.fixture(scope="module")
def bare(base: Path) -> Iterator[tuple[Path, ...]]:
    """The layers of a Debian without Python."""
    with booted(base) as machine:
        machine.run("apt-get", "purge", "-y", "--autoremove", "python3-minimal", "libpython3*")
        machine.run("rm", "-rf", "/usr/lib/python3", "/var/lib/python")
        assert machine.run("find", "/usr/bin", "-name", "python*") == ""
        machine.power_off()
        unmount(machine.root)
        yield (machine.root.parent / "up", base)


@contextmanager
def alone(layers: tuple[Path, ...], release: Release) -> Iterator[Machine]:
    with booted(*layers, options=(f"--bind-ro=/:{HOST}",)) as machine:
        apt(machine, release.streamer)
        eventually(lambda: is_active(machine, STREAMER) and machine.curl(f"{PAGE_URL}/healthz")[0] == 200)
        yield machine


def film(machine: Machine) -> None:
    """A vendor's program: it is Python, but none of the machine's."""
    group = machine.run("getent", "group", "petcam").split(":")[2]
    feed = (sys.executable, "-m", "petcam.cli", "feed", "demo", "--restless")
    program = shlex.join(("setpriv", f"--regid={group}", "--clear-groups", *feed))
    elsewhere = f"exec chroot {HOST} sh -c {shlex.quote(f'cd {TOP} && exec {program}')}"
    inside = f"mount --bind /dev/shm {HOST}/dev/shm && {elsewhere}"
    machine.run("systemd-run", "--unit=capture", "--property=PrivateMounts=yes", "sh", "-ec", inside)
    await_camera(machine, "live")


def recording(machine: Machine, session: tuple[str, ...]) -> Any:
    return json.loads(machine.curl(f"{PAGE_URL}/api/recording/status", *session)[1])


def streamers_process(machine: Machine) -> str:
    return machine.property(STREAMER, "MainPID")


def test_alone_it_serves_the_page_and_records_without_any_python(bare: tuple[Path, ...], release: Release) -> None:
    with alone(bare, release) as machine:
        assert failed_units(machine) == ""
        assert machine.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}", "*python*", check=False).count("ii") == 0
        assert server_of(machine) == "petcam-streamer"
        session = log_in(machine, command="petcam-streamer")
        film(machine)
        name = record(machine, session)
        assert machine.run("sh", "-c", f"head -c 8 {RECORDINGS}/{name} | tail -c 4") == "ftyp"
        assert machine.run("stat", "-c", "%U", f"{STATE}/owner.json") == "petcam\n"
        machine.run("systemctl", "restart", STREAMER)
        eventually(lambda: machine.curl(f"{PAGE_URL}/", *session)[0] == 200)
        assert machine.curl(f"{PAGE_URL}/login", "-d", f"password={PASSWORD}")[0] == 303


def test_alone_it_is_told_how_to_go_on_and_leaves_nothing_but_recordings(
    base: Path, bare: tuple[Path, ...], release: Release
) -> None:
    with booted(*bare) as machine:
        before = paths(machine.root)
        said = apt(machine, release.streamer)
        assert "serves the page" in said and "http://192.168.77.1:8080" in said
        eventually(lambda: machine.curl(f"{PAGE_URL}/setup")[0] == 200)
        log_in(machine, command="petcam-streamer")
        machine.run("tee", f"{RECORDINGS}/petcam_20260101-000000.mp4", text="film")
        assert f"the recordings stay in {RECORDINGS}" in machine.run("apt-get", "remove", "-y", "petcam-streamer")
        assert machine.run("find", "/proc", "-maxdepth", "1", "-user", "petcam") == ""
        assert "owner.json" in machine.run("ls", STATE)
        machine.run("apt-get", "purge", "-y", "petcam-streamer")
        left = {STATE, RECORDINGS, f"{RECORDINGS}/.petcam-place", f"{RECORDINGS}/petcam_20260101-000000.mp4"}
        assert paths(machine.root) - before <= left


def test_from_alone_to_both_and_back_nobody_is_logged_out_and_no_recording_ends(base: Path, release: Release) -> None:
    with booted(base) as machine:
        apt(machine, release.streamer)
        eventually(lambda: machine.curl(f"{PAGE_URL}/healthz")[0] == 200)
        session = log_in(machine, command="petcam-streamer")
        process = streamers_process(machine)

        apt(machine, release.petcam)
        eventually(lambda: is_active(machine, WEB, STREAMER, EVENTS))
        assert server_of(machine) == "petcam"
        assert machine.curl(f"{PAGE_URL}/", *session)[0] == 200
        assert streamers_process(machine) == process
        start_capture_daemon(machine)
        await_camera(machine, "live")
        assert machine.curl(f"{PAGE_URL}/api/recording/start", *session, "-X", "POST")[0] == 200

        machine.run("apt-get", "remove", "-y", "petcam")
        machine.run("apt-get", "autoremove", "-y")
        eventually(lambda: server_of(machine) == "petcam-streamer")
        assert machine.curl(f"{PAGE_URL}/", *session)[0] == 200
        assert recording(machine, session)["recording"]
        assert streamers_process(machine) == process

        apt(machine, release.petcam)
        eventually(lambda: server_of(machine) == "petcam" and is_active(machine, WEB, EVENTS))
        assert recording(machine, session)["recording"]
        assert streamers_process(machine) == process
        machine.run("apt-get", "purge", "-y", "petcam")
        eventually(lambda: machine.curl(f"{PAGE_URL}/", *session)[0] == 200)
        assert machine.run("ls", "-A", "/var/lib/petcam-events", check=False).startswith("ls: ")
        assert failed_units(machine) == ""


@pytest.mark.parametrize(
    "is_edited",
    [pytest.param(True, id="edited"), pytest.param(False, id="as it was packed", marks=pytest.mark.slow)],
)
def test_an_upgrade_from_one_package_keeps_everything_and_asks_nothing(
    base: Path, release: Release, tmp_path: Path, is_edited: bool
) -> None:
    """In either order: apt unpacks petcam-streamer first, dpkg what is named first."""
    one = release.as_one("0.1.0", tmp_path)
    if not is_edited:  # so the new file is to take its place
        tree = one.unpack(tmp_path / "earlier")
        config = tree / CONFIG
        config.write_text(config.read_text().replace("threads: 40", "threads: 39"))
        one = one.packed(tree, "0.1.0", tmp_path)
    with booted(base) as machine:
        apt(machine, one)
        eventually(lambda: is_active(machine, WEB, STREAMER, EVENTS))
        if is_edited:
            edit_config(machine, "threads: 40", "threads: 24")
            edit_config(machine, 'source: ""', "source: demo")
            machine.run("chmod", "0644", f"/{CONFIG}")
        session = log_in(machine)
        machine.run("systemctl", "restart", "petcam.target")
        machine.run("petcam", "token", "add", "media server")
        name = ""
        if is_edited:
            await_camera(machine, "live")
            name = record(machine, session)
        if is_edited:
            said = apt(machine, release)
        else:
            said = machine.run("dpkg", "--install", *reversed(bring(machine, release)))
        assert "onfiguration file" not in said
        eventually(lambda: is_active(machine, WEB, STREAMER, EVENTS))
        text = (machine.root / CONFIG).read_text()
        assert ("threads: 24" if is_edited else "threads: 40") in text
        modes = machine.run("stat", "-c", "%U:%G %a", f"/{CONFIG}")
        assert modes == ("root:petcam 644\n" if is_edited else "root:petcam 640\n")
        assert machine.curl(f"{PAGE_URL}/", *session)[0] == 200
        assert "media server" in machine.run("petcam", "token", "list")
        assert not name or machine.curl(f"{PAGE_URL}/api/recordings/{name}", *session, "-r", "4-7")[1] == "ftyp"
        owners = machine.run("dpkg-query", "-W", "-f", "${Package}:${Conffiles}\\n", "petcam", "petcam-streamer")
        assert re.search(rf"petcam-streamer:\s+/{CONFIG} \w+$", owners, re.MULTILINE), owners
        machine.run("apt-get", "check")
        assert machine.run("dpkg", "--audit") == ""
        assert machine.run("systemctl", "is-enabled", "petcam.target") == "enabled\n"
        assert failed_units(machine) == ""
        for unit in (STREAMER, WEB):
            assert machine.property(unit, "NeedDaemonReload") == "no"
        # The configuration is no longer petcam's, though dpkg remembers that it was.
        machine.run("apt-get", "purge", "-y", "petcam")
        assert (machine.root / CONFIG).read_text() == text
        eventually(lambda: machine.curl(f"{PAGE_URL}/", *session)[0] == 200)
