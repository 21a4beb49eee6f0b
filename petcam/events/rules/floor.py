"""A room's own level: what a refrigerator, a fan or the street are by day and by night."""

from collections import deque

QUIETEST, LEAST_DB = 96, -65.0  # what is quieter says more of the microphone than of the room
WINDOW = 15_000  # levels, of 20 ms each: 5 minutes
KNOWN = 500  # 10 s of them
SHARE = 0.6  # of them that are no louder


class Floor:
    """Levels in, dBFS; to a whole dB."""

    def __init__(self) -> None:
        self._steps = deque[int]()  # the last 5 minutes, in dB below 0
        self._counts = [0] * (QUIETEST + 1)

    def add(self, db: float) -> None:
        step = min(max(round(-db), 0), QUIETEST)
        self._steps.append(step)
        self._counts[step] += 1
        if len(self._steps) > WINDOW:
            self._counts[self._steps.popleft()] -= 1

    @property
    def is_known(self) -> bool:
        return len(self._steps) >= KNOWN

    @property
    def db(self) -> float:
        """What three fifths of all levels are not above."""
        louder = (1 - SHARE) * len(self._steps)
        for step, count in enumerate(self._counts):
            louder -= count
            if louder < 0:
                return max(-float(step), LEAST_DB)
        return LEAST_DB
