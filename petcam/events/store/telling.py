"""Who wants to know of begins, changes and ends learns of them here: docs/events-db.md, "Who is told"."""

import logging
from collections.abc import Callable

from petcam.events.store.event import Event
from petcam.events.store.pending import Item

Tell = Callable[[Event, str], None]  # the event as it is by now; begin, change or end

log = logging.getLogger("petcam.events")


class Telling:
    """For the store's thread. ``tell`` does not wait. What it raises is logged: what happens is kept all the same."""

    def __init__(self, tell: Tell | None) -> None:
        self._tell = tell

    def look(self, item: Item) -> None:
        """Tells what of the event was not told yet."""
        before, event = item.told, item.event
        item.told = event
        if before is None:
            self.say(event, "begin")
        if before is None or before.is_open:
            if not event.is_open:
                self.say(event, "end")
                return
        if before is not None and _gist(before) != _gist(event):
            self.say(event, "change")

    def say(self, event: Event, state: str) -> None:
        if self._tell is None:
            return
        try:
            self._tell(event, state)
        except Exception:
            log.exception("%s of %s %d: who was told of it failed", state, event.kind, event.id)


def _gist(event: Event) -> tuple[object, ...]:
    """What matters to who is told. Open again is trouble that flickers."""
    return event.class_name, event.most, event.is_asleep, event.places, event.is_open
