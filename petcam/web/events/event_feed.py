"""What petcam-events notices, sent to all who listen: one thread looks whether the database has changed, and how."""

import json
import logging
import threading

from petcam.errors import PetcamError
from petcam.events.read import Reader, Seen
from petcam.web.events.as_json import as_json
from petcam.web.events.videos import Videos
from petcam.web.http import Feed, Subscribers

LOOK_SECONDS = 0.5  # between two looks whether the database has changed
RETRY_SECONDS = 2.0  # after one that could not be read
WATCHED = 50  # of the newest events, and those that go on of FIRST_WATCHED when somebody begins to listen
FIRST_WATCHED = 200

_log = logging.getLogger(__name__)


class EventFeed(Feed):
    """A subscriber that is behind is let go: it comes again, and asks for what there is."""

    def __init__(self, reader: Reader, videos: Videos) -> None:
        super().__init__("events", Subscribers(is_lossy=False))
        self._reader, self._videos = reader, videos
        self._lock = threading.Lock()
        # Guarded by _lock: the events as they were last told, by id, None before the first look; the state of the
        # database then; and the highest id of all so far, for what is deleted lets older ones come into sight.
        self._known: dict[int, Seen] | None = None
        self._state: object = None
        self._newest = 0

    def prepare(self) -> None:
        """To be called before somebody is told that it listens: what happens from now on is told."""
        with self._lock:
            if self.subscribers.are_there():
                return
            self._known, self._newest = None, 0
            try:
                self._find_changes()
            except PetcamError as error:
                _log.warning("%s", error.message)

    def is_alive(self) -> bool:
        """Also while the recordings' disk hangs: a new start, which ends all that is watched, would be no remedy."""
        return self._thread.is_alive()

    def _run(self) -> None:
        trouble = ""
        while not self.ended.is_set():
            if not self._is_wanted():
                continue
            try:
                self._look()
                trouble = ""
            except PetcamError as error:
                if error.message != trouble:
                    _log.error("%s", error.message)
                trouble = error.message
            self._pause(RETRY_SECONDS if trouble else LOOK_SECONDS)

    def _look(self) -> None:
        with self._lock:
            changes = self._find_changes() if self._reader.state() != self._state else []
        if changes:
            videos = self._videos.of(event for _, event in changes)
            told = (serialise(kind, as_json(event, videos[event.id])) for kind, event in changes)
            self.subscribers.publish(b"".join(told))  # as one, for a subscriber is behind by so many

    def _find_changes(self) -> list[tuple[str, Seen]]:
        """Those since the last time, the oldest event first; none at the first."""
        state, known = self._reader.state(), self._known
        events = self._read(known)
        changes = [] if known is None else [(kind, event) for event in events if (kind := self._kind(event, known))]
        self._known, self._state = {event.id: event for event in events}, state
        self._newest = max([self._newest, *self._known])
        return changes

    def _read(self, known: dict[int, Seen] | None) -> list[Seen]:
        newest = self._reader.page(limit=FIRST_WATCHED if known is None else WATCHED).events
        events = {event.id: event for event in newest[:WATCHED]}
        going_on = [event.id for event in (newest if known is None else known.values()) if event.is_open]
        for event_id in going_on:
            event = None if event_id in events else self._reader.one(event_id)
            if event is not None:
                events[event_id] = event
        return [events[event_id] for event_id in sorted(events)]

    def _kind(self, event: Seen, known: dict[int, Seen]) -> str:
        before = known.get(event.id)
        if before is None:
            is_new = event.id > self._newest
            return ("begin" if event.is_open else "end") if is_new else ""
        if before == event:
            return ""
        return "end" if before.is_open and not event.is_open else "change"


def serialise(kind: str, event: dict[str, object]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(event, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
