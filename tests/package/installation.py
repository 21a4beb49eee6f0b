"""petcam put on a bare machine, and what that did to it."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from tests.package.appliance import MEDIA, PAGE, STREAMER, WEB, apt, failed_units, is_active
from tests.package.machine import Machine, eventually
from tests.package.package import Package

# What any installation and any boot changes.
NOISE = (
    *("/dev", "/proc", "/run", "/sys", "/tmp", "/root", "/var/cache", "/var/log", "/var/tmp"),
    *("/var/lib/apt", "/var/lib/dpkg", "/var/lib/systemd", "/var/lib/private", "/etc/.updated", "/var/.updated"),
    *(
        "/etc/passwd",
        "/etc/group",
        "/etc/shadow",
        "/etc/gshadow",
        "/etc/.pwd.lock",
        "/etc/hostname",
        "/etc/resolv.conf",
    ),
)


@dataclass
class Installed:
    """An installation that was switched off again, and what was seen of it."""

    layers: tuple[Path, ...]  # its disk
    before: set[str]  # paths on the disk before it
    after: set[str]
    output: str  # of apt
    seconds: float  # from apt's end until both services were active
    failed: str  # units
    answers: dict[str, int]  # URL → status


def install(machine: Machine, package: Package, base: Path) -> Installed:
    before = paths(machine.root)
    output = apt(machine, package)
    began = time.monotonic()
    eventually(lambda: is_active(machine, WEB, STREAMER))
    seconds = time.monotonic() - began
    return Installed(
        layers=(machine.root.parent / "up", base),
        before=before,
        after=paths(machine.root),
        output=output,
        seconds=seconds,
        failed=failed_units(machine),
        answers={url: machine.curl(url)[0] for url in (f"{PAGE}/", f"{PAGE}/healthz", f"{MEDIA}/health")},
    )


def paths(root: Path) -> set[str]:
    """Every path on a machine's disk but :data:`NOISE`."""
    found: set[str] = set()
    for folder, folders, files in os.walk(root):
        here = "/" + os.path.relpath(folder, root).removeprefix(".")
        folders[:] = [name for name in folders if not os.path.join(here, name).startswith(NOISE)]
        found.update(os.path.join(here, name) for name in (*folders, *files))
    return {path for path in found if not path.startswith(NOISE)}
