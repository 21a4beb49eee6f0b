"""One way's thread: it sends what waits, tries again what failed, and never holds up anybody else."""

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from threading import Condition, Thread
from typing import NamedTuple

from petcam.telling.message import Message
from petcam.telling.outbox import Entry, Outbox
from petcam.telling.way import NotSentError, UnclearError, Way

FEW = 3  # messages that are told one by one; more become one
LOOK_SECONDS = 30.0  # between two looks at whether it may speak again
MAX_TRIALS = 4

log = logging.getLogger("petcam.telling")


class Pauses(NamedTuple):
    """Between tries, in seconds; each is twice the last, and off by up to a quarter."""

    first: float = 5.0
    most: float = 600.0
    least: float = 10.0  # after a try, also where there is something new

    def after(self, failures: int) -> float:
        return min(self.first * 2.0 ** min(failures - 1, 30), self.most) * random.uniform(0.75, 1.25)


class Standing(NamedTuple):
    """How a way does, for people."""

    name: str
    failing_since: float | None  # Unix seconds; None: it works, or was not tried yet
    error: str  # why, or what shows without a try; empty: nothing
    waiting: int


class Courier:
    """``start`` and ``close`` it. The rest is for any thread."""

    def __init__(
        self,
        way: Way,
        outbox: Outbox,
        write: Callable[[Sequence[Entry]], Message],
        is_silent: Callable[[], bool],
        pauses: Pauses,
        clock: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``write`` makes one message of several entries. Another ``monotonic`` is for who calls ``step`` instead of
        ``start``."""
        self.way = way
        self._outbox, self._write, self._is_silent = outbox, write, is_silent
        self._pauses, self._clock, self._monotonic = pauses, clock, monotonic
        self._changed = Condition()  # its lock guards all below
        self._closing = False
        self._trials: deque[tuple[Callable[[], Message], Future[str]]] = deque()
        self._failures = 0
        self._failing: tuple[float, str] | None = None  # since when, and why; replaced as a whole, so read without it
        self._tried, self._next_try = 0.0, 0.0  # monotonic
        self._thread = Thread(target=self._run, name=f"tell-{way.key[:6]}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, deadline: float) -> None:
        """``deadline`` is monotonic; what hangs is left behind, as its thread ends with the process."""
        with self._changed:
            self._closing = True
            for _, outcome in self._trials:
                outcome.set_result("petcam-events ends just now: try again")
            self._trials.clear()
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(max(deadline - time.monotonic(), 0))

    def step(self) -> bool:
        """Does what is due, in the caller's thread. Whether anything was."""
        with self._changed:
            job = self._due()
        if job is not None:
            job()
        return job is not None

    def poke(self) -> None:
        """There is something new."""
        with self._changed:
            self._next_try = min(self._next_try, self._tried + self._pauses.least)
            self._changed.notify_all()

    def trial(self, write: Callable[[], Message]) -> Future[str]:
        """Send it now, whatever else waits; empty, or what went wrong."""
        outcome: Future[str] = Future()
        with self._changed:
            if self._closing or len(self._trials) >= MAX_TRIALS:
                outcome.set_result("too many trials at once: try again")
            else:
                self._trials.append((write, outcome))
                self._changed.notify_all()
        return outcome

    @property
    def standing(self) -> Standing:
        """Never waits."""
        since, error = self._failing or (None, self.way.trouble())
        return Standing(self.way.name, since, error, self._outbox.count(self.way.key))

    def _run(self) -> None:
        while (job := self._next()) is not None:
            job()

    def _next(self) -> Callable[[], None] | None:
        """What to do, once there is something to; None: nothing any more."""
        with self._changed:
            while not self._closing:
                if job := self._due():
                    return job
                wait = self._next_try - self._monotonic()
                self._changed.wait(wait if 0 < wait < LOOK_SECONDS else LOOK_SECONDS)
        return None

    def _due(self) -> Callable[[], None] | None:
        if self._trials:
            return partial(self._do_trial, *self._trials.popleft())
        return self._job() if self._monotonic() >= self._next_try else None

    def _job(self) -> Callable[[], None] | None:
        over, waiting = self._outbox.over(self.way.key), self._outbox.waiting(self.way.key)
        if not (over or waiting) or self._is_silent():
            return None
        if waiting:
            return partial(self._send, waiting if len(waiting) > FEW else waiting[:1])
        return partial(self._complete, over[0])

    def _do_trial(self, write: Callable[[], Message], outcome: Future[str]) -> None:
        outcome.set_result(self._try(lambda: self.way.send(write())))

    def _send(self, group: Sequence[Entry]) -> None:
        message, key = self._write(group), self.way.key
        if self._is_silent():  # since its picture was waited for
            return
        self._outbox.begin(key, group)
        try:
            is_open = self._told(self.way.send, message)
        except NotSentError:
            self._outbox.back(key, group)
        except UnclearError:
            self._outbox.done(key, group)
        else:
            self._outbox.done(key, group, is_open=bool(is_open) and len(group) == 1)

    def _complete(self, entry: Entry) -> None:
        """Once: it is no alert."""
        self._outbox.done(self.way.key, [entry])
        message = self._write([entry])
        self._try(lambda: self.way.complete(message))

    def _try(self, send: Callable[[], object]) -> str:
        try:
            self._told(lambda _: send(), None)
        except (NotSentError, UnclearError) as error:
            return str(error)
        return ""

    def _told(self, send: Callable[..., object], message: Message | None) -> object:
        """Notes what came of it. Raises as the way does; a defect of it as what may have arrived."""
        try:
            found = send(message)
        except (NotSentError, UnclearError) as error:
            self._note(str(error))
            raise
        except Exception as error:  # its words may have what is secret
            words = f"a defect of petcam: {type(error).__name__}"
            self._note(words)
            raise UnclearError(words) from error
        self._note("")
        return found

    def _note(self, error: str) -> None:
        with self._changed:
            self._tried, before = self._monotonic(), self._failing
            if not error:
                self._failures, self._failing, self._next_try = 0, None, 0.0
            else:
                self._failures += 1
                self._failing = before[0] if before else self._clock(), error
                self._next_try = self._tried + self._pauses.after(self._failures)
        if error and (before is None or before[1] != error):
            log.warning("%s: %s", self.way.name, error)
        elif before and not error:
            log.info("%s: works again", self.way.name)
