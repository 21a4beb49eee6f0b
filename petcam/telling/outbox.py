"""What waits to be told, and what was, kept on the disk: docs/telling.md, "The outbox".

Each change is written whole before what it allows is done, so that a kill at any moment tells nothing twice.
"""

import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Lock
from typing import Any

from petcam.access import Document, Kind, StateFile, require_keys, sweep_temporaries, unsealed
from petcam.errors import PetcamError
from petcam.telling.happening import Happening, bounded
from petcam.telling.rules import Alert, Rules

MAX_ENTRIES = 64
LIFE_SECONDS = 6 * 3600.0  # for which it is worth telling of what happened
OPEN_SECONDS = 24 * 3600.0  # for which a message may be brought up to date
KIND = Kind("outbox.json", 1 << 20, "what waited is not told", "it is begun anew", "trouble.outbox", mode=0o640)

log = logging.getLogger("petcam.telling")


class State(str, Enum):
    """Of an entry, by way."""

    WAITS = "waits"
    BEGUN = "begun"  # its sending; after a kill nobody knows what came of it
    OPEN = "open"  # sent; may be brought up to date once it is over
    OVER = "over"  # the same, and it is over
    DONE = "done"  # sent, given up, or nobody knows


@dataclass
class Entry:
    happening: Happening
    made: float  # Unix seconds
    ways: dict[str, State]

    @property
    def is_done(self) -> bool:
        return all(state is State.DONE for state in self.ways.values())


class Outbox:
    """Safe in any thread. What cannot be written is kept in memory all the same."""

    def __init__(self, directory: Path, ways: Iterable[str], clock: Callable[[], float] = time.time) -> None:
        """``ways`` are the keys of those that there are. What was begun before is done: it may have arrived."""
        self._file, self._ways, self._clock = StateFile(directory, KIND), tuple(ways), clock
        self._lock = Lock()  # guards all below, and the file
        self._unwritten = ""
        self._entries: list[Entry] = []  # the oldest first
        sweep_temporaries(directory)
        self.rules = self._read()  # for the one thread that adds

    @property
    def trouble(self) -> str:
        """Why nothing can be kept; empty: it can."""
        return self._unwritten

    def add(self, happening: Happening) -> None:
        """To be told by every way."""
        with self._lock:
            ways = dict.fromkeys(self._ways, State.WAITS)
            self._entries.append(Entry(bounded(happening), self._clock(), ways))
            self._make_room()
            self._write()

    def keep_rules(self) -> None:
        """What the rules know has changed."""
        with self._lock:
            self._write()

    def amend(self, happening: Happening) -> bool:
        """How it goes on with what was told, or waits to be. False: that is not here."""
        with self._lock:
            entry = next((each for each in self._entries if each.happening.id == happening.id), None)
            if entry is None:
                return False
            entry.happening = bounded(happening)
            for way, state in entry.ways.items():
                entry.ways[way] = _after(state, happening)
            if happening.end is not None:  # else it can wait for the next change
                self._write()
            return True

    def waiting(self, way: str) -> list[Entry]:
        """What is to be told by ``way``, the oldest first. What is too old is given up."""
        return self._those(way, State.WAITS)

    def over(self, way: str) -> list[Entry]:
        """What was told by ``way`` and can be brought up to date."""
        return self._those(way, State.OVER)

    def count(self, way: str) -> int:
        """How many wait. Takes no lock, as that may be held while the disk is slow."""
        return sum(each.ways.get(way) is State.WAITS for each in tuple(self._entries))

    def begin(self, way: str, entries: Sequence[Entry]) -> None:
        """Returns once it cannot be sent by ``way`` again, whatever happens now."""
        with self._lock:
            if not self._set(way, entries, State.BEGUN):
                with suppress(PetcamError):  # a full disk: without a file nothing is sent again either
                    self._file.remove()

    def back(self, way: str, entries: Sequence[Entry]) -> None:
        """They were not sent."""
        with self._lock:
            self._set(way, entries, State.WAITS)

    def done(self, way: str, entries: Sequence[Entry], *, is_open: bool = False) -> None:
        """``is_open``: it can be brought up to date once it is over."""
        with self._lock:
            for entry in entries:
                entry.ways[way] = _after(State.OPEN, entry.happening) if is_open else State.DONE
            self._entries = [each for each in self._entries if not each.is_done]
            self._write()

    def _those(self, way: str, state: State) -> list[Entry]:
        with self._lock:
            self._give_up()
            return [each for each in self._entries if each.ways.get(way) is state]

    def _set(self, way: str, entries: Sequence[Entry], state: State) -> bool:
        for entry in entries:
            entry.ways[way] = state
        return self._write()

    def _give_up(self) -> None:
        """What is older than it may be; of a clock that was set, also what is of the future."""
        now, late = self._clock(), 0
        for entry in self._entries:
            for way, state in entry.ways.items():
                life = LIFE_SECONDS if state in (State.WAITS, State.BEGUN) else OPEN_SECONDS
                if state is not State.DONE and not -LIFE_SECONDS < now - entry.made < life:
                    entry.ways[way] = State.DONE
                    late += state is State.WAITS
        if late:
            log.warning("given up, as older than %.0f hours: %d messages", LIFE_SECONDS / 3600, late)
        kept = [each for each in self._entries if not each.is_done]
        if len(kept) < len(self._entries):
            self._entries = kept
            self._write()

    def _make_room(self) -> None:
        """What was sent goes first."""
        while len(self._entries) > MAX_ENTRIES:
            sent = (each for each in self._entries if State.WAITS not in each.ways.values())
            gone = next(sent, self._entries[0])
            if State.WAITS in gone.ways.values():
                log.warning("given up, as %d others wait: one message", MAX_ENTRIES)
            self._entries.remove(gone)

    def _write(self) -> bool:
        try:
            self._file.write_document(_document(self._entries, self.rules))
        except PetcamError as error:  # which has said so in the log
            self._unwritten = error.message
            return False
        self._unwritten = ""
        return True

    def _read(self) -> Rules:
        try:
            found = self._file.read(_parse)
        except PetcamError:  # which has said so in the log
            with suppress(OSError):
                os.replace(self._file.path, self._file.path.with_name(f"{KIND.name}.damaged"))
            found = None
        if found is None:
            return Rules()
        entries, rules = found
        for entry in entries:
            kept = {way: entry.ways[way] for way in self._ways if way in entry.ways}
            entry.ways = {way: State.DONE if state is State.BEGUN else state for way, state in kept.items()}
        self._entries = [each for each in entries if not each.is_done]
        return rules


def _after(state: State, happening: Happening) -> State:
    return State.OVER if state is State.OPEN and happening.end is not None else state


def _document(entries: Iterable[Entry], rules: Rules) -> Document:
    return {
        "entries": [
            {"happening": _row(each.happening), "made": each.made, "ways": {k: v.value for k, v in each.ways.items()}}
            for each in entries
        ],
        "judged": list(rules.judged),
        "alerts": [list(each) for each in rules.alerts],
        "held": [_row(each) for each in rules.held],
    }


def _row(happening: Happening) -> Document:
    return {**happening._asdict(), "places": list(happening.places)}


def _parse(data: bytes) -> tuple[list[Entry], Rules]:
    """Raises ValueError."""
    found = require_keys(unsealed(data), "entries", "judged", "alerts", "held")
    try:
        entries = [_entry(row) for row in found["entries"]]
        alerts = [Alert(str(kind), str(name), str(place), float(at)) for kind, name, place, at in found["alerts"]]
        held = [_happening(row) for row in found["held"]]
        return entries, Rules((int(each) for each in found["judged"]), alerts, held)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("is no outbox") from error


def _entry(row: Any) -> Entry:
    ways = {str(way): State(state) for way, state in row["ways"].items()}
    return Entry(_happening(row["happening"]), float(row["made"]), ways)


def _happening(row: Any) -> Happening:
    fields = require_keys(row, *Happening._fields)
    return Happening(**{**fields, "places": tuple(map(str, fields["places"]))})
