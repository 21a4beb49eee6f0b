"""Finds the session of a request, and begins and ends sessions."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import g, request
from werkzeug.wrappers import Response

from petcam.access import Role, ViewingTokens
from petcam.system.network import network_of
from petcam.web.login.cookie import Cookie
from petcam.web.login.sessions import Session, Sessions
from petcam.web.login.throttle import Throttle


@dataclass
class Attempt:
    wait: float  # seconds before the next try; 0: check the password, and set ``correct``
    correct: bool = False


class Visitors:
    """``login_needed`` is false with ``auth.mode: none``. ``end_streams`` is called with the id of the session whose
    streams are to end, or with None for all of them."""

    def __init__(
        self,
        login_needed: bool,
        sessions: Sessions,
        cookie: Cookie,
        throttle: Throttle,
        viewing_tokens: ViewingTokens,
        end_streams: Callable[[str | None], None],
    ) -> None:
        self.login_needed = login_needed
        self.viewing_tokens = viewing_tokens
        self._sessions, self._cookie, self._throttle = sessions, cookie, throttle
        self._end_streams = end_streams

    def session(self) -> Session | None:
        """The session of the current request; looked up once."""
        if "petcam_session" not in g:
            token = self._cookie.token()
            g.petcam_session = self._sessions.find(token) if token else None
        found: Session | None = g.petcam_session
        return found

    def seconds_left(self, session: Session) -> float:
        return session.seconds_left(self._sessions.clock())

    def admission(self) -> Callable[[], bool]:
        """A function that tells whether the client of the current request is still let in.

        Open streams call it about once a second, outside the request.
        """
        if not self.login_needed:
            return lambda: True
        sessions, token = self._sessions, self._cookie.token()
        if self.session() is not None:
            return lambda: sessions.find(token) is not None
        viewing_tokens, presented = self.viewing_tokens, viewing_token()
        return lambda: viewing_tokens.accepts(presented)

    def holders(self) -> list[str]:
        """Whom the current request counts for where places are shared out: its session or viewing token, its network.

        The network too, since who knows a password can log in again and again.
        """
        found, network = self.session(), network_of(request.remote_addr or "")
        if found is not None:
            return [f"session {found.id}", network]
        token = viewing_token() if self.login_needed else ""
        return [f"token {hashlib.sha256(token.encode()).hexdigest()}", network] if token else [network]

    def is_owner(self) -> bool:
        """Whether this visitor may change things: as the owner, or as anybody where there is no login."""
        found = self.session()
        return not self.login_needed or (found is not None and found.role is Role.OWNER)

    def admit(self, answer: Response, role: Role) -> Response:
        """Begin a new session and put its cookie into ``answer``; a session that was there before is ended."""
        self.end_session()
        self._cookie.set_on(answer, self._sessions.begin(role))
        return answer

    def end_session(self) -> None:
        found = self.session()
        if found is not None:
            self._sessions.end(found)
            self._end_streams(found.id)
        g.petcam_session = None

    def end_all(self, role: Role | None = None) -> None:
        """End every session of ``role``, or every session there is, with its streams."""
        ended = self._sessions.end_all(role)
        if role is None:
            g.petcam_session = None
            self._end_streams(None)
            return
        for name in ended:
            self._end_streams(name)

    @contextmanager
    def throttled(self) -> Iterator[Attempt]:
        """A context around the check of a password; ``Attempt.correct`` is to be set in it."""
        token = self._cookie.token()
        client, unknown = network_of(request.remote_addr or ""), True
        if token:
            client, unknown = f"browser {hashlib.sha256(token.encode()).hexdigest()[:12]}", False
        attempt = Attempt(self._throttle.begin(client, unknown))
        if attempt.wait > 0:
            yield attempt
            return
        try:
            yield attempt
        finally:
            self._throttle.end(client, attempt.correct, unknown)


def viewing_token() -> str:
    """The token in the current request: Bearer, or the password of HTTP Basic, since many players know only that."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    return _basic_password(given) if scheme.lower() == "basic" else ""


def _basic_password(credentials: str) -> str:
    """Empty where they are not as they should be. werkzeug's own reader raises for some of those, by its version."""
    try:
        return base64.b64decode(credentials.strip()).decode().partition(":")[2]
    except ValueError:  # no base64, no ASCII, no UTF-8
        return ""
