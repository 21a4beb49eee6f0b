"""A database of events that a test fills as it likes."""

import sqlite3
from contextlib import closing

from petcam.events.store import FILE_NAME, Best, Event
from petcam.events.store.rows import put_events
from tests.unit.events.stand_ins import BOOT, NOON, Board, ns

FIRST_ID = NOON + 1000
BEGIN_NS = ns(200)


class EventBook:
    def __init__(self, directory, boot=BOOT):
        self.directory = directory
        self.begin_anew(boot)

    def begin_anew(self, boot=BOOT):
        Board(self.directory, boot=boot).close()

    def put(self, best_ns, box=(0.6, 0.5, 0.1, 0.2), recordings=(), is_open=False, number=0, begin_ns=BEGIN_NS, boot=1):
        """A visit, or another state of it; its id."""
        best = None if best_ns is None else Best(best_ns, "cat", 0.9, *box)
        event = Event(FIRST_ID + number, boot, "visit", "cat", begin_ns, begin_ns + ns(5), is_open)
        event = event._replace(best=best, recordings=tuple(recordings))
        with self._opened() as database:
            put_events(database, [event])
            database.commit()
        return event.id

    def delete(self, event_id):
        with self._opened() as database:
            database.execute("DELETE FROM events WHERE id = ?", (event_id,))
            database.commit()

    def _opened(self):
        return closing(sqlite3.connect(self.directory / FILE_NAME))
