"""A way of telling in simulated time, with a habit, and the phone at its end, which keeps what arrives."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.steps import Steps
from petcam.telling.message import Message
from petcam.telling.way import NotSentError, UnclearError, key_of

HOUR = 3600.0
SOON = 0.2  # seconds until what is sent is on the phone


class Outcome(NamedTuple):
    seconds: float  # that the way takes
    arrives: bool = True
    error: type[Exception] | None = None  # what petcam learns


Habit = Callable[[float], Outcome]  # at that Unix time


class Arrival(NamedTuple):
    at: float  # Unix time
    message: Message
    is_update: bool  # of one that was there

    @property
    def ids(self) -> list[int]:
        return [each.id for each in self.message.about]


@dataclass
class TimePassing:
    """Simulated. ``took`` is what the piece of work at hand has taken so far."""

    unix: float
    took: float = 0.0
    booted: float = 0.0  # Unix time at which CLOCK_MONOTONIC was 0

    def clock(self) -> float:
        return self.unix + self.took

    def monotonic(self) -> float:
        return self.clock() - self.booted


@dataclass
class ToldWay:
    """Outlives petcam-events, as the phone does."""

    name: str
    habit: Habit
    time: TimePassing
    steps: Steps
    can_complete: bool = False
    arrived: list[Arrival] = field(default_factory=list)
    unclear: set[int] = field(default_factory=set)  # ids that petcam was told nothing of

    def __post_init__(self) -> None:
        self.key = key_of("bench", self.name)

    def trouble(self) -> str:
        return ""

    def send(self, message: Message) -> bool:
        self._deliver(message, is_update=False)
        return self.can_complete

    def complete(self, message: Message) -> None:
        self._deliver(message, is_update=True)

    def _deliver(self, message: Message, *, is_update: bool) -> None:
        begun = self.time.clock()
        seconds, arrives, error = self.habit(begun)
        self.steps.sending()
        self.steps.make()
        self.time.took += seconds
        if arrives:
            self.arrived.append(Arrival(begun + min(seconds, SOON), message, is_update))
        self.steps.make()
        if error is not None:
            if error is UnclearError:
                self.unclear.update(each.id for each in message.about)
            raise error("in this simulation")


def works(rng: random.Random) -> Habit:
    return lambda _: Outcome(rng.uniform(0.1, 0.8))


def is_slow(rng: random.Random) -> Habit:
    """And does not always answer: then one in two has arrived."""

    def habit(_: float) -> Outcome:
        if rng.random() < 0.1:
            return Outcome(15.0, rng.random() < 0.5, UnclearError)
        return Outcome(rng.uniform(4, 14))

    return habit


def fails(rng: random.Random, times: Sequence[tuple[float, float]]) -> Habit:
    """From when to when it answers that it cannot."""

    def habit(now: float) -> Outcome:
        if any(begin <= now < end for begin, end in times):
            return Outcome(rng.uniform(0.1, 2), False, NotSentError)
        return Outcome(rng.uniform(0.2, 1.5))

    return habit


def is_away(rng: random.Random, times: Sequence[tuple[float, float]]) -> Habit:
    """From when to when nobody answers a connection."""

    def habit(now: float) -> Outcome:
        if any(begin <= now < end for begin, end in times):
            return Outcome(10.0, False, NotSentError)
        return Outcome(rng.uniform(0.2, 1.0))

    return habit
