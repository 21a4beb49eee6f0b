"""Cameras and microphones at this machine."""

import errno
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from petcam.discovery.found import Found, shown
from petcam.system import v4l2

SYSTEM = Path("/")  # below which /sys, /dev and /proc are
RPICAM_PROGRAMS = ("rpicam-hello", "libcamera-hello")  # its name now, and before 2024
RPICAM_SECONDS = 10.0  # to list its cameras
MAX_SIZES = 6  # of a format that are shown

Listing = tuple[list[Found], str]  # and why nothing more was found; empty: there is nothing to say


def video_devices(system: Path = SYSTEM, ask: Callable[[str], v4l2.Device] = v4l2.device) -> Listing:
    """Those that capture video. Of a USB camera's two devices one is for metadata, and is left out."""
    folder = system / "sys/class/video4linux"
    names = sorted((path.name for path in folder.glob("video*")), key=_number)
    found, closed = [], []
    for name in names:
        path = f"/dev/{name}"
        try:
            device = ask(str(system / path[1:]))
        except OSError as error:
            closed.append(f"{path} cannot be asked ({_why(error)})")
            continue
        if device.formats:
            found.append(Found(f"{shown(device.name)} ({path})", path, tuple(map(_format, device.formats))))
    if closed:
        return found, "; ".join(closed)
    if not names:
        return found, "the kernel has no such device; is the camera plugged in, and does lsusb list it?"
    return found, "" if found else f"{', '.join(names)} capture no video, they encode, decode or carry metadata"


def _number(name: str) -> int:
    return int(re.sub(r"\D", "", name) or 0)


def _why(error: OSError) -> str:
    if error.errno in (errno.EACCES, errno.EPERM):
        return "only root and the group video may"
    return "another program has it" if error.errno == errno.EBUSY else error.strerror or str(error)


def _format(each: v4l2.Format) -> str:
    sizes = [f"{size.width}×{size.height}" + (f" {size.fps:.4g}/s" if size.fps else "") for size in each.sizes]
    more = f" and {len(sizes) - MAX_SIZES} smaller" if len(sizes) > MAX_SIZES else ""
    return f"{shown(each.name)}: {', '.join(sizes[:MAX_SIZES]) or 'of unknown sizes'}{more}"


def microphones(system: Path = SYSTEM) -> Listing:
    """ALSA's devices that record, by the kernel's own lists."""
    try:
        lines = (system / "proc/asound/pcm").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return [], "the kernel has no sound; is the microphone plugged in, and does lsusb list it?"
    found = []
    for line in lines:
        device = re.match(r"(\d+)-(\d+): (.*)", line)
        if device and re.search(r": capture \d", line):
            number, place = int(device[1]), int(device[2])
            word, name = _card(system, number)
            # By the card's own word, which stays where cards are plugged in in another order.
            line = f"plughw:CARD={word},DEV={place}" if word else f"plughw:{number},{place}"
            found.append(Found(f"{shown(name or device[3])} (hw:{number},{place})", line, key="microphone"))
    return found, "" if found else "no sound card of this machine records"


def _card(system: Path, number: int) -> tuple[str, str]:
    """The word by which ALSA knows it, and its name; both empty where the kernel does not say."""
    try:
        cards = (system / "proc/asound/cards").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", ""
    found = re.search(rf"^ *{number} \[([A-Za-z0-9_-]*) *\]: (.*)$", cards, re.MULTILINE)
    return (found[1], found[2]) if found else ("", "")


def rpicam_cameras() -> Listing:
    """Those of a Raspberry Pi's own connector, by its own program."""
    program = next(filter(None, map(shutil.which, RPICAM_PROGRAMS)), None)
    if program is None:
        return [], f"{' and '.join(RPICAM_PROGRAMS)} are not there; only Raspberry Pi OS has them"
    try:
        asked = subprocess.run(
            [program, "--list-cameras"], capture_output=True, text=True, errors="replace", timeout=RPICAM_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [], f"{program} did not answer: {shown(str(error))}"
    cameras = re.findall(r"^ *\d+ *: *([^\n(]+)", asked.stdout + asked.stderr, re.MULTILINE)
    found = [Found(f"{shown(name)} (rpicam)", "rpicam") for name in cameras[:1]]
    found += [Found(f"{shown(name)} (rpicam)", "", ("petcam takes the first one",)) for name in cameras[1:]]
    return found, "" if found else f"{program} sees no camera; is its cable in, and the right way round?"
