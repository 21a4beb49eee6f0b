"""Attacks on the memory of the installed services, under the limits of their units. The attackers are those of the
siege in ``bench/``, with addresses of their own on the machine's network."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path

import av
import pytest

from bench.memory_group import memory_group
from bench.siege_attacks import Target
from tests.package.appliance import (
    CONFIG,
    PAGE_URL,
    RECORDINGS,
    STREAMER,
    WEB,
    await_camera,
    is_active,
    log_in,
    record,
    start_feed,
    viewer_command,
)
from tests.package.machine import LAN_ADDRESS, Machine
from tests.package.package import TOP

LAN_V6 = "fd77::1"
ATTACKER_V4 = [f"192.168.77.{number}" for number in range(10, 20)]
ATTACKER_V6 = [f"fd77::1:{number:x}" for number in range(64)]
SECONDS = 5.0  # of each attack; the services were killed within four
MOST_LINES = 400  # in the journal
BIG_WIDTH, BIG_HEIGHT = 8192, 4320


@pytest.fixture
def besieged(machine: Machine) -> Iterator[Machine]:
    """Its services may take as much memory as their units say, by the container's systemd or by this computer."""
    listen_everywhere(machine)
    machine.in_network("sysctl", "-w", "net.ipv6.conf.lan0.accept_dad=0")  # addresses are usable at once
    machine.in_network("ip", "address", "add", f"{LAN_V6}/64", "dev", "lan0")
    attackers_addresses(machine, "add")
    with ExitStack() as stack:
        for unit in (WEB, STREAMER):
            stack.enter_context(limited(machine, unit))
        stack.callback(machine.run, "systemctl", "stop", WEB, STREAMER)  # empties the groups
        yield machine


def test_strangers_restart_nothing_delete_nothing_end_no_recording_and_fill_no_journal(besieged: Machine) -> None:
    """Answers that are not read, bodies that never end, by HTTP and HTTP/2, packets that belong to no viewer, and
    requests of which the log would say something."""
    session = log_in(besieged)
    start_feed(besieged)
    kept = record(besieged, session)
    assert besieged.curl(f"{PAGE_URL}/api/recording/start", *session, "-X", "POST")[0] == 200
    since = time.time()
    assert attack(besieged, "odd_requests") > MOST_LINES, "too few for a flood"
    for kind in ("never_read", "held_bodies", "packets"):
        attack(besieged, kind)
    url = f"https://[{LAN_V6}]:8443/login"
    hold = (str(TOP / "build/h2hold"), "-url", url, "-from", ",".join(ATTACKER_V6[:4]), "-for", f"{SECONDS}s")
    assert json.loads(besieged.in_network(*hold).stdout)["begun"] > 0
    assert_unharmed(besieged)
    assert besieged.curl(f"{PAGE_URL}/api/recording/stop", *session, "-X", "POST")[0] == 200
    assert kept in besieged.run("ls", RECORDINGS).splitlines()
    besieged.run("journalctl", "--sync")
    lines = besieged.journal(since, "-o", "cat", f"_SYSTEMD_UNIT={WEB}", f"_SYSTEMD_UNIT={STREAMER}").splitlines()
    assert len(lines) < MOST_LINES
    assert not [line for line in lines if line.startswith("petcam-web:")]  # a request's text, as a line of its own
    attackers_addresses(besieged, "del")  # or a viewer has too many to try
    seen = besieged.in_network(*viewer_command(besieged, session), "-for", "2s")
    assert json.loads(seen.stdout)["frames"] > 20, seen.stderr


def test_viewers_of_a_picture_of_35_megapixels_restart_nothing(besieged: Machine, tmp_path: Path) -> None:
    session = log_in(besieged)
    film = tmp_path / "big.h264"
    make_big_film(film)
    (besieged.root / "root/big.h264").write_bytes(film.read_bytes())
    besieged.run("systemd-run", "--unit=capture", "petcam", "feed", "/root/big.h264")
    await_camera(besieged, "live")
    cookie = session[1].partition(": ")[2]
    for kind in ("pictures", "mjpeg"):
        attack(besieged, kind, viewer=cookie)
    assert_unharmed(besieged)


def assert_unharmed(machine: Machine) -> None:
    assert [machine.property(unit, "NRestarts") for unit in (WEB, STREAMER)] == ["0", "0"]
    assert is_active(machine, WEB, STREAMER)
    assert machine.curl(f"{PAGE_URL}/healthz")[0] == 200


def attack(machine: Machine, kind: str, viewer: str = "") -> int:
    """Returns how many connections or packets there were."""
    target = Target(
        [LAN_ADDRESS, LAN_V6], ATTACKER_V4 + ATTACKER_V6, 8080, 8081, 8443, 8081, viewer, ["petcam_20260101-000000.mp4"]
    )
    words = [sys.executable, "-m", "bench.siege_attacks", kind, str(SECONDS)]
    done = machine.in_network(*words, text=target.to_json())
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    count = int(seen.get("connections", 0) + seen.get("packets", 0))
    assert count, "the attack has reached nothing"
    return count


def listen_everywhere(machine: Machine) -> None:
    """The services listen to IPv6 and HTTPS too."""
    config = machine.root / CONFIG
    config.write_text(config.read_text().replace("host: 0.0.0.0", 'host: "::"').replace("tls: off", "tls: auto"))
    machine.run("systemctl", "restart", "petcam.target")


def attackers_addresses(machine: Machine, verb: str) -> None:
    """``add`` or ``del`` them on the machine's network."""
    addresses = [f"{each}/64 dev lan0" for each in ATTACKER_V6] + [f"{each}/24 dev lan0" for each in ATTACKER_V4]
    done = machine.in_network("ip", "-batch", "-", text="\n".join(f"address {verb} {each}" for each in addresses))
    assert done.returncode == 0, done.stderr


@contextmanager
def limited(machine: Machine, unit: str) -> Iterator[None]:
    """Where the container has no memory controller (this computer gives it to version 1 of the control groups), what
    ``MemoryMax=`` says is enforced from outside."""
    limit = int(machine.property(unit, "MemoryMax"))
    group = f"/sys/fs/cgroup{machine.property(unit, 'ControlGroup')}/memory.max"
    if machine.run("cat", group, check=False).strip() == str(limit):
        yield
        return
    with memory_group(f"{machine.root.parent.name}-{unit}", limit) as outside:
        for pid in machine.processes(unit):
            outside.add(pid)
        yield


def make_big_film(path: Path) -> None:
    """Two keyframes and what depends on them, in H.264's largest size."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = (
        BIG_WIDTH,
        BIG_HEIGHT,
        "yuv420p",
        Fraction(1, 30),
    )
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "x264-params": "aud=1"}
    encoder.gop_size = 2
    picture = av.VideoFrame(BIG_WIDTH, BIG_HEIGHT, "yuv420p")
    for plane in picture.planes:
        plane.update(bytes([100]) * plane.buffer_size)
    units = []
    for number in range(4):
        picture.pts = number
        units += [bytes(packet) for packet in encoder.encode(picture)]
    path.write_bytes(b"".join([*units, *(bytes(packet) for packet in encoder.encode(None))]))
