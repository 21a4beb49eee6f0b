"""Levels in, sounds out: docs/events.md, "Sounds", says what each rule is for."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from petcam.events.rules.floor import Floor

CLASS_NAME = "loud"
PACKET_SECONDS = 0.02  # what one level is of
SPAN_SECONDS = 5.0  # that are looked at together
BEGIN_SECONDS, PROLONG_SECONDS = 0.5, 0.1  # loud within them: a sound begins, or goes on
GAP_SECONDS = 10.0  # of quiet: what is loud again within them is the same sound
LOST_SECONDS = 60.0  # without a level, after which the room may be another
FLOOR_SECONDS = 0.5  # from one look at the floor to the next
MAX_PER_HOUR = 12
HOUR = 3600.0


class Sound(NamedTuple):
    """Times are seconds of the levels' clock."""

    begin: float
    end: float  # when it was loud last
    over_db: float  # over the room's floor, at most
    floor_db: float  # of then, dBFS


class SoundChange(NamedTuple):
    kind: str  # begin, change or end
    sound: Sound


class Sounds:
    """Give each level to :meth:`levels`, in order, and the time to :meth:`pass_time`.

    ``sound_db``: what is so much over the room's floor is loud.
    """

    def __init__(self, sound_db: float) -> None:
        self._sound_db = sound_db
        self._begins = deque[float](maxlen=MAX_PER_HOUR)
        self.forget()

    def forget(self) -> None:
        """Begin anew, with no sound: what comes is of another time, or of another room."""
        self.open: Sound | None = None
        self._floor, self._floor_db, self._look_at = Floor(), 0.0, 0.0
        self._loud = deque[tuple[float, float]]()  # time, dB over the floor; of the last 5 s
        self._last: float | None = None  # time of the newest level

    def levels(self, levels: Iterable[tuple[float, float]]) -> list[SoundChange]:
        """What 20 ms each, their time and dBFS, change. One whose time does not rise is passed over."""
        before, changes = self.open, list[SoundChange]()
        for time, db in levels:
            if self._last is None or time > self._last:
                changes += self._level(time, db)
        if self.open is not None and before is not None and self.open != before and not changes:
            changes.append(SoundChange("change", self.open))
        return changes

    def pass_time(self, now: float) -> list[SoundChange]:
        """What it changes that it is quiet, or that no level comes, until now."""
        if self.open is None or now - self.open.end <= GAP_SECONDS:
            return []
        return self.end()

    def end(self) -> list[SoundChange]:
        """What it changes that nobody listens from now on."""
        if self.open is None:
            return []
        over, self.open = self.open, None
        self._loud.clear()
        return [SoundChange("end", over)]

    def _level(self, time: float, db: float) -> list[SoundChange]:
        changes = self.pass_time(time)
        if self._last is not None and time - self._last > LOST_SECONDS:
            self.forget()
        self._last = time
        self._floor.add(db)
        if time >= self._look_at:
            self._floor_db, self._look_at = self._floor.db, time + FLOOR_SECONDS
        over = db - self._floor_db
        if self._floor.is_known and over >= self._sound_db:
            changes += self._note(time, over)
        return changes

    def _note(self, time: float, over: float) -> list[SoundChange]:
        """20 ms that are loud."""
        self._loud.append((time, over))
        while self._loud[0][0] < time - SPAN_SECONDS:
            self._loud.popleft()
        seconds = PACKET_SECONDS * len(self._loud)
        if self.open is not None:
            if seconds >= PROLONG_SECONDS:
                self.open = self.open._replace(end=time, over_db=max(self.open.over_db, over))
        elif seconds >= BEGIN_SECONDS and self._may_begin(time):
            self._begins.append(time)
            most = max(over for _, over in self._loud)
            self.open = Sound(self._loud[0][0], time, most, self._floor_db)
            return [SoundChange("begin", self.open)]
        return []

    def _may_begin(self, time: float) -> bool:
        return len(self._begins) < MAX_PER_HOUR or time - self._begins[0] >= HOUR
