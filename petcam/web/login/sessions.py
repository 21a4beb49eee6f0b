"""The login sessions. The browser has a random token; only its SHA-256 is kept here and in the state directory.

A session ends when its role's password changes, after 30 days unused, after 180 days, or when it is ended.
The file is ``{"sessions": [{"hash", "id", "role", "generation", "started", "seen"}]}``; times are Unix time.
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

MAX_UNUSED_SECONDS = 30 * 86400.0
MAX_SESSION_SECONDS = 180 * 86400.0
SEEN_WRITE_INTERVAL_SECONDS = 86400.0  # ``seen`` is written this often, not at each request, to spare the SD card
MAX_SESSIONS = 200  # then the one that was unused for longest is ended

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Session:
    hash: str  # of its token
    id: str  # by which the streamer knows it; gives no access
    role: Role
    generation: str
    started: float
    seen: float

    def seconds_left(self, now: float) -> float:
        """Until it ends even if it is used. A clock that was set back never makes it longer than the maximum."""
        return min(MAX_SESSION_SECONDS, self.started + MAX_SESSION_SECONDS - now)


class Sessions:
    def __init__(self, file: Path, generation: Callable[[Role], str], clock: Callable[[], float] = time.time) -> None:
        self._file, self._generation, self.clock = file, generation, clock
        self._lock = threading.Lock()
        self._write_lock = threading.Lock()  # taken before _lock, so that the latest state is written last
        self._sessions = {session.hash: session for session in _read(file)}  # guarded by _lock

    def begin(self, role: Role) -> str:
        """Begin a session and return its token."""
        token, now = secrets.token_urlsafe(32), self.clock()
        session = Session(_digest(token), secrets.token_hex(16), role, self._generation(role), now, now)
        with self._lock:
            self._sessions[session.hash] = session
            if len(self._sessions) > MAX_SESSIONS:
                del self._sessions[min(self._sessions.values(), key=lambda each: each.seen).hash]
        self._save()
        return token

    def find(self, token: str) -> Session | None:
        """The session of ``token`` while it is valid. This counts as a use of it."""
        now = self.clock()
        with self._lock:
            session = self._sessions.get(_digest(token))
        if session is None:
            return None
        if not self._is_valid(session, now):
            self._remove([session])
            return None
        if abs(now - session.seen) >= SEEN_WRITE_INTERVAL_SECONDS:
            with self._lock:
                if session.hash in self._sessions:  # not ended meanwhile
                    self._sessions[session.hash] = replace(session, seen=now)
            self._save()
        return session

    def end(self, session: Session) -> None:
        self._remove([session])

    def end_all(self, role: Role | None = None) -> list[str]:
        """End the sessions of ``role``, or all of them; returns their ids."""
        with self._lock:
            ended = [session for session in self._sessions.values() if role in (None, session.role)]
        self._remove(ended)
        return [session.id for session in ended]

    def _is_valid(self, session: Session, now: float) -> bool:
        current = self._generation(session.role)
        used = now - session.seen < MAX_UNUSED_SECONDS
        return bool(current) and session.generation == current and used and session.seconds_left(now) > 0

    def _remove(self, sessions: list[Session]) -> None:
        with self._lock:
            for session in sessions:
                self._sessions.pop(session.hash, None)
        self._save()

    def _save(self) -> None:
        """Where the disk cannot be written, the sessions last until the service ends, so that nobody is locked out."""
        with self._write_lock:
            with self._lock:
                rows = [{**asdict(session), "role": session.role.value} for session in self._sessions.values()]
            try:
                write_private(self._file, json.dumps({"sessions": rows}).encode())
            except OSError as error:
                _log.error("%s: cannot be written: %s", self._file, error.strerror)


def _read(file: Path) -> list[Session]:
    """Empty where the file is missing or damaged: everybody has to log in again."""
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
