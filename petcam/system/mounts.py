"""The file system that a path lies on, and whether a restart forgets what is written there."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

IN_MEMORY = ("tmpfs", "ramfs")


@dataclass(frozen=True)
class Mount:
    point: Path
    kind: str  # "ext4", "fuseblk"
    source: str  # the device
    options: str = ""  # of its file system, by commas


def is_volatile(folder: Path) -> bool:
    """True where a restart empties ``folder``, or takes back what was changed in it: it is in memory, or an overlay
    whose changes are (overlayroot). False where that cannot be told: the upper layer of a container is out of sight."""
    mount = mount_of(folder)
    if mount.kind == "overlay":
        upper = re.search(r"(?:^|,)upperdir=([^,]+)", mount.options)
        layer = Path(_unescaped(upper[1])) if upper else None
        return layer is not None and os.path.isdir(layer) and mount_of(layer).kind in IN_MEMORY
    return mount.kind in IN_MEMORY


def mount_of(path: Path) -> Mount:
    """That which ``path`` is in, or would be where it is not there."""
    return innermost(Path(os.path.realpath(path)), Path("/proc/self/mountinfo").read_text(errors="replace"))


def innermost(path: Path, mountinfo: str) -> Mount:
    """Of the mounts in ``mountinfo`` (proc_pid_mountinfo(5)) that which ``path`` is in; of two at one place the later,
    which hides the other."""
    found = Mount(Path("/"), "", "")
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        kind, source, options = after.split(" ")[:3]
        point = Path(_unescaped(before.split(" ")[4]))
        if path.is_relative_to(point) and len(point.parts) >= len(found.point.parts):
            found = Mount(point, kind, _unescaped(source), options)
    return found


def _unescaped(text: str) -> str:
    r"""Spaces and the like are octal there: ``\040``."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
