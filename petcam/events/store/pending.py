"""Events that are not, or not as they are by now, in the database: when each is due, and how many there may be."""

from collections.abc import Iterator
from dataclasses import dataclass

from petcam.events.store.event import Event
from petcam.events.store.visit import SECOND, Visit, with_visit

BEGIN_NS = 0
END_NS = 5 * SECOND
CHANGE_NS = 10 * SECOND
TROUBLE_NS = 30 * SECOND
MARK_NS = 58 * SECOND
NEVER = 2**63
MAX_EVENTS = 1_000  # that have ended, and MAX_BYTES of them
MAX_BYTES = 2**20


@dataclass(eq=False)
class Item:
    event: Event  # as of the last time that the visit was looked at
    visit: Visit | None = None  # while it goes on
    due_ns: int = NEVER
    written: Event | None = None
    told: Event | None = None  # as whoever wants to know was told of it last
    bytes: int = 0  # that it takes, once it has ended

    def due(self, at_ns: int) -> None:
        self.due_ns = min(self.due_ns, at_ns)


class Pending:
    """For one thread. Times are ``CLOCK_MONOTONIC``, ns."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._written_ns = 0
        self.lost = 0  # for lack of memory

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def add(self, item: Item) -> None:
        self._items.append(item)

    def end(self, item: Item, due_ns: int) -> None:
        item.event, item.visit = self.look(item)._replace(is_open=False), None
        item.due(due_ns)
        item.bytes = len(repr(item.event))
        self._make_room()

    @property
    def due_ns(self) -> int:
        """When the next commit is due."""
        due = min((item.due_ns for item in self._items), default=NEVER)
        return min(due, self._written_ns + MARK_NS) if any(item.visit for item in self._items) else due

    def look(self, item: Item) -> Event:
        """The event with what is known by now."""
        if item.visit is not None:
            item.event = with_visit(item.event, item.visit)
        return item.event

    def changed(self) -> list[Item]:
        return [item for item in self._items if self.look(item) != item.written]

    def wrote(self, items: list[Item], now_ns: int) -> None:
        """All that has changed is in the database."""
        self._written_ns = now_ns
        for item in items:
            item.written, item.due_ns = item.event, NEVER
        self._items = [item for item in self._items if item.event.is_open or item.written != item.event]

    def forget_written(self) -> None:
        """The database is another one."""
        for item in self._items:
            item.written, item.due_ns = None, 0

    def _make_room(self) -> None:
        """What has ended goes where it takes too much: the oldest trouble first, then the oldest."""
        ended = [item for item in self._items if not item.event.is_open]
        ended.sort(key=lambda item: item.event.kind != "trouble")
        while len(ended) > MAX_EVENTS or sum(item.bytes for item in ended) > MAX_BYTES:
            self._items.remove(ended.pop(0))
            self.lost += 1
