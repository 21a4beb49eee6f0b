"""The one writer of events.db. Nothing that the disk or the database does raises here: what cannot be written waits."""

from pathlib import Path
from sqlite3 import Connection
from typing import Protocol

from petcam.errors import Code, PetcamError
from petcam.events.clock import Boot, Known, Reading, corrected, is_same_boot, resolve
from petcam.events.store import rows, tidy
from petcam.events.store.adopting import Adopted, adopt_again, adopt_first
from petcam.events.store.event import MAX_DETAIL, MAX_FILENAME, MAX_RECORDINGS, Event, text
from petcam.events.store.link import FAILURES, Link
from petcam.events.store.pending import BEGIN_NS, CHANGE_NS, END_NS, MARK_NS, TROUBLE_NS, Item, Pending
from petcam.events.store.telling import Tell, Telling
from petcam.events.store.tidy import Bounds
from petcam.events.store.visit import SECOND, Visit, matters, with_visit

FILE_NAME = "events.db"
LEAST_PAUSE_NS = SECOND  # between two commits
ALIVE_NS = 3600 * SECOND
TIDY_NS = 6 * 3600 * SECOND
SAME_TROUBLE_NS = 300 * SECOND
DEFAULT_BOUNDS = Bounds()
DATABASE = "database"  # trouble: it was set aside
MAX_BEGUN = 100  # events that begun_since() tells


class Change(Protocol):
    """The rules' own."""

    @property
    def kind(self) -> str: ...  # begin, change, end
    @property
    def visit(self) -> Visit: ...


class Store:
    """For one thread. Times that are handed in are ``CLOCK_MONOTONIC``, ns."""

    def __init__(
        self,
        directory: Path,
        boot_id: str,
        reading: Reading,
        bounds: Bounds = DEFAULT_BOUNDS,
        resume_seconds: float = 90.0,
        tell: Tell | None = None,
        told_id: int = 0,
    ) -> None:
        """``resume_seconds``: how old the last box of a visit of this boot may be, for it to go on.

        ``tell`` is called by ``write`` and ``close`` with each begin, change and end; ``told_id``: the newest id with
        which it ever was.
        """
        self._link, self._bounds = Link(directory / FILE_NAME), bounds
        self._pending = Pending()
        self._telling, self._told_id = Telling(tell), told_id
        self._ended: list[Event] = []  # by the start, and not told yet
        self._visits: dict[int, Item] = {}  # by the visit's number
        self._sounds: dict[str, Item] = {}  # by class, those that go on
        self._troubles: dict[str, Item] = {}  # by class; also the last that ended
        now = reading.monotonic_ns
        fresh = Boot(0, boot_id, reading.slept_ns, 0, 0, now, now, 0, 0, 0)
        self._reading, self._boot = reading, corrected(fresh, reading)
        self._next_id = 0  # 0: not known, for the database could not be read so far
        self._written_ns = self._boot_due_ns = self._tidy_due_ns = self._proof_due_ns = 0
        self._unproved = 0  # events below this id are still to be proved; 0: none
        self.resumed: list[Event] = []  # visits that go on, if the service says so by resume() for each
        self._resume_ns = round(resume_seconds * SECOND)
        self._link.attempt(now, self._connect)
        self._resume_ns = -1  # whoever connects later has begun without them

    # What happens

    def take(self, change: Change, now_ns: int) -> int:
        """A change of the rules. The event's id; 0 while the database could not be read so far."""
        visit = change.visit
        item = self._visits.get(visit.number)
        if item is None:
            event = with_visit(self._new_event("visit", visit.class_name, now_ns), visit)
            item = self._visits[visit.number] = Item(event, visit, now_ns + BEGIN_NS)
            self._pending.add(item)
        before = item.event
        if change.kind == "end":
            item.visit = visit
            self._pending.end(item, now_ns + END_NS)
            del self._visits[visit.number]
        elif matters(before, self._pending.look(item)):
            item.due(now_ns + CHANGE_NS)
        return item.event.id

    def resume(self, event: Event, visit: Visit) -> None:
        """``visit`` is what the rules made of one of ``resumed``. Those for which nobody calls this before the first
        ``write`` end there, at their last box."""
        item = next(item for item in self._pending if item.event.id == event.id)
        item.visit = visit
        self._visits[visit.number] = item

    def kept(self, number: int, filename: str, first_ns: int, now_ns: int) -> None:
        """The visit of this number is in that file, whose first frame was captured then. Again and again is no harm."""
        item = self._visits.get(number)
        if item is None or filename in (name for name, _ in item.event.recordings):
            return
        if len(item.event.recordings) < MAX_RECORDINGS and len(filename) <= MAX_FILENAME:
            item.event = item.event._replace(recordings=(*item.event.recordings, (filename, first_ns)))
            item.due(now_ns + CHANGE_NS)

    def heard(
        self,
        class_name: str,
        begin_ns: int,
        end_ns: int,
        score: float,
        now_ns: int,
        detail: str = "",
        *,
        is_over: bool = True,
    ) -> int:
        """A sound as far as it is known; one of each class at once goes on. The event's id."""
        item = self._sounds.pop(class_name, None)
        if item is None:
            item = Item(self._new_event("sound", class_name, begin_ns), due_ns=now_ns + BEGIN_NS)
            self._pending.add(item)
        item.event = item.event._replace(
            end_ns=end_ns, top_score=round(float(score), 3), detail=text(detail, MAX_DETAIL)
        )
        if is_over:
            self._pending.end(item, now_ns + END_NS)
        else:
            item.due(now_ns + MARK_NS)
            self._sounds[class_name] = item
        return item.event.id

    def trouble_begins(self, what: str, now_ns: int, detail: str = "") -> int:
        """Goes on until ``trouble_ends``; again meanwhile is no harm. The event's id."""
        item = self._troubles.get(what)
        if item is None or now_ns - item.event.end_ns > SAME_TROUBLE_NS and not item.event.is_open:
            item = self._troubles[what] = Item(
                self._new_event("trouble", what, now_ns, detail), due_ns=now_ns + BEGIN_NS
            )
            self._pending.add(item)
        elif not item.event.is_open:  # what flickers is one
            item.event = item.event._replace(is_open=True)
            item.due(now_ns + TROUBLE_NS)
            if item not in self._pending:
                self._pending.add(item)
        return item.event.id

    def trouble_ends(self, what: str, now_ns: int) -> None:
        item = self._troubles.get(what)
        if item is not None and item.event.is_open:
            item.event = item.event._replace(end_ns=max(now_ns, item.event.begin_ns))
            self._pending.end(item, now_ns + TROUBLE_NS)

    @property
    def open_troubles(self) -> list[str]:
        """Classes: also of those that were open when the service ended, in this boot."""
        return [what for what, item in self._troubles.items() if item.event.is_open]

    @property
    def boot(self) -> Boot:
        """This one: what wall time the times of its events are, and how well that is known."""
        return self._boot

    def begun_since(self, event_id: int) -> list[Event]:
        """Events of this boot with a higher id that are in the database, the oldest first, at most 100. Whom ``tell``
        told of that id last asks before the first ``write``: the service may have been killed between a commit and
        the telling."""
        found: list[Event] = []

        def ask(_: int) -> None:
            assert self._link.database is not None
            found[:] = rows.begun_since(self._link.database, event_id, self._boot.number, MAX_BEGUN)

        if self._link.is_up():
            self._link.attempt(self._reading.monotonic_ns, ask)
        return found

    def seen_before(self) -> list[tuple[Event, float]]:
        """The newest visits, of whichever boot, and how many seconds ago each had its last box, as far as the wall
        clock says. For whoever asks before the first ``write``."""
        found: list[tuple[Event, float]] = []

        def ask(_: int) -> None:
            assert self._link.database is not None
            offsets = resolve(rows.all_boots(self._link.database))
            now_ns = self._reading.monotonic_ns + self._boot.offset_ns
            for event in rows.last_visits(self._link.database, MAX_BEGUN):
                if event.boot == self._boot.number:
                    found.append((event, (self._reading.monotonic_ns - event.end_ns) / SECOND))
                elif event.boot in offsets:
                    found.append((event, (now_ns - event.end_ns - offsets[event.boot].ns) / SECOND))

        if self._link.is_up():
            self._link.attempt(self._reading.monotonic_ns, ask)
        return found

    def look_at_clock(self, reading: Reading) -> bool:
        """To be called every 10 s. True: the machine was suspended, and all open visits have ended: the rules are to
        begin anew, with none."""
        self._reading = reading
        has_slept = not is_same_boot(self._boot, self._boot.boot_id, reading)
        if has_slept:
            self._begin_boot(reading)
        found = corrected(self._boot, reading)
        if found is not self._boot:
            self._boot, self._boot_due_ns = found, reading.monotonic_ns
        return has_slept

    # What is written

    def write(self, now_ns: int) -> None:
        """To be called once a second or more often: commits what is due. Takes as long as the disk does."""
        self._end_unresumed(now_ns)
        self._tell_what_the_start_ended()
        if self._link.may_try(now_ns) and now_ns >= self._written_ns + LEAST_PAUSE_NS:
            self._write_some(now_ns)
        self._tell_what_changed()

    def _write_some(self, now_ns: int) -> None:
        if not self._link.is_up():
            self._link.attempt(now_ns, self._connect)
        elif min(self._pending.due_ns, self._boot_due_ns) <= now_ns:
            self._link.attempt(now_ns, self._commit)
        elif self._tidy_due_ns <= now_ns:
            self._link.attempt(now_ns, self._tidy)
        elif self._unproved:
            self._link.attempt(now_ns, self._prove_some)

    def delete(self, event_id: int) -> bool:
        """Returns once it is durable; False where there is none, or it goes on. Raises ``STATE_NOT_WRITTEN``."""
        now = self._reading.monotonic_ns
        try:
            if not self._link.is_up():
                self._connect(now)
            with self._link.transaction() as database:
                found = database.execute("DELETE FROM events WHERE id = ? AND NOT is_open", (event_id,)).rowcount
                rows.put_boots(database, [self._boot._replace(events_to=self._next_id)])
        except FAILURES as error:
            self._link.fails(error, now)
            raise PetcamError(Code.STATE_NOT_WRITTEN, f"the event stays: {self._link.trouble}") from error
        return found > 0

    def close(self, now_ns: int) -> None:
        """Writes everything, due or not. Open visits stay open: the next start goes on with them, or ends them."""
        if not self._link.is_up():
            self._link.attempt(now_ns, self._connect)
        self._boot = self._boot._replace(stopped=1)
        if self._link.is_up():
            self._boot_due_ns = now_ns
            self._link.attempt(now_ns, self._commit)
        self._tell_what_changed()
        self._link.close()

    @property
    def status(self) -> str:
        """What is wrong, in words; empty where nothing is."""
        lost = f" ({self._pending.lost} were lost)" if self._pending.lost else ""
        waiting = f"events are kept in memory{lost}: {self._link.trouble}" if self._link.trouble else ""
        return "; ".join(part for part in (waiting, self._link.aside) if part)

    # Within

    def _connect(self, now_ns: int) -> None:
        database, is_new_for_another = self._link.open()
        try:
            self._adopt(database, is_new_for_another, now_ns)
        except FAILURES:
            self._link.close()  # nothing may be written into what was not adopted
            raise

    def _adopt(self, database: Connection, is_new_for_another: bool, now_ns: int) -> None:
        is_first = not self._next_id
        if is_first:
            found = adopt_first(database, self._boot, self._reading, self._resume_ns, is_new_for_another)
        else:
            ours = {item.event.id for item in self._pending}
            found = adopt_again(database, self._boot, self._next_id, ours)
        with self._link.transaction():
            rows.put_boots(database, found.changed_boots)
            rows.put_events(database, found.changed_events)
        self._boot, self._next_id = found.boot, max(found.next_id, self._told_id + 1)
        if is_first:
            self._begin(found, now_ns)
        self._pending.forget_written()
        if is_new_for_another:
            self._add_trouble(DATABASE, now_ns, self._link.aside)
        self._boot_due_ns, self._tidy_due_ns, self._proof_due_ns = now_ns + ALIVE_NS, now_ns, now_ns + TIDY_NS
        self._unproved = rows.LAST_ID

    def _begin(self, found: Adopted, now_ns: int) -> None:
        """Events that came before the database could be read get their numbers."""
        for item in self._pending:
            item.event = item.event._replace(id=self._next_id, boot=found.boot.number)
            self._next_id += 1
        for event in found.resumed:
            self._pending.add(Item(event, written=event, told=event))
        for event in found.going_on:
            item = Item(event, written=event, told=event)
            self._pending.add(item)
            if self._troubles.setdefault(event.class_name, item) is not item:  # it has begun again meanwhile
                self._pending.end(item, now_ns)
        self.resumed = found.resumed
        self._ended = [event for event in found.changed_events if event.boot == found.boot.number]
        if found.trouble:
            self._add_trouble(found.trouble, now_ns)

    def _commit(self, now_ns: int) -> None:
        items = self._pending.changed()
        boot = self._boot
        if self._boot_due_ns <= now_ns:
            boot = boot._replace(alive_ns=max(now_ns, boot.alive_ns), events_to=self._next_id)
        with self._link.transaction() as database:
            rows.put_events(database, (item.event for item in items))
            if self._boot_due_ns <= now_ns:
                rows.put_boots(database, [boot])
        self._pending.wrote(items, now_ns)
        self._written_ns = now_ns
        for item in items:
            self._telling.look(item)
        if self._boot_due_ns <= now_ns:
            self._boot, self._boot_due_ns = boot, now_ns + ALIVE_NS

    def _tidy(self, now_ns: int) -> None:
        if self._proof_due_ns <= now_ns:
            self._link.prove()
            self._proof_due_ns, self._unproved = now_ns + TIDY_NS, rows.LAST_ID
        is_trusted = self._boot.known == Known.SYNCHRONISED
        wall_ns = now_ns + self._boot.offset_ns if is_trusted else 0
        with self._link.transaction() as database:
            count = tidy.step(database, self._bounds, wall_ns)
        self._written_ns = now_ns
        self._tidy_due_ns = now_ns if count else now_ns + TIDY_NS

    def _prove_some(self, now_ns: int) -> None:
        assert self._link.database is not None
        self._unproved = rows.prove_events(self._link.database, self._unproved)
        self._written_ns = now_ns

    def _begin_boot(self, reading: Reading) -> None:
        """The machine was suspended: nobody looked."""
        now = reading.monotonic_ns
        for number in list(self._visits):
            self._pending.end(self._visits.pop(number), now)
        for item in self._sounds.values():
            self._pending.end(item, now)
        for what in self._troubles:
            self.trouble_ends(what, now)
        self._sounds.clear()
        self._troubles.clear()
        if self._next_id:
            self._boot_due_ns = now
            self._link.attempt(now, self._commit)  # the row of the boot that ends
            number = self._boot.number + 1
        else:
            number = 0  # nothing could be read so far: all are events of this one
        boot_id = self._boot.boot_id
        fresh = Boot(number, boot_id, reading.slept_ns, 0, 0, now, now, 0, self._next_id, self._next_id)
        self._boot, self._boot_due_ns = fresh, now

    def _tell_what_the_start_ended(self) -> None:
        for event in self._ended:
            self._telling.say(event, "end")
        self._ended = []

    def _tell_what_changed(self) -> None:
        """A begin once it is durable, so that it is told once, or where it cannot be for now; all else at once."""
        for item in self._pending:
            if item.event.id and (item.told is not None or self._link.trouble):
                self._telling.look(item)

    def _new_event(self, kind: str, class_name: str, begin_ns: int, detail: str = "") -> Event:
        id_ = self._next_id
        self._next_id += 1 if id_ else 0
        name, words = text(class_name), text(detail, MAX_DETAIL)
        return Event(id_, self._boot.number, kind, name, begin_ns, begin_ns, True, detail=words)

    def _end_unresumed(self, now_ns: int) -> None:
        ids = {event.id for event in self.resumed}
        for item in list(self._pending) if ids else ():
            if item.event.id in ids and item.visit is None and item.event.is_open:
                self._pending.end(item, now_ns)
        self.resumed = []

    def _add_trouble(self, what: str, now_ns: int, detail: str = "") -> None:
        """One that is over."""
        item = Item(self._new_event("trouble", what, now_ns, detail), due_ns=now_ns)
        self._pending.add(item)
        self._pending.end(item, now_ns)
