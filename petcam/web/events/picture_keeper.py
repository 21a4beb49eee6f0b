"""The thread that makes the pictures of visits as they come, and deletes those of events that are gone."""

import logging
import math
import threading
import time
from contextlib import suppress

from petcam.errors import PetcamError
from petcam.events.read import Reader, Wanted
from petcam.web.events.picture_folder import PictureFolder
from petcam.web.events.picture_name import name_of
from petcam.web.events.visit_pictures import VisitPictures

LOOK_SECONDS = 1.0
STOP_TIMEOUT_SECONDS = 5.0
NEWEST = 50  # visits of which pictures are made by themselves; of older ones, when somebody asks
# A database that is new takes over what is whole of the one that was set aside: so long its events may be missing.
SETTLING_SECONDS = 60.0
VISITS = Wanted(kind="visit")

_log = logging.getLogger(__name__)


class PictureKeeper:
    def __init__(self, reader: Reader, folder: PictureFolder, pictures: VisitPictures) -> None:
        self._reader, self._folder, self._pictures = reader, folder, pictures
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="visit pictures", daemon=True)
        # Only the thread uses these.
        self._state: object = None  # of the database, when it was looked at last
        self._inode = -1
        self._settled_at = self._again_at = 0.0  # monotonic

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT_SECONDS)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.look(time.monotonic())
            except PetcamError as error:
                _log.debug("%s", error.message)  # whoever looks at the events is told
            except Exception:  # a defect must not end it
                _log.exception("defect")

    def look(self, now: float) -> None:
        """What there is to do at that monotonic time: a short look while nothing has changed.

        Raises ``EVENTS_UNREADABLE``.
        """
        state = self._reader.state()
        if state.database is None or (state == self._state and now < self._again_at):
            return
        if state.database.inode != self._inode:
            self._inode, self._settled_at = state.database.inode, now + SETTLING_SECONDS
        self._state, self._again_at = None, math.inf  # None: what fails is tried again at the next look
        again_at = min(self._sweep(now), self._make(now))
        self._state, self._again_at = state, again_at

    def _sweep(self, now: float) -> float:
        """Delete the pictures of events that are gone; when to look again."""
        keys = self._folder.keys()
        events = self._reader.known([key[2] for key in keys])
        gone = [] if events is None else [key for key in keys if key not in events]
        if not gone:
            return math.inf
        if now < self._settled_at:
            return self._settled_at
        self._folder.delete(gone)
        return math.inf

    def _make(self, now: float) -> float:
        """Of the newest visits, those that are due; when to look again."""
        again_at, state = math.inf, self._reader.state()
        for event in self._reader.page(VISITS, NEWEST).events:
            due_at, wanted = self._pictures.due_at(event), name_of(event)
            if due_at is None or wanted is None:
                continue
            if self._stopping.is_set() or self._reader.state() != state:
                return now  # a newer visit goes first
            if due_at <= now:
                with suppress(PetcamError):  # it is remembered, and tried again
                    self._pictures.make(event, wanted, self._go_on)
                due_at = self._pictures.due_at(event)
            again_at = again_at if due_at is None else min(again_at, due_at)
        return again_at

    def _go_on(self, took: float) -> bool:
        """Half of a core at most: those who look are to get theirs first."""
        return not self._stopping.wait(min(took, LOOK_SECONDS))
