"""Questions about what petcam-events has noticed. Each opens the database for itself, so any thread may ask."""

import time
from collections.abc import Sequence
from datetime import tzinfo
from functools import partial
from pathlib import Path

from petcam.errors import Code, PetcamError
from petcam.events.clock import day_of, day_span
from petcam.events.read import questions
from petcam.events.read.answers import Day, DaySummary, Page, Seen, Wanted
from petcam.events.read.opening import Look, ask, commit_of, state_of
from petcam.events.store import FILE_NAME

MAX_LIMIT = 500  # events in one answer
LAST_ID = 2**62
ALL = Wanted()


class Reader:
    def __init__(self, directory: Path, zone: tzinfo | None = None) -> None:
        """``zone``: the board's own where it is None."""
        self._path, self._zone = directory / FILE_NAME, zone

    def state(self) -> Look:
        """Another one after each commit, once that can be read. Never raises, and costs no more than two calls of
        stat(2) and a short read, so that whoever waits for changes may look often."""
        return Look(*state_of(self._path), commit_of(self._path))

    def page(self, wanted: Wanted = ALL, limit: int = 100, cursor: int | None = None) -> Page:
        """The newest first, at most ``limit`` (500); those behind ``cursor``, the ``next`` of the page before.

        Raises ``EVENTS_UNREADABLE``, as all of these do.
        """
        nothing = Page([], None)
        last = LAST_ID if cursor is None else max(min(cursor, LAST_ID), 0)
        question = partial(questions.page, wanted=wanted, limit=max(min(limit, MAX_LIMIT), 1), below=last)
        return ask(self._path, question, nothing)

    def one(self, event_id: int) -> Seen | None:
        """None where there is none."""
        if not 0 < event_id < LAST_ID:
            return None
        return ask(self._path, partial(questions.one, event_id=event_id), None)

    def known(self, ids: Sequence[int]) -> set[tuple[int, int, int]] | None:
        """Boot, ``begin_ns`` and id of those that there are; None where there is no database."""
        return ask(self._path, partial(questions.known, ids=ids), None)

    def newest_boot(self) -> tuple[int, str] | None:
        """The number of the last boot that was noticed, and the kernel's id of it."""
        return ask(self._path, questions.newest_boot, None)

    def days(self) -> list[Day]:
        """Those on which something began, the newest first, 4,000 at most."""
        return ask(self._path, partial(questions.days, zone=self._zone), [])

    def today(self) -> str:
        return day_of(time.time(), self._zone)

    def day(self, day: str) -> DaySummary:
        """Raises ``BAD_REQUEST`` where it is no day as 2026-11-23; a day without events is empty."""
        try:
            begin, end = day_span(day, self._zone)
        except (ValueError, OverflowError) as error:
            raise PetcamError(Code.BAD_REQUEST, "a day is written as 2026-11-23") from error
        nothing = DaySummary(day, begin, end, {}, {}, {}, 0, 0, [], True)
        return ask(self._path, partial(questions.day, nothing=nothing), nothing)
