"""A camera and a network as they are: the timestamps of its pictures, and when each picture comes. Times in seconds."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

TRANSPORT = 0.020  # of a picture that nothing holds up
LEAST_GAP = 0.00005  # between two arrivals
SENT_LATE = 1_000_000  # seconds since the machine was started, when the simulation begins


@dataclass(frozen=True)
class Picture:
    taken: float  # when it would come if nothing held it up
    media_ns: int  # its timestamp
    arrival_ns: int


@dataclass
class Camera:
    """``stamped`` is the camera's time in a second of ours: 0.5 for one that stamps 30 pictures/s and sends 15.

    Of the lists each entry begins with the moment at which it happens.
    """

    fps: float = 30
    stamped: float = 1
    drift: float = 0  # the like, for small differences
    jitter: float = 0.010  # of the network
    loss: float = 0  # of pictures
    wrap: int = 2**63  # of the timestamp, in ticks of 90 kHz
    changes: list[tuple[float, float, float]] = field(default_factory=list)  # fps and stamped from then on
    jumps: list[tuple[float, float]] = field(default_factory=list)  # of all timestamps from then on, by so much
    glitches: list[tuple[float, float]] = field(default_factory=list)  # of one timestamp
    held: int = 0  # each so many pictures one has the timestamp of the one before
    stalls: list[tuple[float, float]] = field(default_factory=list)  # of the network, for so long

    def pictures(self, seconds: float, seed: int = 1) -> Iterator[Picture]:
        chance = random.Random(seed)
        now = last = 0.0
        media = before = 1000.0
        count = 0
        while now < seconds:
            if self.changes and now >= self.changes[0][0]:
                _, self.fps, self.stamped = self.changes.pop(0)
            now += 1 / self.fps
            media += self.stamped * (1 + self.drift) / self.fps + _due(self.jumps, now)
            glitch = _due(self.glitches, now)
            if chance.random() < self.loss:
                continue
            last = max(self._arrival(now) + chance.uniform(0, self.jitter), last + LEAST_GAP)
            count += 1
            stamped = before if self.held and count % self.held == 0 else media + glitch
            before = media
            ticks = int(stamped * 90_000) % self.wrap
            yield Picture(now + TRANSPORT, ticks * 1_000_000_000 // 90_000, _ns(last))

    def _arrival(self, now: float) -> float:
        ends = [begin + length for begin, length in self.stalls if begin <= now < begin + length]
        return max([now, *ends]) + TRANSPORT


def _due(events: list[tuple[float, float]], now: float) -> float:
    return events.pop(0)[1] if events and now >= events[0][0] else 0


def _ns(seconds: float) -> int:
    return SENT_LATE * 1_000_000_000 + round(seconds * 1e9)
