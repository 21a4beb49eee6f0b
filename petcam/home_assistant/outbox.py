"""What is to be sent: of each retained topic the latest, and the newest events (docs/mqtt.md, "The connection")."""

from collections import deque
from typing import NamedTuple

MAX_EVENTS = 10
MAX_EVENT_SECONDS = 300.0  # after which one is no news any more


class Message(NamedTuple):
    topic: str
    payload: bytes
    retain: bool = True


class Outbox:
    """For one thread. ``now`` is of a clock that nobody sets."""

    def __init__(self) -> None:
        self._retained: dict[str, bytes] = {}
        self._due: dict[str, None] = {}  # topics of them, in the order in which they are to be sent
        self._events: deque[tuple[float, Message]] = deque(maxlen=MAX_EVENTS)

    def set(self, topic: str, payload: bytes) -> None:
        """Retained; to be sent where it is another than before. An empty one empties the topic."""
        if self._retained.get(topic) != payload:
            self._retained[topic] = payload
            self._due[topic] = None

    def again(self, topic: str) -> None:
        """As it is by then."""
        if topic in self._retained:
            self._due[topic] = None

    def event(self, topic: str, payload: bytes, now: float) -> None:
        self._events.append((now, Message(topic, payload, retain=False)))

    def renew(self, first: str, last: str, without: str = "") -> None:
        """All that is retained is to be sent again, but for ``without``."""
        between = [topic for topic in self._retained if topic not in (first, last, without)]
        self._due = dict.fromkeys(topic for topic in (first, *between, last) if topic in self._retained)

    def next(self, now: float) -> Message | None:
        """What is to be sent next, as good as sent; None: nothing."""
        for topic in self._due:
            del self._due[topic]
            payload = self._retained[topic]
            if not payload:
                del self._retained[topic]
            return Message(topic, payload)
        while self._events:
            at, message = self._events.popleft()
            if now - at <= MAX_EVENT_SECONDS:
                return message
        return None
