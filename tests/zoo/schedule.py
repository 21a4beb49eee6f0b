"""When a camera sends which access unit with which stamp."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from tests.zoo.habits import Habits

CLOCK = 90_000  # of RTP, in a second


@dataclass(frozen=True)
class Due:
    nals: list[bytes]
    taken: float  # seconds since PLAY
    at: float  # when it is to be sent; later by the jitter
    stamp: int  # 90 kHz, not yet wrapped


def schedule(habits: Habits, units: list[list[bytes]]) -> Iterator[Due]:
    """All that it sends, over and over."""
    chance = random.Random(1)
    for number in count():
        taken = number / habits.fps
        off = sum(by for begin, by in habits.jumps if number >= begin)
        off += sum(by for place, by in habits.glitches if number == place)
        stamp = habits.first_stamp + round((taken * habits.stamped + off) * CLOCK)
        nals = units[(habits.first + number) % len(units)]
        yield Due(nals, taken, taken + chance.uniform(0, habits.jitter), stamp)
