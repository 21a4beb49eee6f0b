"""Which recordings of events are still there, and under which names."""

import threading
from collections.abc import Iterable
from typing import NamedTuple

from petcam.errors import Code, PetcamError
from petcam.events.read import Seen
from petcam.streamer_client import StreamerClient
from petcam.web.recordings import RecordingDirectory, require_disk

MAX_WAIT_SECONDS = 2.0  # for another thread that looks for recordings; a page waits 3 s for its list


class Video(NamedTuple):
    recordings: list[tuple[str, float]]  # name now, and how many seconds into it the event begins
    state: str  # here, gone, none; away: they cannot be looked at now, as their disk is missing, hangs or has a fault


class Videos:
    """For any thread."""

    def __init__(self, directory: RecordingDirectory, streamer: StreamerClient) -> None:
        self._directory, self._streamer = directory, streamer
        self._looking = threading.Lock()

    def of(self, events: Iterable[Seen]) -> dict[int, Video]:
        """By the ids of the events."""
        events = list(events)
        names = {name for event in events for name, _ in event.recordings}
        now: dict[str, str] = {}
        missing = "gone"
        try:
            now = self._names_now(names)
            if any(event.recordings and not _here(event, now) for event in events):
                require_disk(self._streamer)  # what a missing disk has is not gone
        except PetcamError:
            missing = "away"
        return {event.id: _video(event, now, missing) for event in events}

    def _names_now(self, names: set[str]) -> dict[str, str]:
        """A disk that hangs holds one thread that way, and not those of all who ask what was noticed."""
        if not names:
            return {}
        if not self._looking.acquire(timeout=MAX_WAIT_SECONDS):
            raise PetcamError(Code.BUSY, "the recordings' disk does not answer")
        try:
            return self._directory.names_now(names)
        finally:
            self._looking.release()


def _here(event: Seen, now: dict[str, str]) -> list[tuple[str, float]]:
    return [(now[name], offset) for name, offset in event.recordings if name in now]


def _video(event: Seen, now: dict[str, str], missing: str) -> Video:
    here = _here(event, now)
    if not event.recordings:
        return Video([], "none")
    return Video(here, "here" if here else missing)
