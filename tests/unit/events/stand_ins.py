"""What the store is given: changes as the rules make them, clocks as the machine has them."""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from petcam.events.clock import Reading
from petcam.events.read import Reader
from petcam.events.store import Store

SECOND = 10**9
NOON = 1_795_780_800  # 2026-11-27 12:00 UTC
BOOT, OTHER_BOOT = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"


class Box(NamedTuple):
    class_name: str = "cat"
    score: float = 0.9
    x: float = 0.1
    y: float = 0.2
    w: float = 0.3
    h: float = 0.4


@dataclass
class Visit:
    """As the rules' own; a stand-in."""

    number: int
    class_name: str
    begin: float
    end: float
    most: int = 1
    asleep: list = field(default_factory=list)
    best: tuple | None = None
    top_score: float = 0.9
    is_still: bool = False
    moved: float = 0.0
    places: tuple = ()
    visited: tuple = ()


class Change(NamedTuple):
    kind: str
    visit: Visit


def reading(seconds, wall=NOON, slept=0.0, synchronised=True):
    """At ``seconds`` of CLOCK_MONOTONIC, when the wall clock says ``wall`` + ``seconds``."""
    return Reading(ns(seconds), ns(wall + seconds), ns(slept), synchronised)


def names(directory):
    """Of the files there but the lock's, which stays."""
    return sorted(file.name for file in directory.iterdir() if file.name != ".events.db.lock")


def all_events(directory):
    """Of the database there."""
    reader, found, cursor = Reader(directory), [], None
    while True:
        page = reader.page(limit=500, cursor=cursor)
        found += page.events
        cursor = page.next
        if cursor is None:
            return found


def ns(seconds):
    return round(seconds * SECOND)


class Board:
    """A board that notices cats: a store with a clock of its own. ``now`` is CLOCK_MONOTONIC, seconds."""

    def __init__(self, directory, now=100.0, boot=BOOT, wall=NOON, synchronised=True, slept=0.0, **more):
        self.directory, self.now, self.wall, self.synchronised, self.slept = directory, now, wall, synchronised, slept
        self._number, self._is_closed = 0, False
        self.store = Store(directory, boot, self.reading(), **more)

    def reading(self):
        return reading(self.now, self.wall, self.slept, self.synchronised)

    def come(self, class_name="cat"):
        """A visit begins, and is written."""
        self._number += 1
        visit = Visit(self._number, class_name, self.now, self.now, best=(self.now, Box(class_name)), moved=self.now)
        visit.id = self.store.take(Change("begin", visit), ns(self.now))
        self.pass_time(1)
        return visit

    def leave(self, visit):
        """It ends, and that is written."""
        self.store.take(Change("end", visit), ns(self.now))
        self.pass_time(6)

    def change(self, visit):
        return self.store.take(Change("change", visit), ns(self.now))

    def pass_time(self, seconds, visits=()):
        """Second by second; ``visits`` have a box in each."""
        until = self.now + seconds
        while self.now < until:
            self.now += min(1.0, until - self.now)
            for visit in visits:
                visit.end = self.now
            self.store.write(ns(self.now))

    def visit(self, seconds, class_name="cat"):
        """From its begin to its end."""
        visit = self.come(class_name)
        self.pass_time(seconds, [visit])
        self.leave(visit)
        return visit

    def close(self):
        if not self._is_closed:
            self._is_closed = True
            self.store.close(ns(self.now))

    def as_killed(self, into):
        """A directory with what a kill would leave at this moment."""
        return shutil.copytree(self.directory, into)


@contextmanager
def closed_at_the_end(directory):
    """Makes boards, in that directory unless told; their stores are closed."""
    boards = []

    def make(directory=directory, **more):
        boards.append(Board(directory, **more))
        return boards[-1]

    yield make
    for board in boards:
        board.close()
