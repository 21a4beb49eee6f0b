"""``petcam doctor``: what works on this board and what does not, with the remedy."""

import argparse
import getpass
import grp
import hashlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from petcam import config as configuration
from petcam import qr_code, segments
from petcam.access import (
    SECRETS_DIRECTORY,
    CameraSwitch,
    Owner,
    SoundSwitch,
    ViewingTokens,
    first_hour_trouble,
    is_for_lack_of_permission,
    key_troubles,
    place_of,
    state_directory,
)
from petcam.commands.doctor_events import check_events
from petcam.commands.doctor_folders import check_folders
from petcam.commands.doctor_sound import check_sound
from petcam.commands.doctor_telling import check_telling
from petcam.commands.feed import SOUND_MARK
from petcam.commands.finding import Finding, Sign
from petcam.config import Config
from petcam.detect.wanted import Wanted, wanted
from petcam.errors import Code, PetcamError
from petcam.events.control_client import ControlClient
from petcam.events.place import asked_path, events_directory
from petcam.media import pyav
from petcam.places import PlacesFile
from petcam.segments import inspect
from petcam.settings import SettingsFile
from petcam.shm.base_reader import BaseReader
from petcam.shm.keyframe_search import no_keyframe_words
from petcam.system.hostname import mdns_name
from petcam.system.network import http_get, is_loopback, is_own_address, is_port_free, lan_address, local_url_host
from petcam.system.streamer_binary import STREAMER, STREAMER_REMEDY, find_streamer
from petcam.web.http import lan_url
from petcam.web.login import sessions_trouble

LOW_SPACE_BYTES = 1 << 30  # with less there is a warning
MIN_SPACE_BYTES = 100 << 20  # with less nothing can be recorded
EARLIEST_TIME = 1_790_000_000  # Unix time; a clock that is before it is wrong
RECORD_TIMEOUT_SECONDS = 1.5  # a living writer may take this long for its next record
RECORDING_MODES = ("manual", "visits", "always")
START_REMEDY = "sudo systemctl start petcam.target; why it ended: sudo journalctl -u 'petcam*'"
AVAHI_DIRECTORY = Path("/run/avahi-daemon")  # there while the mDNS daemon runs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none of its own."""


def run(args: argparse.Namespace, config: Config) -> int:
    """1 if something essential is broken. A bad configuration has ended the command before this, with its own line."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    worst = 0
    for finding in examine(args.config or configuration.DEFAULT_PATH, config):
        print(f"{finding.sign.value}  {finding.subject:<15} {finding.words}", flush=True)
        worst = max(worst, int(finding.sign is Sign.BROKEN))
    if sys.stdout.isatty() and has_half_blocks(sys.stdout.encoding):
        for line in qr_lines(config):
            print(line)
    return worst


def has_half_blocks(encoding: str) -> bool:
    try:
        return bool("▀▄█".encode(encoding))
    except (LookupError, UnicodeEncodeError):
        return False


def qr_lines(config: Config) -> list[str]:
    """The page's address for the camera of a phone; none where no phone can open it."""
    url = named_url(config) or lan_url(config.web)
    if not url:
        return []
    code = qr_code.lines(url)
    return ["", *code, f"this opens {url}"] if code else [f"a QR code of {url} needs segno: {qr_code.REMEDY}"]


def examine(file: Path, config: Config) -> Iterator[Finding]:
    camera = config.camera
    yield check_file(file)
    yield check_streamer()
    yield from check_services(config)
    place = place_of(state_directory())
    switch = check_switch(CameraSwitch(state_directory(), place=place))
    yield switch
    if switch.sign is Sign.OK:
        yield from check_camera(config, SoundSwitch(state_directory(), place=place))
    yield from check_events(events_directory(), ControlClient(asked_path()), camera.detections)
    yield from check_telling(ControlClient(asked_path()))
    yield check_group()
    yield check_pyav()
    is_disk_there = not is_disk_missing(config)
    yield from check_folders(config, with_recordings=is_disk_there)
    if is_disk_there:
        yield check_space(Path(config.recording.directory))
    yield check_clock(time.time())
    yield from check_secrets()
    yield from check_state(state_directory())
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
        return Finding(Sign.BROKEN, "streamer", f"{STREAMER} is not there: {STREAMER_REMEDY}")
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return Finding(Sign.BROKEN, "streamer", f"{path} does not run on this machine: {STREAMER_REMEDY}")
    return Finding(Sign.OK, "streamer", f"{path}: {asked.stdout.strip() or 'no version'}")


def check_services(config: Config) -> Iterator[Finding]:
    """On each port petcam answers, or the port is free for it."""
    health = http_get(config.streamer.host, config.streamer.port, "/health")
    streamer_runs = health is not None
    web_runs = http_get(config.web.host, config.web.port, "/healthz") is not None
    udp = (config.streamer.host, config.webrtc.udp_port, socket.SOCK_DGRAM)
    yield check_port("web port", web_runs, "web.port", config.web.host, config.web.port)
    yield check_port("streamer port", streamer_runs, "streamer.port", config.streamer.host, config.streamer.port)
    yield check_port("media port", streamer_runs, "webrtc.udp_port", *udp)
    yield from streamer_faults(health or b"{}")
    yield from by_itself_trouble(health or b"{}")
    yield from other_mode(health or b"{}", config.recording.mode)


def streamer_faults(health: bytes) -> Iterator[Finding]:
    """What the streamer says is damaged, with the remedy: until it is mended nobody is let in by it."""
    try:
        for fault in json.loads(health).get("faults", []):
            yield Finding(Sign.BROKEN, "files", str(fault))
    except (ValueError, AttributeError, TypeError):
        return  # another program has the port


def by_itself_trouble(health: bytes) -> Iterator[Finding]:
    """Why nothing is recorded by itself though it is to be, with the remedy; of a missing disk the faults say it."""
    try:
        found = json.loads(health).get("by_itself") or {}
        if found.get("error") and found.get("reason") != Code.DISK_NOT_MOUNTED.value:
            yield Finding(Sign.BROKEN, "recording", f"nothing is recorded by itself: {found['error']}")
    except (ValueError, AttributeError, TypeError):
        return  # another program has the port


def other_mode(health: bytes, configured: str) -> Iterator[Finding]:
    """That what is recorded by itself is not as the configuration says."""
    try:
        mode = json.loads(health).get("recording_mode", configured)
    except (ValueError, AttributeError):
        return  # another program has the port
    if mode != configured and mode in RECORDING_MODES:
        why = "as was chosen on the page, or petcam.yaml was changed since the start"
        yield Finding(Sign.OK, "recording", f"the mode is {mode}, {why}; recording.mode is {configured}")


def check_port(
    subject: str, running: bool, key: str, host: str, number: int, kind: socket.SocketKind = socket.SOCK_STREAM
) -> Finding:
    if running:
        return Finding(Sign.OK, subject, f"{number}: petcam answers")
    if not is_own_address(host):
        where = f"{host} ({key.split('.')[0].replace('webrtc', 'streamer')}.host)"
        return Finding(Sign.BROKEN, subject, f"{where} is no address of this machine now; petcam waits until it is")
    if is_port_free(host, number, kind):
        return Finding(Sign.LOOK, subject, f"{number} is free, petcam is not running: {START_REMEDY}")
    return Finding(Sign.BROKEN, subject, f"{number} on {host} is taken by another program: end it or change {key}")


def status_of(unit: str) -> str:
    """What a service said last of how it goes; empty where it does not run, or there is no systemd."""
    try:
        command = ["systemctl", "show", "--property=StatusText", "--value", unit]
        return subprocess.run(command, capture_output=True, text=True, timeout=5).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def check_source(status: str) -> Iterator[Finding]:
    """In the words of petcam.feed.transcoding.failures, where the source has failed."""
    words = status.partition(SOUND_MARK)[0]
    if words:
        plays = words.startswith("playing ")
        yield Finding(Sign.OK if plays else Sign.BROKEN, "source", words)


def check_detector(found: Wanted, status: str) -> Finding:
    """petcam's own, in its own words where it runs."""
    if found.model is None:
        return Finding(Sign.LOOK if found.is_lack else Sign.OK, "detector", found.reason)
    if not pyav.is_installed():
        remedy = pyav.SERVICE_REMEDY.replace("petcam-web", "petcam-detect")
        return Finding(Sign.BROKEN, "detector", f"looking for pets needs PyAV: {remedy}")
    if not found.model.is_file():
        return Finding(Sign.BROKEN, "detector", f"detect.model: there is no file {found.model}")
    if not status:
        return Finding(Sign.LOOK, "detector", f"petcam-detect does not run: {START_REMEDY}")
    return Finding(Sign.OK, "detector", status)


def check_segment(subject: str, layout: str, reader: BaseReader[Any, Any]) -> Finding:
    """Reads one record as the services would."""
    try:
        with reader:
            record = reader.read(RECORD_TIMEOUT_SECONDS)
            without_keyframe = reader.seconds_without_keyframe()
    except PetcamError as error:
        return Finding(Sign.BROKEN, subject, error.message)
    except OSError as error:
        return Finding(Sign.BROKEN, subject, f"{reader.name}: {error.strerror}: sudo petcam doctor")
    if record is not None:
        return Finding(Sign.OK, subject, f"{reader.name}: {record.width}×{record.height}, frame {record.frame_number}")
    if reader.last_fault:
        return Finding(
            Sign.BROKEN, subject, f"{reader.name}: {reader.last_fault}; see sudo petcam shm check {reader.name}"
        )
    if without_keyframe:
        return Finding(Sign.LOOK, subject, f"{reader.name}: {no_keyframe_words(max(1.0, without_keyframe))}")
    return Finding(Sign.LOOK, subject, f"{reader.name}: {_why_nothing_comes(subject, layout, reader.name)}")


def _why_nothing_comes(subject: str, layout: str, name: str) -> str:
    found = inspect.summarise(name)
    if found.layout and found.layout != layout:
        return f"its daemon writes the layout {found.layout}: set camera.layout to {found.layout}"
    if layout == "rdk-x5" and found.state == "absent":
        return "is not there; is the board's daemon running, and is its name right in the configuration?"
    if layout == "rdk-x5" and subject == "detections":
        return f"no result in {RECORD_TIMEOUT_SECONDS:g} s, as is usual while the detector finds nothing"
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
    return Finding(Sign.LOOK, "PyAV", f"missing: no MJPEG, no snapshots, fewer sources: {pyav.SERVICE_REMEDY}")


def is_disk_missing(config: Config) -> bool:
    """Whether the recordings' folder and space are another disk's now; the streamer's faults say so and the remedy."""
    health = http_get(config.streamer.host, config.streamer.port, "/health")
    try:
        return bool(json.loads(health or b"{}").get("recording_reason") == Code.DISK_NOT_MOUNTED.value)
    except (ValueError, AttributeError):
        return False  # another program has the port


def check_space(directory: Path) -> Finding:
    existing = next(path for path in (directory, *directory.parents) if os.path.exists(path))
    free = shutil.disk_usage(existing).free
    words = f"{free / (1 << 30):.1f} GiB free for {directory}"
    if free < MIN_SPACE_BYTES:
        return Finding(Sign.BROKEN, "disk", f"{words}: nothing can be recorded; delete something")
    if free < LOW_SPACE_BYTES:
        return Finding(Sign.LOOK, "disk", f"{words}: set recording.max_bytes or delete something")
    return Finding(Sign.OK, "disk", words)


def check_clock(now: float) -> Finding:
    said = time.strftime("%Y-%m-%d %H:%M", time.localtime(now))
    if now < EARLIEST_TIME:
        remedy = "sudo timedatectl set-ntp true" if has_time_service() else "sudo apt install systemd-timesyncd"
        return Finding(Sign.LOOK, "clock", f"{said}: recordings get wrong dates: {remedy}")
    return Finding(Sign.OK, "clock", said)


def has_time_service() -> bool:
    """Whether there is one that systemd could switch on."""
    try:
        command = ["timedatectl", "show", "--property=CanNTP", "--value"]
        return subprocess.run(command, capture_output=True, text=True, timeout=5).stdout.strip() == "yes"
    except (OSError, subprocess.SubprocessError):
        return False


def check_secrets() -> Iterator[Finding]:
    """Both must exist, or systemd does not start the service; petcam-keys.service makes them. Only root sees them."""
    if not SECRETS_DIRECTORY.is_dir() or os.geteuid():
        return
    for name in ("session.key", "token.key"):
        if not os.path.lexists(SECRETS_DIRECTORY / name):
            words = f"{SECRETS_DIRECTORY / name} is missing: sudo systemctl restart petcam.target"
            yield Finding(Sign.BROKEN, "keys", words)
    for error in key_troubles(SECRETS_DIRECTORY):
        yield Finding(Sign.BROKEN, "keys", error.message)


def check_camera(config: Config, sound: SoundSwitch) -> Iterator[Finding]:
    """What it sends while it is on, and who reads that."""
    camera, feeding = config.camera, status_of("petcam-feed.service")
    if camera.source:
        yield from check_source(feeding)
    yield check_segment("video", camera.layout, segments.stream_reader(camera.layout, camera.stream))
    yield check_segment("detections", camera.layout, segments.detection_reader(camera.layout, camera.detections))
    yield from check_sound(camera, feeding, sound)
    yield check_detector(wanted(config), status_of("petcam-detect.service"))


def check_switch(switch: CameraSwitch) -> Finding:
    """Whether the owner lets the camera be on."""
    try:
        state = switch.read()
    except PetcamError as error:
        return Finding(Sign.BROKEN, "camera", f"is off: {error.message}")
    if state.on:
        return Finding(Sign.OK, "camera", "is on, as far as its owner goes")
    until = f"until {state.until}, " if state.until else ""
    words = f"is off, {until}turned off at {state.since} by {state.by}; to turn it on: sudo petcam camera on"
    return Finding(Sign.LOOK, "camera", words)


def check_state(directory: Path) -> Iterator[Finding]:
    """Each file of what was set, from passwords to places, that is damaged, unless all of them are another disk's."""
    place = place_of(directory)
    misplaced, volatile = place.trouble(), place.volatile_trouble()
    if misplaced is not None:
        yield Finding(Sign.BROKEN, "state", misplaced.message)
        return
    if volatile is not None:
        yield Finding(Sign.LOOK, "state", volatile.message)
    owner, tokens = Owner(directory), ViewingTokens(directory)
    others = (
        sessions_trouble(directory),
        tokens.trouble(),
        first_hour_trouble(directory),
        SoundSwitch(directory).trouble(),
        CameraSwitch(directory).trouble(),
        SettingsFile(directory).trouble(),
        PlacesFile(directory).trouble(),
    )
    found = [*owner.troubles(), *key_troubles(directory), *(error for error in others if error is not None)]
    for error in found:
        if not is_for_lack_of_permission(error):
            yield Finding(Sign.BROKEN, "state", error.message)
    if any(map(is_for_lack_of_permission, found)):
        yield Finding(Sign.LOOK, "state", f"only root sees whether {directory} is whole: sudo petcam doctor")


def check_password(config: Config) -> Finding:
    if config.auth.mode == "none" and is_loopback(config.web.host):
        return Finding(Sign.OK, "login", "none, for this machine only")
    if config.auth.mode == "none":
        return Finding(Sign.LOOK, "login", "auth.mode is none: everybody who reaches the port sees the camera")
    try:
        is_set = bool(Owner(state_directory(), place=place_of(state_directory())).generation())
    except PetcamError as error:
        if is_for_lack_of_permission(error):
            return Finding(Sign.LOOK, "login", "only root sees whether a password is set: sudo petcam doctor")
        return Finding(Sign.BROKEN, "login", error.message)
    if not is_set:
        return Finding(
            Sign.LOOK,
            "login",
            "no password is set, so nobody gets in: open the page in the first hour, or sudo petcam password",
        )
    return Finding(Sign.OK, "login", "a password is set")


def check_tls(config: Config) -> Finding:
    """Gives the fingerprint, by which the owner can tell that the certificate a browser warns about is this board's."""
    host = local_url_host(config.web.host).strip("[]")
    try:
        certificate = ssl.get_server_certificate((host, config.web.tls_port), timeout=5)
    except (OSError, ValueError):
        words = f"web.tls is {config.web.tls}, but nothing answers on port {config.web.tls_port}"
        return Finding(Sign.BROKEN, "HTTPS", f"{words}: sudo journalctl -u petcam-streamer says why")
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest().upper()
    fingerprint = ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))
    return Finding(Sign.OK, "HTTPS", f"port {config.web.tls_port}, certificate SHA-256 {fingerprint}")


def named_url(config: Config) -> str:
    """By the name that avahi makes known, which outlasts an address; empty where it says none."""
    name = mdns_name() if config.web.host in ("0.0.0.0", "::") and AVAHI_DIRECTORY.exists() else ""
    return f"http://{name}:{config.web.port}/" if name else ""


def check_url(config: Config) -> Finding:
    wildcard = config.web.host in ("0.0.0.0", "::")
    host = lan_address() if wildcard else local_url_host(config.web.host)
    url = f"http://{host}:{config.web.port}"
    if not wildcard:
        return Finding(Sign.OK, "page", url)
    if not AVAHI_DIRECTORY.exists():
        return Finding(Sign.LOOK, "page", f"{url}; phones find it by its name after: sudo apt install avahi-daemon")
    own = socket.gethostname().partition(".")[0].lower() + ".local"
    name = mdns_name() or own
    words = f"{url} or http://{name}:{config.web.port}"
    if name.lower() == own:
        return Finding(Sign.OK, "page", words)
    remedy = "a name of its own for this board: sudo hostnamectl set-hostname NAME; sudo systemctl restart avahi-daemon"
    return Finding(Sign.LOOK, "page", f"{words}, as another device here is {own}; {remedy}")
