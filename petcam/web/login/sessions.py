"""The login sessions. The browser has a random token; only its SHA-256 is kept here and in the state directory.

A session ends when its role's password changes, after 30 days unused, after 180 days, when its role has too many, or
when it is ended. Days are those that the board ran: the clock, which may be years off, is not asked.

``sessions.json`` (docs/state.md) is written in the background after a login, which costs no more than another login if
it is lost; who ends a session waits until that is on the disk.
"""

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from petcam.access import (
    Document,
    Kind,
    Role,
    StateFile,
    is_for_lack_of_space,
    require_keys,
    text_of,
    unsealed,
    whole_number_of,
)
from petcam.errors import PetcamError
from petcam.system.boot_time import BOOT_ID_PATTERN, boottime_ms

DAY_MS = 86_400_000
MAX_UNUSED_MS = 30 * DAY_MS
MAX_SESSION_MS = 180 * DAY_MS
MAX_SESSIONS_PER_ROLE = 100  # then the one that was unused for longest is ended
MARK_INTERVAL_MS = DAY_MS // 4  # how old each session is, is written this often, to spare the SD card
SAVE_PAUSE_MS = 5_000  # between writes for logins, however many there are
RETRY_MS = 60_000  # after the disk could not be written
MAX_FILE_BYTES = 256 << 10
MAX_NUMBER = 2**53
ROW_KEYS = ("hash", "id", "role", "generation")
KIND = Kind(
    "sessions.json",
    MAX_FILE_BYTES,
    "everybody has to log in again",
    "log in again, which makes it anew",
    "trouble.sessions",
    command="",
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Session:
    """Moments are those of CLOCK_BOOTTIME in this boot, negative where they were before it."""

    hash: str  # of its token
    id: str  # by which the streamer knows it; gives no access
    role: Role
    generation: str
    began_ms: int
    seen_ms: int  # as it was read from the disk; Sessions knows the newest

    def seconds_left(self, now_ms: int) -> float:
        """Until it ends even if it is used."""
        return (self.began_ms + MAX_SESSION_MS - now_ms) / 1000


class Sessions:
    """Safe in any thread. ``generation(role)`` raises ``STATE_DAMAGED`` where that cannot be told now: then nobody is
    let in, and no session ends for that."""

    def __init__(
        self,
        directory: Path,
        generation: Callable[[Role], str],
        boot: str,
        clock: Callable[[], int] = boottime_ms,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._file, self._generation, self._boot, self.clock = StateFile(directory, KIND), generation, boot, clock
        self.trouble: PetcamError | None = None  # what is wrong with the file, until it is written anew
        self._write_lock = threading.Lock()  # guards the two below; taken before _lock, and never by find or begin
        self._written = 0  # the version that is on the disk
        self._marked_ms = clock()  # when it was written
        self._retry_ms = 0  # not before; the keeper's alone
        self._lock = threading.Lock()  # guards all below; nothing is waited for while it is held
        self._version = 0  # of what is below, except for when each was seen
        found = self._read(wall_clock())
        self._sessions = {session.hash: session for session in found}
        self._seen_ms = {session.hash: session.seen_ms for session in found}
        self._ended: list[str] = []  # ids of those that ended by themselves, and nobody was told

    def begin(self, role: Role, generation: str) -> str:
        """Begin a session and return its token; it is written in the background."""
        token, now = secrets.token_urlsafe(32), self.clock()
        session = Session(_digest(token), secrets.token_hex(16), role, generation, now, now)
        with self._lock:
            self._sessions[session.hash], self._seen_ms[session.hash] = session, now
            same_role = [each for each in self._sessions.values() if each.role is role]
            same_role.sort(key=lambda each: self._seen_ms[each.hash])
            self._drop(same_role[:-MAX_SESSIONS_PER_ROLE])
            self._version += 1
        return token

    def find(self, token: str) -> Session | None:
        """The session of ``token`` while it is valid. This counts as a use of it."""
        now, name = self.clock(), _digest(token)
        with self._lock:
            session = self._sessions.get(name)
            seen = self._seen_ms.get(name, 0)
        if session is None or _has_expired(session, seen, now) or session.generation != self._current(session.role):
            return None
        with self._lock:
            if name in self._sessions:  # not ended meanwhile
                self._seen_ms[name] = now
        return session

    def end(self, session: Session) -> None:
        """Nobody gets in by it from now on; :meth:`make_durable` makes it stay so after a restart."""
        self._end([session])

    def end_all(self, role: Role | None = None) -> list[str]:
        """End the sessions of ``role``, or all of them, as :meth:`end` does; returns their ids."""
        with self._lock:
            ended = [session for session in self._sessions.values() if role in (None, session.role)]
        self._end(ended)
        return [session.id for session in ended]

    def make_durable(self) -> None:
        """Returns once the disk knows what has ended. Those who wait for one another's write are served by one.

        A full disk loses the file instead: that ends all sessions at the next restart, and this one for good. Raises
        ``STATE_NOT_WRITTEN`` or ``STATE_NOT_SYNCED``: then a restart may bring back what has ended.
        """
        with self._lock:
            version = self._version
        with self._write_lock:
            if self._written >= version:
                return
            try:
                self._write()
            except PetcamError as error:
                if not is_for_lack_of_space(error):
                    raise
                _log.warning("%s: removed, so that what has ended does not come back", self._file.path)
                self._file.remove()

    def take_ended(self) -> list[str]:
        """End those that have expired or whose password has changed. Returns the ids of these, and of those that had
        to make room; each once."""
        with self._lock:
            before = list(self._sessions.values())
            if not before and not self._ended:
                return []  # nothing is read on a board where nobody is logged in
        current = {role: self._current(role) for role in Role}  # read after them, so that no session is newer
        with self._lock:
            now = self.clock()
            over = [each for each in before if each.hash in self._sessions and self._is_over(each, current, now)]
            self._drop(over)
            self._version += bool(over)
            ended, self._ended = self._ended, []
        return ended

    def save(self) -> None:
        """Write the sessions, and how old each is, where there is any. Raises ``STATE_NOT_WRITTEN`` or
        ``STATE_NOT_SYNCED``."""
        with self._write_lock:
            if self._sessions or self._version != self._written:
                self._write()

    def save_if_due(self) -> None:
        """To be called by the keeper, again and again: where the disk cannot be written now, it is tried later."""
        now = self.clock()
        with self._lock:
            has_changed = self._version != self._written
        pause = SAVE_PAUSE_MS if has_changed else MARK_INTERVAL_MS
        if now < self._retry_ms or now - self._marked_ms < pause:
            return
        try:
            self.save()
        except PetcamError:  # it is in the log
            self._retry_ms = now + RETRY_MS

    def _end(self, sessions: list[Session]) -> None:
        with self._lock:
            for session in sessions:
                self._sessions.pop(session.hash, None)
                self._seen_ms.pop(session.hash, None)
            self._version += 1

    def _write(self) -> None:
        """Called with _write_lock held."""
        with self._lock:
            version, now = self._version, self.clock()
            rows = [_row(session, self._seen_ms[session.hash], now) for session in self._sessions.values()]
        self._file.write_document({"boot": self._boot, "at_ms": now, "sessions": rows})
        self._written, self._marked_ms, self.trouble = version, now, None

    def _drop(self, sessions: list[Session]) -> None:
        """Those end by themselves. Called with _lock held."""
        for session in sessions:
            del self._sessions[session.hash], self._seen_ms[session.hash]
            self._ended.append(session.id)

    def _is_over(self, session: Session, current: dict[Role, str | None], now: int) -> bool:
        """Called with _lock held."""
        is_current = current[session.role] in (None, session.generation)
        return not is_current or _has_expired(session, self._seen_ms[session.hash], now)

    def _current(self, role: Role) -> str | None:
        """None where it cannot be told now."""
        try:
            return self._generation(role)
        except PetcamError:
            return None

    def _read(self, wall_time: float) -> list[Session]:
        """Empty where the file is missing or damaged: everybody has to log in again."""
        try:
            return self._file.read(partial(_parse, boot=self._boot, now=self.clock(), wall_time=wall_time)) or []
        except PetcamError as error:
            self.trouble = error
            return []


def sessions_trouble(directory: Path) -> PetcamError | None:
    """What is wrong with the file, where there is one."""
    return StateFile(directory, KIND).trouble(partial(_parse, boot="", now=0, wall_time=0.0))


def _has_expired(session: Session, seen_ms: int, now: int) -> bool:
    return now - seen_ms >= MAX_UNUSED_MS or session.seconds_left(now) <= 0


def _row(session: Session, seen_ms: int, now: int) -> Document:
    return {
        "hash": session.hash,
        "id": session.id,
        "role": session.role.value,
        "generation": session.generation,
        "lived_s": (now - session.began_ms) // 1000,
        "unused_s": (now - seen_ms) // 1000,
    }


def _parse(data: bytes, boot: str, now: int, wall_time: float) -> list[Session]:
    document = unsealed(data)
    if "boot" not in document:
        return _parse_by_wall_clock(document, now, wall_time)
    require_keys(document, "boot", "at_ms", "sessions")
    written_in, at_ms = text_of(document, "boot", BOOT_ID_PATTERN), whole_number_of(document, "at_ms", MAX_NUMBER)
    written_ms = min(now, at_ms) if written_in == boot else now
    found = []
    for each in _list_of(document):
        row = require_keys(each, *ROW_KEYS, "lived_s", "unused_s")
        lived, unused = (1000 * whole_number_of(row, name, MAX_NUMBER) for name in ("lived_s", "unused_s"))
        found.append(_session(row, written_ms - lived, written_ms - unused))
    return found


def _parse_by_wall_clock(document: Document, now: int, wall_time: float) -> list[Session]:
    """The file as an older petcam wrote it: ``started`` and ``seen`` are Unix time. Whoever is logged in by the clock
    as it is now stays so, for no longer than a new session."""
    require_keys(document, "sessions")
    rows = [require_keys(row, *ROW_KEYS, "started", "seen") for row in _list_of(document)]
    ages = [[max(0, int(1000 * (wall_time - _time_of(row, name)))) for name in ("started", "seen")] for row in rows]
    found = [_session(row, now - lived, now - unused) for row, (lived, unused) in zip(rows, ages, strict=True)]
    return [session for session in found if not _has_expired(session, session.seen_ms, now)]


def _list_of(document: Document) -> list[object]:
    if type(document["sessions"]) is not list:
        raise ValueError("has no list of sessions")
    found: list[object] = document["sessions"]
    return found


def _session(row: Document, began_ms: int, seen_ms: int) -> Session:
    name, session_id = text_of(row, "hash", "[0-9a-f]{64}"), text_of(row, "id", "[0-9a-f]{32}")
    generation = text_of(row, "generation", "[0-9a-f-]{1,80}")
    return Session(name, session_id, Role(row["role"]), generation, began_ms, seen_ms)


def _time_of(row: Document, name: str) -> float:
    """Raises ValueError unless the field is a moment of Unix time."""
    found = row[name]
    if type(found) not in (int, float) or not 0 <= found <= MAX_NUMBER:
        raise ValueError(f"has a bad {name}")
    return float(found)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
