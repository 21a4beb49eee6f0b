"""Whose request this is, and how a visitor is admitted and shown out."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import g, request
from werkzeug.wrappers import Response

from petcam.access import Role, ViewingTokens
from petcam.web.login.cookie import Cookie
from petcam.web.login.sessions import Session, Sessions
from petcam.web.login.throttle import Throttle, network_of


@dataclass
class Attempt:
    wait: float  # seconds before the next one; 0: go on, and say whether it was right
    right: bool = False


class Visitors:
    """``login_needed`` is false with ``auth.mode: none``. ``end_streams`` gets the session whose streams are to end;
    None: all of them."""

    def __init__(
        self,
        login_needed: bool,
        sessions: Sessions,
        cookie: Cookie,
        throttle: Throttle,
        viewing: ViewingTokens,
        end_streams: Callable[[str | None], None],
    ) -> None:
        self.login_needed = login_needed
        self.viewing = viewing
        self._sessions, self._cookie, self._throttle = sessions, cookie, throttle
        self._end_streams = end_streams

    def session(self) -> Session | None:
        """Of the current request; looked up once."""
        if "petcam_session" not in g:
            token = self._cookie.token()
            g.petcam_session = self._sessions.find(token) if token else None
        found: Session | None = g.petcam_session
        return found

    def seconds_left(self, session: Session) -> float:
        return session.seconds_left(self._sessions.clock())

    def admission(self) -> Callable[[], bool]:
        """Whether what let the viewer in still lasts; asked once a second or more, outside the request."""
        if not self.login_needed:
            return lambda: True
        sessions, token = self._sessions, self._cookie.token()
        if self.session() is not None:
            return lambda: sessions.find(token) is not None
        viewing, program = self.viewing, viewing_token()
        return lambda: viewing.accepts(program)

    def is_owner(self) -> bool:
        """Who may change things: the owner, or everybody where there is no login."""
        found = self.session()
        return not self.login_needed or (found is not None and found.role is Role.OWNER)

    def admit(self, answer: Response, role: Role) -> Response:
        """A new session with ``answer``, never one that was there before."""
        self.end_session()
        self._cookie.give(answer, self._sessions.begin(role))
        return answer

    def end_session(self) -> None:
        found = self.session()
        if found is not None:
            self._sessions.end(found)
            self._end_streams(found.id)
        g.petcam_session = None

    def end_all(self, role: Role | None = None) -> None:
        """Every session of one role, or every session there is, with its streams."""
        ended = self._sessions.end_all(role)
        if role is None:
            g.petcam_session = None
            self._end_streams(None)
            return
        for name in ended:
            self._end_streams(name)

    @contextmanager
    def throttled(self) -> Iterator[Attempt]:
        """Around the check of a password."""
        token = self._cookie.token()
        who, stranger = network_of(request.remote_addr or ""), True
        if token:
            who, stranger = f"browser {hashlib.sha256(token.encode()).hexdigest()[:12]}", False
        attempt = Attempt(self._throttle.begin(who, stranger))
        if attempt.wait > 0:
            yield attempt
            return
        try:
            yield attempt
        finally:
            self._throttle.end(who, attempt.right, stranger)


def viewing_token() -> str:
    """Of the current request: as Bearer, or as the password of HTTP Basic, which is all that many players know."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bearer.strip()
    given = request.authorization
    return (given.password or "") if given is not None else ""
