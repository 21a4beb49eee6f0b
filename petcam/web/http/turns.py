"""The connections whose requests wait for a thread; networks take turns, so a flood of one device delays no other."""

from collections import deque
from typing import Protocol


class Waiting(Protocol):
    turn: object  # those with the same one share a turn

    def service(self) -> None: ...


class Turns:
    """In place of the deque of waitress's dispatcher, whose lock guards it."""

    def __init__(self) -> None:
        self._waiting: dict[object, deque[Waiting]] = {}  # the next turn first; no deque in it is empty

    def append(self, connection: Waiting) -> None:
        self._waiting.setdefault(connection.turn, deque()).append(connection)

    def popleft(self) -> Waiting:
        turn = next(iter(self._waiting))
        waiting = self._waiting.pop(turn)
        connection = waiting.popleft()
        if waiting:
            self._waiting[turn] = waiting  # behind all others
        return connection

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
        return sum(map(len, self._waiting.values()))
