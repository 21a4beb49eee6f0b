"""A visit: one kind of pet present over a span."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from petcam.events.rules.box import Box, is_at_edge
from petcam.events.rules.settings import CLEAR_HITS, CLEAR_SHARE

OTHER_TIMES = 1.5  # as much as what it is called now
MAX_ASLEEP = 500  # spans that are kept of one visit
MAX_STAYS = 100


@dataclass
class Stay:
    """At a place."""

    id: str
    name: str  # as it is called now
    begin: float
    end: float  # when it was there last
    is_over: bool = False


class Visit:
    """Read it; only :class:`petcam.events.rules.Visits` changes it. Times are seconds of the results' clock."""

    def __init__(self, number: int, class_name: str, begin: float) -> None:
        self.number = number  # from 1
        self.class_name = class_name
        self.begin = begin
        self.end = begin  # its last box so far
        self.most = 0  # how many there were at once
        self.asleep: list[tuple[float, float]] = []  # from when to when, the last one perhaps until now
        self.is_still = False  # one that is there lies still
        self.is_asleep = False  # all that are seen lie still, and have for a minute
        self.stays: list[Stay] = []  # at places, the first first
        self.moved = begin  # when something moved last
        self.best: tuple[float, Box] | None = None  # when it was to be seen best, and where
        self.top_score = 0.0
        self.hits = 0
        self.votes: dict[str, float] = {class_name: 0.0}  # sums of scores by class
        self.watched = 0.0  # of the clock of what was watched, at its end
        self.blind = 0.0  # seconds since its end in which nobody watched

    def __repr__(self) -> str:
        return f"<Visit {self.number}: {self.class_name} {self.begin:.1f} to {self.end:.1f}>"

    @property
    def is_clear(self) -> bool:
        """Whether it is certain what it is."""
        return self.hits >= CLEAR_HITS and max(self.votes.values()) >= CLEAR_SHARE * sum(self.votes.values())

    @property
    def likeliest(self) -> str:
        """What it was called most, by far where that is not what it is called now."""
        name = max(self.votes, key=lambda name: self.votes[name])
        return name if self.votes[name] >= OTHER_TIMES * self.votes.get(self.class_name, 0.0) else self.class_name

    @property
    def places(self) -> tuple[str, ...]:
        """Where any of its animals are now."""
        return tuple(stay.name for stay in self.stays if not stay.is_over)

    @property
    def visited(self) -> tuple[str, ...]:
        """Where any were, the first first."""
        return tuple(dict.fromkeys(stay.name for stay in self.stays))

    def stay_at(self, place: str) -> Stay | None:
        """One that goes on; ``place`` is an id."""
        return next((stay for stay in self.stays if stay.id == place and not stay.is_over), None)

    def add_stay(self, stay: Stay) -> None:
        self.stays.append(stay)
        if len(self.stays) > MAX_STAYS:
            over = [each for each in self.stays if each.is_over]
            self.stays.remove(min(over, key=lambda each: each.end - each.begin))

    def add(self, time: float, box: Box) -> None:
        """One of its animals has this box."""
        self.end = max(self.end, time)
        self.hits += 1
        self.votes[box.class_name] = self.votes.get(box.class_name, 0.0) + box.score
        self.top_score = max(self.top_score, box.score)
        if self.best is None or _worth(box) > _worth(self.best[1]):
            self.best = (time, box)

    def note_sleep(self, since: float, until: float) -> None:
        """All of its animals lie still."""
        if self.asleep and since <= self.asleep[-1][1]:
            self.asleep[-1] = (self.asleep[-1][0], until)
            return
        self.asleep.append((since, until))
        if len(self.asleep) > MAX_ASLEEP:
            self.asleep.remove(min(self.asleep[:-1], key=lambda span: span[1] - span[0]))


class Change(NamedTuple):
    kind: str  # begin, change (of its class, of how many, of sleep, of its places) or end
    visit: Visit


def _worth(box: Box) -> float:
    """Of a picture of it: sure, large, and not cut off by the picture's edge."""
    return box.score * min(1.0, 4 * math.sqrt(box.w * box.h)) * (0.6 if is_at_edge(box) else 1.0)
