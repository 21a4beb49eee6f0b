"""``petcam doctor``: what works on this board and what does not, with the remedy."""

import argparse
import getpass
import grp
import hashlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from petcam import config as configuration
from petcam import segments
from petcam.access import Owner, state_directory
from petcam.config import Config
from petcam.errors import PetcamError
from petcam.media import pyav
from petcam.segments import inspect
from petcam.shm.base_reader import BaseReader
from petcam.system.network import http_get, is_loopback, is_port_free, lan_address, local_url_host
from petcam.system.streamer_binary import NAME as STREAMER
from petcam.system.streamer_binary import REMEDY, find_streamer

LOW_SPACE = 1 << 30  # bytes
NO_SPACE = 100 << 20
START = "sudo systemctl start petcam.target; why it ended: journalctl -u 'petcam*'"
SECRETS = Path("/etc/petcam/secrets")  # of the package; a checkout has none
AVAHI = Path("/run/avahi-daemon")
RELEASED = 1_790_000_000  # Unix time; a clock before it is wrong
NEWS_TIMEOUT = 1.5  # seconds that a living writer may need for its next record


class Sign(Enum):
    OK = "✓ ok  "
    LOOK = "! look"
    BROKEN = "✗ bad "


@dataclass(frozen=True)
class Finding:
    sign: Sign
    what: str
    words: str  # what was found, and the remedy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none of its own."""


def run(args: argparse.Namespace, config: Config) -> int:
    """1 if something essential is broken. A bad configuration has already ended the command with its line."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    worst = 0
    for finding in examine(args.config or configuration.DEFAULT_PATH, config):
        print(f"{finding.sign.value}  {finding.what:<15} {finding.words}", flush=True)
        worst = max(worst, int(finding.sign is Sign.BROKEN))
    return worst


def examine(file: Path, config: Config) -> Iterator[Finding]:
    camera = config.camera
    yield check_file(file)
    yield check_streamer()
    yield from check_services(config)
    yield check_segment("video", camera.layout, segments.stream_reader(camera.layout, camera.stream))
    yield check_segment("detections", camera.layout, segments.detection_reader(camera.layout, camera.detections))
    yield check_group()
    yield check_pyav()
    yield check_recordings(Path(config.recording.directory))
    yield check_space(Path(config.recording.directory))
    yield check_clock(time.time())
    yield from check_secrets()
    yield check_password(config)
    if config.web.tls != "off":
        yield check_tls(config)
    yield check_url(config)


def check_file(file: Path) -> Finding:
    if file.exists():
        return Finding(Sign.OK, "configuration", str(file))
    return Finding(Sign.LOOK, "configuration", f"{file} does not exist; every key has its default")


def check_streamer() -> Finding:
    path = find_streamer()
    if path is None:
        return Finding(Sign.BROKEN, "streamer", f"{STREAMER} is not there: {REMEDY}")
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return Finding(Sign.BROKEN, "streamer", f"{path} does not run on this machine: {REMEDY}")
    return Finding(Sign.OK, "streamer", f"{path}: {asked.stdout.strip() or 'no version'}")


def check_services(config: Config) -> Iterator[Finding]:
    """Each port either answers as petcam's, or is free for it."""
    streamer_runs = http_get(config.streamer.host, config.streamer.port, "/health") is not None
    web_runs = http_get(config.web.host, config.web.port, "/healthz") is not None
    udp = (config.streamer.host, config.webrtc.udp_port, socket.SOCK_DGRAM)
    yield port("web port", web_runs, "web.port", config.web.host, config.web.port)
    yield port("streamer port", streamer_runs, "streamer.port", config.streamer.host, config.streamer.port)
    yield port("media port", streamer_runs, "webrtc.udp_port", *udp)


def port(
    what: str, running: bool, key: str, host: str, number: int, kind: socket.SocketKind = socket.SOCK_STREAM
) -> Finding:
    if running:
        return Finding(Sign.OK, what, f"{number}: petcam answers")
    if is_port_free(host, number, kind):
        return Finding(Sign.LOOK, what, f"{number} is free, petcam is not running: {START}")
    return Finding(Sign.BROKEN, what, f"{number} on {host} is taken by another program: end it or change {key}")


def check_segment(what: str, layout: str, reader: BaseReader[Any, Any]) -> Finding:
    """A few seconds of what petcam itself would read there."""
    try:
        with reader:
            news = reader.read(NEWS_TIMEOUT)
    except PetcamError as error:
        return Finding(Sign.BROKEN, what, error.message)
    except OSError as error:
        return Finding(Sign.BROKEN, what, f"{reader.name}: {error.strerror}: sudo petcam doctor")
    if news is not None:
        return Finding(Sign.OK, what, f"{reader.name}: {news.width}×{news.height}, frame {news.frame_number}")
    if reader.last_fault:
        return Finding(Sign.BROKEN, what, f"{reader.name}: {reader.last_fault}; see petcam shm check {reader.name}")
    return Finding(Sign.LOOK, what, f"{reader.name}: {_why_nothing_comes(what, layout, reader.name)}")


def _why_nothing_comes(what: str, layout: str, name: str) -> str:
    found = inspect.summarise(name)
    if found.layout and found.layout != layout:
        return f"its daemon writes the layout {found.layout}: set camera.layout to {found.layout}"
    if layout == "rdk-x5" and found.state == "absent":
        return "is not there; is the board's daemon running, and is its name right in the configuration?"
    if layout == "rdk-x5" and what == "detections":
        return f"no result in {NEWS_TIMEOUT:g} s, as is usual while the detector finds nothing"
    if layout == "rdk-x5":
        return "nothing comes; is the board's daemon running? Restart it, and look at the camera"
    return "nothing comes; is its daemon, or petcam-feed, running?"


def check_group() -> Finding:
    user = getpass.getuser()
    try:
        group = grp.getgrnam("petcam")
    except KeyError:
        return Finding(Sign.LOOK, "group", "there is no group petcam; the package makes it, a checkout needs none")
    if os.geteuid() == 0 or group.gr_gid in os.getgroups():
        return Finding(Sign.OK, "group", f"{user} may read the segments")
    return Finding(Sign.LOOK, "group", f"{user} is not in group petcam: sudo usermod -aG petcam {user}, log in again")


def check_pyav() -> Finding:
    if pyav.is_installed():
        return Finding(Sign.OK, "PyAV", "there")
    return Finding(Sign.LOOK, "PyAV", "missing: no MJPEG, no snapshots, fewer sources: sudo apt install python3-av")


def check_recordings(directory: Path) -> Finding:
    if not directory.is_dir():
        return Finding(Sign.LOOK, "recordings", f"{directory} is not there; petcam makes it at its first recording")
    owner, mode = directory.stat(), directory.stat().st_mode
    try:
        is_shared = owner.st_gid == grp.getgrnam("petcam").gr_gid and mode & 0o2070 == 0o2070
    except KeyError:
        is_shared = True  # a checkout has one user
    if not is_shared:
        remedy = f"sudo chown petcam:petcam {directory}; sudo chmod 2770 {directory}"
        return Finding(Sign.LOOK, "recordings", f"not both services may write to {directory}: {remedy}")
    return Finding(Sign.OK, "recordings", str(directory))


def check_space(directory: Path) -> Finding:
    there = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(there).free
    words = f"{free / (1 << 30):.1f} GiB free for {directory}"
    if free < NO_SPACE:
        return Finding(Sign.BROKEN, "disk", f"{words}: nothing can be recorded; delete something")
    if free < LOW_SPACE:
        return Finding(Sign.LOOK, "disk", f"{words}: set recording.max_bytes or delete something")
    return Finding(Sign.OK, "disk", words)


def check_clock(now: float) -> Finding:
    said = time.strftime("%Y-%m-%d %H:%M", time.localtime(now))
    if now < RELEASED:
        return Finding(Sign.LOOK, "clock", f"{said}: recordings get wrong dates: sudo timedatectl set-ntp true")
    return Finding(Sign.OK, "clock", said)


def check_secrets() -> Iterator[Finding]:
    """Without one of them systemd does not start a service. Only root sees them."""
    if not SECRETS.is_dir() or os.geteuid():
        return
    for name in ("session.key", "token.key"):
        file = SECRETS / name
        if not (file.is_file() and file.stat().st_size):
            yield Finding(Sign.BROKEN, "keys", f"{file} is missing: sudo dpkg-reconfigure petcam")


def check_password(config: Config) -> Finding:
    if config.auth.mode == "none" and is_loopback(config.web.host):
        return Finding(Sign.OK, "login", "none, for this machine only")
    if config.auth.mode == "none":
        return Finding(Sign.LOOK, "login", "auth.mode is none: everybody who reaches the port sees the camera")
    try:
        is_set = bool(Owner(state_directory()).generation())
    except PermissionError:
        return Finding(Sign.LOOK, "login", "only root sees whether a password is set: sudo petcam doctor")
    if not is_set:
        return Finding(
            Sign.LOOK,
            "login",
            "no password is set, so nobody gets in: open the page in the first hour, or sudo petcam password",
        )
    return Finding(Sign.OK, "login", "a password is set")


def check_tls(config: Config) -> Finding:
    """By the fingerprint the owner knows that the certificate a browser asks about is this board's."""
    host = local_url_host(config.web.host).strip("[]")
    try:
        certificate = ssl.get_server_certificate((host, config.web.tls_port), timeout=5)
    except (OSError, ValueError):
        words = f"web.tls is {config.web.tls}, but nothing answers on port {config.web.tls_port}"
        return Finding(Sign.BROKEN, "HTTPS", f"{words}: journalctl -u petcam-streamer says why")
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest().upper()
    fingerprint = ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))
    return Finding(Sign.OK, "HTTPS", f"port {config.web.tls_port}, certificate SHA-256 {fingerprint}")


def check_url(config: Config) -> Finding:
    wildcard = config.web.host in ("0.0.0.0", "::")
    host = lan_address() if wildcard else local_url_host(config.web.host)
    url = f"http://{host}:{config.web.port}"
    if not wildcard:
        return Finding(Sign.OK, "page", url)
    if not AVAHI.exists():
        return Finding(Sign.LOOK, "page", f"{url}; phones find it by its name after: sudo apt install avahi-daemon")
    return Finding(Sign.OK, "page", f"{url} or http://{socket.gethostname()}.local:{config.web.port}")
