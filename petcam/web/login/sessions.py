"""Who is logged in. The browser has a random token; here, and in the state directory, is only its SHA-256.

A session ends when its role's password changes, after 30 days unused, after 180 days, or when it is ended.
The file is ``{"sessions": [{"hash", "id", "role", "generation", "started", "seen"}]}``; times are seconds of the clock.
"""

import hashlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from petcam.access import Role, write_private

LONGEST_UNUSED = 30 * 86400.0  # seconds
LONGEST_SESSION = 180 * 86400.0
WRITE_SEEN_EVERY = 86400.0  # so often a visit is written down: an SD card is not written for every request
MOST_SESSIONS = 200  # sessions; the one that was unused for longest goes first

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Session:
    hash: str  # of its token
    id: str  # for the streamer; opens nothing
    role: Role
    generation: str
    started: float
    seen: float

    def seconds_left(self, now: float) -> float:
        """Until it ends for good. A clock that was set back lengthens nothing beyond the whole."""
        return min(LONGEST_SESSION, self.started + LONGEST_SESSION - now)


class Sessions:
    def __init__(self, file: Path, generation: Callable[[Role], str], clock: Callable[[], float] = time.time) -> None:
        self._file, self._generation, self.clock = file, generation, clock
        self._lock = threading.Lock()
        self._writing = threading.Lock()  # taken before _lock, so that the newest state is written last
        self._sessions = {session.hash: session for session in _read(file)}  # guarded by _lock

    def begin(self, role: Role) -> str:
        """The new session's token."""
        token, now = secrets.token_urlsafe(32), self.clock()
        session = Session(_digest(token), secrets.token_hex(16), role, self._generation(role), now, now)
        with self._lock:
            self._sessions[session.hash] = session
            if len(self._sessions) > MOST_SESSIONS:
                del self._sessions[min(self._sessions.values(), key=lambda each: each.seen).hash]
        self._save()
        return token

    def find(self, token: str) -> Session | None:
        """The session of ``token`` while it lasts; being asked for, it counts as used."""
        now = self.clock()
        with self._lock:
            session = self._sessions.get(_digest(token))
        if session is None:
            return None
        if not self._lasts(session, now):
            self._forget([session])
            return None
        if abs(now - session.seen) >= WRITE_SEEN_EVERY:
            with self._lock:
                if session.hash in self._sessions:  # not ended meanwhile
                    self._sessions[session.hash] = replace(session, seen=now)
            self._save()
        return session

    def end(self, session: Session) -> None:
        self._forget([session])

    def end_all(self, role: Role | None = None) -> list[str]:
        """Of one role, or all; their ids."""
        with self._lock:
            ended = [session for session in self._sessions.values() if role in (None, session.role)]
        self._forget(ended)
        return [session.id for session in ended]

    def _lasts(self, session: Session, now: float) -> bool:
        current = self._generation(session.role)
        used = now - session.seen < LONGEST_UNUSED
        return bool(current) and session.generation == current and used and session.seconds_left(now) > 0

    def _forget(self, sessions: list[Session]) -> None:
        with self._lock:
            for session in sessions:
                self._sessions.pop(session.hash, None)
        self._save()

    def _save(self) -> None:
        """A disk that cannot be written must lock nobody out: the sessions then last until the service's end."""
        with self._writing:
            with self._lock:
                rows = [{**asdict(session), "role": session.role.value} for session in self._sessions.values()]
            try:
                write_private(self._file, json.dumps({"sessions": rows}).encode())
            except OSError as error:
                _log.error("%s: cannot be written: %s", self._file, error.strerror)


def _read(file: Path) -> list[Session]:
    """None of a file that is not there or damaged: everybody logs in anew."""
    try:
        rows = json.loads(file.read_bytes())["sessions"]
        return [Session(**{**row, "role": Role(row["role"])}) for row in rows]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        _log.warning("%s: cannot be read, so every session has ended: %s", file, error)
        return []


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
