"""Operations on a machine on which petcam is installed."""

import json
import re
from pathlib import Path
from typing import Any

from tests.light_model import write_light_model
from tests.package.machine import LAN_ADDRESS, Machine, eventually
from tests.package.package import TOP, Package, Release

WEB, STREAMER, FEED = "petcam-web.service", "petcam-streamer.service", "petcam-feed.service"
DETECT = "petcam-detect.service"
EVENTS = "petcam-events.service"
PAGE_URL, STREAMER_URL = f"http://{LAN_ADDRESS}:8080", "http://127.0.0.1:8081"
CONFIG = "etc/petcam/petcam.yaml"
RECORDINGS = "/var/lib/petcam/recordings"
PASSWORD = "a password of the tests"
SEGMENT = "/dev/shm/petcam_stream"
DATABASE = "/var/lib/petcam-events/events.db"


def apt(machine: Machine, what: Package | Release, *options: str) -> str:
    """``apt-get install ./petcam-streamer.deb ./petcam.deb``; its output."""
    files = bring(machine, what)
    return machine.run("apt-get", "install", "-y", "--no-install-recommends", *options, *files)


def bring(machine: Machine, what: Package | Release) -> list[str]:
    """Copy the packages into the machine; where they are there."""
    files = [f"/root/{path.name}" for path in what.paths]
    for file, path in zip(files, what.paths, strict=True):
        (machine.root / file[1:]).write_bytes(path.read_bytes())
    return files


def is_active(machine: Machine, *units: str) -> bool:
    return {machine.property(unit, "ActiveState") for unit in units} == {"active"}


def failed_units(machine: Machine) -> str:
    return machine.run("systemctl", "list-units", "--failed", "--no-legend", "--plain")


def edit_config(machine: Machine, old: str, new: str) -> None:
    path: Path = machine.root / CONFIG
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def start_feed(machine: Machine) -> None:
    """Start petcam-feed with the demo as its source; returns when the camera is live."""
    edit_config(machine, 'source: ""', "source: demo")
    machine.run("systemctl", "start", FEED)
    await_camera(machine, "live")


def start_detector(machine: Machine) -> None:
    """Start petcam-feed with the demo, and petcam-detect with a model of the tests."""
    (machine.root / "srv").mkdir(exist_ok=True)
    path = write_light_model(machine.root / "srv")
    edit_config(machine, "model: auto", f"model: /srv/{path.name}")
    start_feed(machine)
    machine.run("systemctl", "start", DETECT)
    eventually(lambda: is_active(machine, DETECT))


def start_capture_daemon(machine: Machine) -> None:
    """Start a writer of the segments that is not part of petcam's units and runs as root, not as petcam's users."""
    machine.run("systemd-run", "--unit=capture", "petcam", "feed", "demo", "--restless")


def start_program(machine: Machine, name: str, text: str, *options: str) -> None:
    """Run a Python program that is somebody else's, with petcam's modules, as the unit ``name``."""
    (machine.root / f"root/{name}.py").write_text(text)
    path = "--setenv=PYTHONPATH=/usr/lib/petcam"
    machine.run("systemd-run", f"--unit={name}", path, *options, "python3", "-B", f"/root/{name}.py")


def reboot(machine: Machine, *units: str) -> None:
    """Returns when ``units`` are active and the page answers."""
    machine.power_off()
    machine.boot()
    eventually(lambda: is_active(machine, *units) and machine.curl(f"{PAGE_URL}/healthz")[0] == 200)


def health(machine: Machine) -> Any:
    """The streamer's health; empty while it does not answer."""
    status, body = machine.curl(f"{STREAMER_URL}/health")
    return json.loads(body) if status == 200 else {}


def await_camera(machine: Machine, state: str) -> None:
    eventually(lambda: health(machine).get("camera", {}).get("state") == state)


def server_of(machine: Machine, port: int = 8080) -> str:
    """The name of the program that listens there; empty: none does."""
    sockets = machine.run("ss", "-Hltnp", f"sport = :{port}")
    found = re.search(r'users:\(\("([^"]+)"', sockets)
    return found[1] if found else ""


def log_in(machine: Machine, page: str = PAGE_URL, command: str = "petcam") -> tuple[str, ...]:
    """Set the owner's password and log in; returns curl's options that send the session's cookie."""
    machine.run(command, "password", text=f"{PASSWORD}\n")
    status, head = machine.curl(f"{page}/login", "-i", "--data-urlencode", f"password={PASSWORD}")
    assert status == 303, head
    session = re.search(r"^Set-Cookie: (petcam_session=[^;]+)", head, re.MULTILINE | re.IGNORECASE)
    assert session
    return ("-H", f"Cookie: {session[1]}")


def viewer_command(machine: Machine, session: tuple[str, ...]) -> tuple[str, ...]:
    """The command of a WebRTC viewer with this session."""
    config = json.loads(machine.curl(f"{PAGE_URL}/api/webrtc/config", *session)[1])
    command = (str(TOP / "build/viewers"), "-url", config["signaling_url"])
    return (*command, "-token", config["token"]) if "token" in config else command


def record(machine: Machine, session: tuple[str, ...]) -> str:
    """Make a short recording by the page's API; returns its name."""
    status, body = machine.curl(f"{PAGE_URL}/api/recording/start", *session, "-X", "POST")
    assert status == 200, body
    eventually(lambda: json.loads(machine.curl(f"{PAGE_URL}/api/recording/status", *session)[1])["frame_count"] > 30)
    status, body = machine.curl(f"{PAGE_URL}/api/recording/stop", *session, "-X", "POST")
    assert status == 200, body
    return str(json.loads(body)["filename"])
