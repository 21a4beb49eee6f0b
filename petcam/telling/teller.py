"""People are told: rules, outbox and ways joined. docs/telling.md."""

import logging
import queue
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError  # Python 3.10 has one of its own
from pathlib import Path
from threading import Lock, Thread

from petcam.settings import Settings
from petcam.telling.courier import Courier, Pauses, Standing
from petcam.telling.happening import Happening, bounded
from petcam.telling.message import Message, Moment, Writer
from petcam.telling.moments import Moments
from petcam.telling.outbox import Entry, Outbox
from petcam.telling.rules import WasThere, is_silent
from petcam.telling.way import Way

MAX_TAKEN = 256  # that wait to be judged
LOOK_SECONDS = 5.0  # between two looks for trouble that was kept silent
FRESH_SECONDS = 60.0  # after its begin, in which it is worth waiting for what petcam-web says
BOOT_SLACK_SECONDS = 60.0  # the clock may have been set since the boot
CLOSE_SECONDS = 3.0
TEST_SECONDS = 25.0  # below what the asker waits

log = logging.getLogger("petcam.telling")


class _Once:
    """What the first who asks makes, and all get."""

    def __init__(self, make: Callable[[], Message]) -> None:
        self._make, self._lock = make, Lock()
        self._made: Message | None = None  # guarded by the lock

    def __call__(self) -> Message:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


class Teller:
    """``start`` and ``close`` it. ``take`` never waits; the rest is for any thread."""

    def __init__(
        self,
        ways: Sequence[Way],
        settings: Callable[[], Settings],
        directory: Path,
        writer: Writer,
        moment: Callable[[int], Moment | None],
        test_moment: Callable[[], Moment | None],
        *,
        pauses: Pauses = Pauses(),  # noqa: B008  # a tuple
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``settings`` and both moments may be called in any thread, and the latter may take a while. Another
        ``monotonic`` is for who calls ``step``, and that of each of ``couriers``, instead of ``start``."""
        self._settings, self._writer, self._clock = settings, writer, clock
        self._moments, self._test_moment = Moments(moment, monotonic=monotonic), test_moment
        self._outbox = Outbox(directory, [way.key for way in ways], clock) if ways else None
        self._taken: queue.Queue[Happening | None] = queue.Queue(MAX_TAKEN)
        self._thread = Thread(target=self._run, name="teller", daemon=True)
        self._test_lock = Lock()  # guards the next
        self._test: dict[str, Future[str]] = {}
        self.couriers = [
            Courier(way, self._outbox, self._write, self._is_silent, pauses, clock, monotonic)
            for way in ways
            if self._outbox is not None
        ]

    def start(self) -> None:
        if self._outbox is None:
            return
        log.info("%s", self.status)
        self._outbox.rules.forget_held_before(self._clock() - time.monotonic() - BOOT_SLACK_SECONDS)
        self._thread.start()
        for courier in self.couriers:
            courier.start()

    def close(self) -> None:
        """What is being sent has some seconds yet; what waits is kept."""
        if self._outbox is None:
            return
        self._moments.close()
        deadline = time.monotonic() + CLOSE_SECONDS
        try:
            self._taken.put_nowait(None)
        except queue.Full:
            log.warning("%d happenings are not told: the disk is slow", MAX_TAKEN)
        if self._thread.ident is not None:
            self._thread.join(CLOSE_SECONDS)
        for courier in self.couriers:
            courier.close(deadline)

    def take(self, happening: Happening) -> None:
        """Never waits."""
        if self._outbox is None:
            return
        try:
            self._taken.put_nowait(happening)
        except queue.Full:
            log.warning("%s of event %d is not told: too much happens", happening.state, happening.id)

    def expect(self, was_there: Mapping[str, WasThere]) -> None:
        """Before the start: what was there when petcam-events ended last, by class."""
        if self._outbox is not None:
            self._outbox.rules.was_there = dict(was_there)

    @property
    def standings(self) -> list[Standing]:
        """Never waits."""
        return [courier.standing for courier in self.couriers]

    @property
    def status(self) -> str:
        """For people; empty: nobody is told."""
        names = ", ".join(courier.way.name for courier in self.couriers)
        return names and f"tells by {names}"

    @property
    def troubles(self) -> list[str]:
        """Of each way that fails, since when, and why."""
        found = [
            f"{each.name} fails since {time.strftime('%H:%M', time.localtime(each.failing_since))}: {each.error}"
            for each in self.standings
            if each.failing_since is not None
        ]
        found += [f"{each.name}: {each.error}" for each in self.standings if each.error and each.failing_since is None]
        if self._outbox is not None and self._outbox.trouble:
            found.append(f"what waits to be told is not kept: {self._outbox.trouble}")
        return found

    @property
    def told_id(self) -> int | None:
        """The newest event of which it is known what became of it; None: nobody was ever told."""
        return max(self._outbox.rules.judged, default=None) if self._outbox is not None else None

    def test(self, seconds: float = TEST_SECONDS) -> dict[str, str]:
        """A message by every way, now, whatever is set: by way empty, or what went wrong. Who asks while one goes on
        learns what comes of that."""
        deadline, found = time.monotonic() + seconds, {}
        for name, outcome in self._begin_test().items():
            try:
                found[name] = outcome.result(max(deadline - time.monotonic(), 0))
            except LateError:
                found[name] = "it has not ended yet: try again"
        return found

    def _begin_test(self) -> dict[str, Future[str]]:
        with self._test_lock:
            if all(each.done() for each in self._test.values()):
                trial = _Once(lambda: self._writer.trial(self._test_moment()))
                self._test = {courier.way.name: courier.trial(trial) for courier in self.couriers}
            return dict(self._test)

    def step(self, seconds: float = 0.0) -> bool:
        """Judges one that was taken, which it waits for so long, or looks for what has become due, in the caller's
        thread. False: it is closed."""
        assert self._outbox is not None
        try:
            happening = self._taken.get(seconds > 0, seconds)
        except queue.Empty:
            self._tell(self._outbox.rules.due(self._settings(), self._clock()))
            return True
        if happening is not None:
            self._judge(bounded(happening))
        return happening is not None

    @property
    def has_taken(self) -> bool:
        """Whether any wait to be judged."""
        return not self._taken.empty()

    def _run(self) -> None:
        while self.step(LOOK_SECONDS):
            pass

    def _judge(self, happening: Happening) -> None:
        assert self._outbox is not None
        if self._outbox.amend(happening):
            if happening.state == "end":
                self._poke()
            self._outbox.rules.take(happening, self._settings(), self._clock())
            return
        before = self._outbox.rules.judged, self._outbox.rules.held
        is_told = self._outbox.rules.take(happening, self._settings(), self._clock())
        if is_told:
            self._tell([happening])
        elif before != (self._outbox.rules.judged, self._outbox.rules.held):
            self._outbox.keep_rules()

    def _tell(self, happenings: Sequence[Happening]) -> None:
        assert self._outbox is not None
        for happening in happenings:
            self._outbox.add(happening)
        if happenings:
            self._poke()

    def _poke(self) -> None:
        for courier in self.couriers:
            courier.poke()

    def _is_silent(self) -> bool:
        return is_silent(self._settings(), self._clock())

    def _write(self, entries: Sequence[Entry]) -> Message:
        newest = entries[-1].happening
        is_new = newest.kind == "visit" and newest.end is None and self._clock() - newest.begin < FRESH_SECONDS
        moment = self._moments.of(newest.id, is_over=newest.end is not None, waits=is_new)
        if len(entries) == 1:
            return self._writer.of(newest, moment)
        happenings = sorted((each.happening for each in entries), key=lambda each: each.begin)
        return self._writer.several(happenings, moment)
