"""A detector's results observed for as long as the service runs: rules joined to shared memory, store and time."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from petcam.events.clock import Reading
from petcam.events.keeper import Kept
from petcam.events.patient_reader import PatientReader, Reader
from petcam.events.rules import Box, Change, Region, Rules, Visit, Visits
from petcam.shm.detections import Detections

MOVING_SECONDS = 3.0  # after something moved last, and after the last box, for which a visit is recorded
STIR_SECONDS = 3.0  # that it may take until it is certain that what lay still moves
SILENT_SECONDS = 1.0  # without a result, where empty ones may be left out
LATE_SECONDS = 2.0  # behind its frame, in which a result may yet come: until then silence says nothing
AHEAD_SECONDS = 1.0  # of the clock: a result of later than that is of no frame that there can have been
CLOCK_SECONDS = 10.0  # between two looks at the clocks
WAITS = "waits for a detector"
MAX_SILENCE = 60.0  # seconds in which a detector that published before, also where it found nothing, should have
MAX_RESULTS = 256  # that are taken in one step

log = logging.getLogger("petcam.events")


class Store(Protocol):
    def take(self, change: Change, now_ns: int) -> int: ...
    def kept(self, number: int, filename: str, first_ns: int, now_ns: int) -> None: ...
    def look_at_clock(self, reading: Reading) -> bool: ...
    def write(self, now_ns: int) -> None: ...


class Recording(Protocol):
    def want(self, since: float | None) -> None: ...
    def take(self) -> list[Kept]: ...


class Observer:
    """For one thread, which calls ``step`` some times a second."""

    def __init__(
        self,
        reader: Reader[Detections],
        rules: Rules,
        resumed: Sequence[Visit],
        store: Store,
        recording: Recording,
        look: Callable[[], Reading],
        *,
        leaves_out_empty: bool = False,
        may_look: Callable[[], bool] = lambda: True,
        places: Callable[[], Sequence[Region]] = tuple,
    ) -> None:
        """``leaves_out_empty``: the detector publishes nothing where it finds nothing. ``may_look``: the owner has not
        turned the camera off. ``places``: those that there are now; asked at each step."""
        self._reader = PatientReader(reader, "the detector's results")
        self._store, self._recording = store, recording
        self._rules, self._visits = rules, Visits(rules, resumed)
        self._look, self._leaves_out_empty, self._may_look, self._places = look, leaves_out_empty, may_look, places
        self._since: dict[int, float] = {}  # by number, from when on open visits are recorded; infinite: they lie still
        self._looked_at = 0.0  # when the clock was
        self._result_at = 0.0  # time of the newest result
        self._results = 0
        self._ahead = ""  # why the newest of them makes no sense; empty: it does

    @property
    def status(self) -> str:
        """For people."""
        if not self._results:
            return WAITS
        there = [f"{visit.class_name} since {_clock_time(visit.begin)}" for visit in self._visits.open]
        return f"there: {', '.join(there)}" if there else "nobody there"

    @property
    def trouble(self) -> str:
        """Why nothing can be noticed now, with the remedy; empty: it can, or no detector has been there yet."""
        if self._reader.unread:
            return f"cannot read the detector's results: {self._reader.unread}"
        if self._ahead:
            return self._ahead
        silence = time.monotonic() - self._result_at
        if not self._results or self._leaves_out_empty or silence < MAX_SILENCE:
            return ""
        return f"no detector has said anything for {silence // 60:.0f} min; to see what works: sudo petcam doctor"

    def step(self) -> None:
        """Take the results that have come, and have kept what they change."""
        now = time.monotonic()
        self._visits.set_places(self._places())
        changes = self._take_results() if self._may_look() else self._visits.end()
        self._keep(changes + self._visits.pass_time(now), now)

    def _take_results(self) -> list[Change]:
        changes: list[Change] = []
        for _ in range(MAX_RESULTS):
            found = self._reader.read()
            if found is None:
                break
            if not self._is_possible(found):
                continue
            self._results += 1
            self._result_at = found.capture_ns / 1e9
            changes += self._visits.result(self._result_at, boxes_of(found))
        quiet = time.monotonic() - LATE_SECONDS
        if self._leaves_out_empty and self._results and quiet - self._result_at > SILENT_SECONDS:
            self._result_at = quiet
            changes += self._visits.result(quiet, [])
        return changes

    def _is_possible(self, found: Detections) -> bool:
        """The rules pass over what is older than their newest result: after one of the future that would be all."""
        ahead = found.capture_ns / 1e9 - time.monotonic()
        is_possible = ahead <= AHEAD_SECONDS
        if is_possible:
            self._ahead = ""
        elif not self._ahead:
            self._ahead = (
                f"the detector's results have a capture_ns that is {ahead:.0f} s ahead of this machine's "
                "CLOCK_MONOTONIC: it is to be that of the frame that was looked at"
            )
            log.warning("%s", self._ahead)
        return is_possible

    def _keep(self, changes: list[Change], now: float) -> None:
        now_ns = int(now * 1e9)
        for change in changes:
            self._store.take(change, now_ns)
        moving = [visit for visit in self._visits.open if is_moving(visit, now)]
        self._recording.want(min(self._moving_since(moving), default=None))
        for kept in self._recording.take():
            # The answer may come late: one that does not move any more, and did in that file, is in it.
            for visit in (each for each in self._visits.open if each in moving or each.moved >= kept.first_ns / 1e9):
                self._store.kept(visit.number, kept.filename, kept.first_ns, now_ns)
        if now - self._looked_at >= CLOCK_SECONDS:
            self._looked_at = now
            if self._store.look_at_clock(self._look()):  # the machine was suspended: the store has ended what was open
                self._visits, self._since = Visits(self._rules), {}
        self._store.write(now_ns)

    def _moving_since(self, moving: list[Visit]) -> list[float]:
        """Of each at first since its begin, and once it was recorded and lay still since it stirred."""
        since: dict[int, float] = {}
        for visit in self._visits.open:
            before = self._since.get(visit.number)
            if visit in moving:
                stirred = visit.moved - STIR_SECONDS if before == math.inf else before
                since[visit.number] = visit.begin if stirred is None else stirred
            elif before is not None:
                since[visit.number] = math.inf
        self._since = since
        return [moment for moment in since.values() if moment < math.inf]


def boxes_of(found: Detections) -> list[Box]:
    """In parts of the picture."""
    w, h = found.width, found.height
    return [Box(name, score, x / w, y / h, bw / w, bh / h) for name, score, x, y, bw, bh in found.boxes]


def is_moving(visit: Visit, now: float) -> bool:
    """Whether it is to be recorded: a pet that sleeps for six hours is not, but when it stirs."""
    return now - visit.end < MOVING_SECONDS and now - visit.moved < MOVING_SECONDS


def _clock_time(monotonic: float) -> Any:
    return time.strftime("%H:%M", time.localtime(time.time() - time.monotonic() + monotonic))
