"""A control group that limits the memory of its processes, by version 1 or 2 of the kernel's interface (needs root)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


class MemoryGroup:
    """See :func:`memory_group`. Sizes are bytes."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder, self.limit = folder, limit
        self._v2 = (folder / "memory.max").exists()
        if self._v2:
            (folder / "memory.max").write_text(str(limit))
        else:
            (folder / "memory.limit_in_bytes").write_text(str(limit))
            # Version 1 counts the memory of sockets by itself, and only where that has a limit.
            (folder / "memory.kmem.tcp.limit_in_bytes").write_text(str(limit))

    @property
    def entrance(self) -> Path:
        """The file to which a process writes its PID to be limited."""
        return self._folder / "cgroup.procs"

    def add(self, pid: int) -> None:
        self.entrance.write_text(str(pid))

    def in_use(self) -> int:
        """What the kernel cannot take back: all but the pages of files, with the buffers of sockets."""
        if self._v2:
            return self._number("memory.current") - self._count("memory.stat", "inactive_file", "active_file")
        sockets = self._number("memory.kmem.tcp.usage_in_bytes")
        files = self._count("memory.stat", "total_inactive_file", "total_active_file")
        return self._number("memory.usage_in_bytes") + sockets - files

    def kills(self) -> int:
        """How many processes the kernel has killed for want of memory."""
        return self._count("memory.events" if self._v2 else "memory.oom_control", "oom_kill")

    def _number(self, name: str) -> int:
        return int((self._folder / name).read_text())

    def _count(self, name: str, *keys: str) -> int:
        pairs = (line.split() for line in (self._folder / name).read_text().splitlines())
        return sum(int(value) for key, value in pairs if key in keys)


@contextmanager
def memory_group(name: str, limit: int) -> Iterator[MemoryGroup]:
    """A group of this name whose processes may take ``limit`` bytes together. All of them must have ended when the
    context does. Raises ``OSError`` where there is no memory controller."""
    folder = _parent() / name
    folder.mkdir()
    try:
        yield MemoryGroup(folder, limit)
    finally:
        os.rmdir(folder)


def _parent() -> Path:
    """Version 1: the group of this process. Version 2: the topmost, as only leaves may have processes."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, group = line.split(":", 2)
        if "memory" in controllers.split(","):
            return CGROUPS / "memory" / group.lstrip("/")
    if "memory" in (CGROUPS / "cgroup.subtree_control").read_text().split():
        return CGROUPS
    raise OSError("the kernel's memory controller is not to be had here")
