"""The file system that a path lies on."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mount:
    point: Path
    kind: str  # "ext4", "fuseblk"
    source: str  # the device


def mount_of(path: Path) -> Mount:
    return innermost(path.resolve(), Path("/proc/self/mountinfo").read_text())


def innermost(path: Path, mountinfo: str) -> Mount:
    """Of the mounts in ``mountinfo`` (proc(5)) that which ``path`` is in; of two at one place the later, which hides
    the other."""
    found = Mount(Path("/"), "", "")
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        kind, source = after.split(" ")[:2]
        point = Path(_unescaped(before.split(" ")[4]))
        if path.is_relative_to(point) and len(point.parts) >= len(found.point.parts):
            found = Mount(point, kind, _unescaped(source))
    return found


def _unescaped(text: str) -> str:
    """A space is ``\\040`` there."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
