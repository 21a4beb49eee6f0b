"""What the tests do with a machine that petcam is installed on."""

import json
import re
from pathlib import Path
from typing import Any

from tests.package.machine import LAN, Machine, eventually
from tests.package.package import TOP, Package

WEB, STREAMER, FEED = "petcam-web.service", "petcam-streamer.service", "petcam-feed.service"
PAGE, MEDIA = f"http://{LAN}:8080", "http://127.0.0.1:8081"
CONFIG = "etc/petcam/petcam.yaml"
RECORDINGS = "/var/lib/petcam/recordings"
PASSWORD = "a password of the tests"
SEGMENT = "/dev/shm/petcam_stream"


def apt(machine: Machine, package: Package, *options: str) -> str:
    """``apt-get install ./petcam.deb``; its output."""
    (machine.root / "root/petcam.deb").write_bytes(package.path.read_bytes())
    return machine.run("apt-get", "install", "-y", "--no-install-recommends", *options, "/root/petcam.deb")


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
    """The demo as petcam-feed's source; returns when the camera is live."""
    edit_config(machine, 'source: ""', "source: demo")
    machine.run("systemctl", "start", FEED)
    await_camera(machine, "live")


def start_capture_daemon(machine: Machine) -> None:
    """Somebody else's writer of the segments, as root: systemd knows of no unit of petcam's users that holds them."""
    machine.run("systemd-run", "--unit=capture", "petcam", "feed", "demo")


def health(machine: Machine) -> Any:
    """The streamer's; empty while it does not answer."""
    status, body = machine.curl(f"{MEDIA}/health")
    return json.loads(body) if status == 200 else {}


def await_camera(machine: Machine, state: str) -> None:
    eventually(lambda: health(machine).get("camera", {}).get("state") == state)


def log_in(machine: Machine) -> tuple[str, ...]:
    """Set the owner's password and log in; curl's options that send the session."""
    machine.run("petcam", "password", text=f"{PASSWORD}\n")
    status, head = machine.curl(f"{PAGE}/login", "-i", "--data-urlencode", f"password={PASSWORD}")
    assert status == 303, head
    session = re.search(r"^Set-Cookie: (petcam_session=[^;]+)", head, re.MULTILINE | re.IGNORECASE)
    assert session
    return ("-H", f"Cookie: {session[1]}")


def viewer(machine: Machine, session: tuple[str, ...]) -> tuple[str, ...]:
    """The command that watches as a browser with this session does."""
    config = json.loads(machine.curl(f"{PAGE}/api/webrtc/config", *session)[1])
    command = (str(TOP / "build/viewers"), "-url", config["signaling_url"])
    return (*command, "-token", config["token"]) if "token" in config else command


def record(machine: Machine, session: tuple[str, ...]) -> str:
    """Make a short recording from the page's API; its name."""
    status, body = machine.curl(f"{PAGE}/api/recording/start", *session, "-X", "POST")
    assert status == 200, body
    eventually(lambda: json.loads(machine.curl(f"{PAGE}/api/recording/status", *session)[1])["frame_count"] > 30)
    status, body = machine.curl(f"{PAGE}/api/recording/stop", *session, "-X", "POST")
    assert status == 200, body
    return str(json.loads(body)["filename"])
