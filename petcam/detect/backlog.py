"""The access units that were not decoded so far: at rest only keyframes are, and all of them once that is wanted."""

from collections import deque

from petcam.shm.stream import AccessUnit

MAX_BYTES = 8 * 2**20  # over that they are dropped up to the next keyframe


class Backlog:
    """Begins at a keyframe, or goes on where it was taken from last. For one thread."""

    def __init__(self) -> None:
        self._units: deque[AccessUnit] = deque()
        self._bytes = 0
        self._broken = True  # what comes cannot be decoded before the next keyframe

    def __len__(self) -> int:
        return len(self._units)

    @property
    def newest_ns(self) -> int:
        """The capture of the newest; 0 where there is none."""
        return self._units[-1].capture_ns if self._units else 0

    @property
    def has_keyframe(self) -> bool:
        return bool(self._units) and self._units[0].keyframe

    def add(self, unit: AccessUnit) -> None:
        if unit.keyframe:
            self.clear()
            self._broken = False
        elif self._broken or unit.discontinuity or self._bytes + len(unit.data) > MAX_BYTES:
            self.clear()
            self._broken = True
            return
        self._units.append(unit)
        self._bytes += len(unit.data)

    def take(self, count: int) -> list[AccessUnit]:
        """The oldest, so many."""
        taken = [self._units.popleft() for _ in range(min(count, len(self._units)))]
        self._bytes -= sum(len(unit.data) for unit in taken)
        return taken

    def clear(self) -> None:
        self._units.clear()
        self._bytes = 0
