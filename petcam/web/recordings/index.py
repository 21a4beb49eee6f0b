"""What is known of every recording without opening it, kept from request to request: with 50,000 files neither all of
them can be looked at each time, nor all names be read for each of the requests that scrolling makes.

Names are listed only where the folder may have changed, by its own time of modification; only new files are looked at.
Some file systems keep no such time, or not for every change (exFAT's program does not where a file is renamed, and says
1970 after each mount), and a file may change without its folder's: so names are listed at least every
``MAX_LOOK_SECONDS``, and at each look the files that grow and ``CHECKED_FILES`` of the others are looked at again, in
turn; where one of them is gone, names are listed at once. Up to that many recordings, nothing is ever out of date.
"""

import heapq
import os
import stat
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from petcam.web.recordings.files import open_regular, start_of
from petcam.web.recordings.names import PART_SUFFIX, PIN_SUFFIX, NameKey, name_key, start_by_name, twin
from petcam.web.recordings.table import read_table

MAX_RECORDINGS = 100_000  # some 40 MiB; of more, the oldest by their names are left out
MAX_LOOK_SECONDS = 5.0
TIME_STEP_NS = 2 * 10**9  # of FAT, the coarsest: a folder that has changed just now may change again in the same step
CHECKED_FILES = 500
OPENED_FILES = 500  # at one look
NEVER = (0.0, 0, 0)  # looked at
# A name is believed whose time is at most this long before the file's end. A long recording's files have half an hour
# each, and time zones are an hour or more apart.
MAX_LIKELY_SECONDS = 35 * 60


class Entry(NamedTuple):
    """In the order of their ends, and at the same moment of their names."""

    end: int  # time of modification, ns since 1970
    start: int  # by its name, YYYYMMDDHHMMSS
    number: int  # among the recordings of that second
    name: str
    size: int  # bytes
    day: str  # of its beginning, in local time: YYYY-MM-DD
    growing: bool  # it is stored as .part


@dataclass(frozen=True)
class Listing:
    """All recordings as they were at one moment. Nobody changes these."""

    entries: list[Entry]  # what ended last is the last
    pinned: frozenset[str]  # names


class RecordingIndex:
    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards all of these
        self._folder = (0, 0)  # its device and inode
        self._looked = NEVER  # when: monotonic seconds, Unix ns; the folder's time of modification then
        self._stored: set[str] = set()  # names of files, pins too, that are accounted for
        self._entries: dict[str, Entry] = {}
        self._growing: set[str] = set()
        self._turn: Iterator[str] = iter(())  # whose files are looked at next
        self._doubtful: set[str] = set()  # whose days only their files can tell
        self._listing = Listing([], frozenset())

    def look(self, folder: int, with_days: bool) -> Listing:
        """The recordings in the folder with this descriptor. Where their days matter, files that do not bear out their
        names are opened, each once. Raises ``OSError``."""
        with self._lock:
            info = os.fstat(folder)
            if (info.st_dev, info.st_ino) != self._folder:
                self._begin_anew((info.st_dev, info.st_ino))
            changed = set() if self._is_up_to_date(info.st_mtime_ns) else self._list(folder, info.st_mtime_ns)
            changed |= self._check(folder)
            if self._looked == NEVER:  # one is gone, of which the folder's time said nothing
                changed |= self._list(folder, info.st_mtime_ns)
            if with_days:
                changed |= self._read_days(folder)
            if changed:
                self._put_in_order(changed)
            return self._listing

    def names_now(self, folder: int, names: Iterable[str]) -> dict[str, str]:
        """What those of the recordings that are there are called by now: a twin's name, where the kind has changed."""
        self.look(folder, with_days=False)
        with self._lock:
            entries = self._entries
            found = {name: name if name in entries else twin(name) for name in names}
            return {name: now for name, now in found.items() if now in entries}

    def expire(self) -> None:
        """To be called after a change, also for file systems whose folders do not tell."""
        with self._lock:
            self._looked = NEVER

    def _begin_anew(self, folder: tuple[int, int]) -> None:
        self._folder, self._looked = folder, NEVER
        self._stored.clear()
        self._entries.clear()
        self._growing.clear()
        self._doubtful.clear()
        self._turn = iter(())
        self._listing = Listing([], frozenset())

    def _is_up_to_date(self, changed_ns: int) -> bool:
        monotonic, wall_ns, known_ns = self._looked
        is_settled = changed_ns > 0 and wall_ns - changed_ns >= TIME_STEP_NS
        return changed_ns == known_ns and is_settled and time.monotonic() - monotonic < MAX_LOOK_SECONDS

    def _list(self, folder: int, changed_ns: int) -> set[str]:
        """List the names; the names of the recordings of which something is new."""
        looked = time.monotonic(), time.time_ns(), changed_ns
        listed = _recordings_and_pins(os.listdir(folder))
        new, gone = listed - self._stored, self._stored - listed
        changed = {_recording_of(stored) for stored in new | gone}
        changed = {name for name in changed if name_key(name) is not None}
        for name in changed:
            stored = name if name in listed else name + PART_SUFFIX
            if stored not in listed or not self._note(folder, name, stored):
                self._forget(name)
                new -= {name, name + PART_SUFFIX}  # a link, a folder: it may be a file the next time
        self._stored -= gone
        self._stored |= new
        self._looked = looked
        return changed

    def _check(self, folder: int) -> set[str]:
        """Look at the files that grow, and at some others; the names of those that have changed."""
        others = list(islice(self._turn, CHECKED_FILES))
        if len(others) < CHECKED_FILES:
            self._turn = iter(list(self._entries))
            others += islice(self._turn, CHECKED_FILES - len(others))
        return {name for name in {*others, *self._growing} if self._has_changed(folder, name)}

    def _has_changed(self, folder: int, name: str) -> bool:
        known = self._entries.get(name)
        if known is None:
            return False
        self._note(folder, name, name + PART_SUFFIX if known.growing else name)
        return self._entries[name] is not known

    def _note(self, folder: int, name: str, stored: str) -> bool:
        """False where there is no such file; what is known of it stays, for listing tells what is gone."""
        try:
            info = os.stat(stored, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:  # deleted or renamed since it was listed
            self._looked = NEVER
            return False
        key = name_key(name)
        if key is None or not stat.S_ISREG(info.st_mode):
            return False
        known, growing = self._entries.get(name), stored != name
        seen = info.st_mtime_ns, info.st_size, growing
        if known is not None and (known.end, known.size, known.growing) == seen:
            return True
        day = known.day if known is not None else self._day_by_name(key, info.st_mtime)
        self._entries[name] = Entry(info.st_mtime_ns, *key, info.st_size, day, growing)
        (self._growing.add if growing else self._growing.discard)(name)
        return True

    def _forget(self, name: str) -> None:
        self._entries.pop(name, None)
        self._growing.discard(name)
        self._doubtful.discard(name)

    def _day_by_name(self, key: NameKey, end: float) -> str:
        """Where the end does not bear the name out, as after a change of the time zone, the file is to be asked."""
        if not 0 <= end - start_by_name(key[0], end) <= MAX_LIKELY_SECONDS:
            self._doubtful.add(key[2])
        digits = str(key[0])
        return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"

    def _read_days(self, folder: int) -> set[str]:
        """Of some for which that is needed, whatever comes of it once; the names of those that are of another day."""
        changed = set()
        for _ in range(min(OPENED_FILES, len(self._doubtful))):
            name = self._doubtful.pop()
            known = self._entries[name]
            day = _day_by_file(folder, known)
            if day != known.day:
                self._entries[name] = known._replace(day=day)
                changed.add(name)
        return changed

    def _put_in_order(self, changed: set[str]) -> None:
        """As few are new at a time, sorting costs little more than copying."""
        entries = [entry for entry in self._listing.entries if entry.name not in changed]
        entries += (entry for name in changed if (entry := self._entries.get(name)) is not None)
        entries.sort()
        pins = (stored.removesuffix(PIN_SUFFIX) for stored in self._stored if stored.endswith(PIN_SUFFIX))
        self._listing = Listing(entries, frozenset(pin for pin in pins if pin in self._entries))


def _day_by_file(folder: int, entry: Entry) -> str:
    table = None
    with suppress(OSError), open_regular(entry.name + PART_SUFFIX if entry.growing else entry.name, folder) as file:
        table = read_table(file.fileno())
    return time.strftime("%Y-%m-%d", time.localtime(start_of(table, entry.start, entry.end / 1e9)))


def _recordings_and_pins(names: list[str]) -> set[str]:
    """Without what cannot be either: no more is known here of a folder with other files."""
    listed = {name for name in names if name.startswith("petcam_")}
    if len(listed) <= MAX_RECORDINGS:
        return listed
    recordings = {_recording_of(name) for name in listed}
    kept = set(heapq.nlargest(MAX_RECORDINGS, (name for name in recordings if name_key(name) is not None)))
    return {name for name in listed if _recording_of(name) in kept}


def _recording_of(stored: str) -> str:
    return stored.removesuffix(PIN_SUFFIX).removesuffix(PART_SUFFIX)
