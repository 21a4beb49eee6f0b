"""How long to wait before the next try: longer each time, and by chance a little more or less."""

import random

FIRST, MOST = 1.0, 120.0  # seconds
STEADY_SECONDS = 30.0  # of a connection, after which the next pause is the first again


class Pauses:
    def __init__(self) -> None:
        self._next = FIRST

    def after(self, connected_seconds: float) -> float:
        """So many seconds until the next try, after a connection that lasted so long."""
        if connected_seconds >= STEADY_SECONDS:
            self._next = FIRST
        pause, self._next = self._next, min(self._next * 2, MOST)
        return pause * random.uniform(0.75, 1.25)
