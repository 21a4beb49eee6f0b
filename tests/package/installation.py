"""Installs petcam on a bare machine and records what that changed."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from tests.package.appliance import EVENTS, PAGE_URL, STREAMER, STREAMER_URL, WEB, apt, failed_units, is_active
from tests.package.machine import Machine, eventually
from tests.package.package import Release

# Paths that any installation and any boot changes.
ALWAYS_CHANGED = (
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
    """A machine with petcam that was powered off again, and what was recorded."""

    layers: tuple[Path, ...]  # the folders of its disk, the uppermost first
    before: set[str]  # paths on the disk before the installation
    after: set[str]  # and after it
    output: str  # of apt
    seconds: float  # from apt's end until the three services were active
    failed: str  # units that failed
    answers: dict[str, int]  # status by URL


def install(machine: Machine, release: Release, base: Path) -> Installed:
    before = paths(machine.root)
    output = apt(machine, release)
    started_at = time.monotonic()
    eventually(lambda: is_active(machine, WEB, STREAMER, EVENTS))
    seconds = time.monotonic() - started_at
    return Installed(
        layers=(machine.root.parent / "up", base),
        before=before,
        after=paths(machine.root),
        output=output,
        seconds=seconds,
        failed=failed_units(machine),
        answers={
            url: machine.curl(url)[0] for url in (f"{PAGE_URL}/", f"{PAGE_URL}/healthz", f"{STREAMER_URL}/health")
        },
    )


def paths(root: Path) -> set[str]:
    """Every path on a machine's disk except :data:`ALWAYS_CHANGED`."""
    found: set[str] = set()
    for folder, folders, files in os.walk(root):
        here = "/" + os.path.relpath(folder, root).removeprefix(".")
        folders[:] = [name for name in folders if not os.path.join(here, name).startswith(ALWAYS_CHANGED)]
        found.update(os.path.join(here, name) for name in (*folders, *files))
    return {path for path in found if not path.startswith(ALWAYS_CHANGED)}
