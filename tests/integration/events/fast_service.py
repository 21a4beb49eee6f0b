"""``petcam events`` with clocks that run faster than time, and a file of what it has told its store.

``python -m tests.integration.events.fast_service CONFIG LOG FACTOR ZERO BEGAN WALL``: at ZERO s of the real
CLOCK_MONOTONIC its own is BEGAN, and its wall clock WALL more. A line of LOG for each of its steps: ``[now, {id:
[begin, last box, over]}]``, all of which has been written to the database as far as it is due.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from petcam import cli
from petcam.commands import event_service
from petcam.events import health
from petcam.events.clock import Reading
from petcam.events.rules import Change
from petcam.events.store import Store

real_time: Callable[[], float] = time.monotonic


class FastClock:
    """``now`` is seconds of CLOCK_MONOTONIC on a machine that is ``factor`` times as fast."""

    def __init__(self, factor: float, zero: float, began: float) -> None:
        self.factor, self.zero, self.began = factor, zero, began

    def now(self) -> float:
        return self.began + (real_time() - self.zero) * self.factor


def main(config: str, log: str, factor: str, zero: str, began: str, wall_began: str) -> int:
    clock, wall = FastClock(float(factor), float(zero), float(began)), float(wall_began)
    time.monotonic = clock.now
    time.monotonic_ns = lambda: int(clock.now() * 1e9)
    event_service.read_clock = lambda: Reading(time.monotonic_ns(), int((wall + clock.now()) * 1e9), 0, True)
    event_service.PAUSES = {layout: pause / clock.factor for layout, pause in event_service.PAUSES.items()}
    health.ASK_SECONDS /= clock.factor
    with open(log, "a") as file:
        event_service.Store = lambda *words, **named: _logged(Store(*words, **named), file)  # type: ignore[assignment,misc]
        return cli.main(["--config", config, "events"])


def _logged(store: Store, file: TextIO) -> Store:
    take, resume, write = store.take, store.resume, store.write
    there: dict[int, tuple[Any, bool]] = {}  # by the event's id: the visit, and whether it is over

    def note_taken(change: Change, now_ns: int) -> int:
        id_ = take(change, now_ns)
        there[id_] = change.visit, change.kind == "end"
        return id_

    def note_resumed(event: Any, visit: Any) -> None:
        resume(event, visit)
        there[event.id] = visit, False

    def note_written(now_ns: int) -> None:
        write(now_ns)
        happened = {id_: [visit.begin, visit.end, is_over] for id_, (visit, is_over) in there.items()}
        print(json.dumps([now_ns / 1e9, happened]), file=file, flush=True)
        for id_ in [id_ for id_, (_, is_over) in there.items() if is_over]:
            del there[id_]

    store.take, store.resume, store.write = note_taken, note_resumed, note_written  # type: ignore[method-assign]
    return store


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
