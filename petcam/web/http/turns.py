"""The connections whose requests wait for a thread. Networks take turns, and none gets more than its share of the
threads: a flood of one device delays the others little."""

from collections import Counter, deque
from typing import Protocol


class Waiting(Protocol):
    turn: object  # those with the same one share a turn; it does not change while the connection waits

    def service(self) -> None: ...


class Turns:
    """In place of the deque of waitress's dispatcher, whose lock guards it; ``most`` threads for each turn."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[object, deque[Waiting]] = {}  # the next turn first; no deque in it is empty
        self._running: Counter[object] = Counter()

    def append(self, connection: Waiting) -> None:
        self._waiting.setdefault(connection.turn, deque()).append(connection)

    def popleft(self) -> Waiting:
        """To be followed by ``done`` with the turn that the connection has now."""
        turn = next(turn for turn in self._waiting if self._running[turn] < self._most)
        waiting = self._waiting.pop(turn)
        connection = waiting.popleft()
        if waiting:
            self._waiting[turn] = waiting  # behind all others
        self._running[turn] += 1
        return connection

    def done(self, turn: object) -> None:
        self._running[turn] -= 1
        if not self._running[turn]:
            del self._running[turn]

    def remove(self, connection: Waiting) -> bool:
        """Whether it waited."""
        waiting = self._waiting.get(connection.turn, deque())
        if connection not in waiting:
            return False
        waiting.remove(connection)
        if not waiting:
            del self._waiting[connection.turn]
        return True

    def __len__(self) -> int:
        """How many of them may have a thread now."""
        free = ((self._most - self._running[turn], len(waiting)) for turn, waiting in self._waiting.items())
        return sum(min(each) for each in free)
