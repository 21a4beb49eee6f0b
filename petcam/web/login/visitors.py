"""Finds the session of a request, and begins and ends sessions."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import g, request
from werkzeug.wrappers import Response

from petcam.access import Role, ViewingTokens
from petcam.errors import PetcamError
from petcam.system.network import network_of
from petcam.web.login.cookie import NOTHING, Cookie, Presented, mark_of
from petcam.web.login.sessions import Session, Sessions
from petcam.web.login.throttle import Throttle

VIEWERS_BROWSERS = "viewers' browsers"
BROWSERS_OF_BEFORE = "browsers of before the owner's present password"
SHARED_POTS = (VIEWERS_BROWSERS, BROWSERS_OF_BEFORE)


@dataclass
class Attempt:
    wait: float  # seconds before the next try; 0: check the password, and set ``role``
    role: Role | None = None  # that the password is for; None: it was wrong


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
        owners_generation: Callable[[], str],
        end_streams: Callable[[str | None], None],
    ) -> None:
        self.login_needed = login_needed
        self.viewing_tokens = viewing_tokens
        self._sessions, self._cookie, self._throttle = sessions, cookie, throttle
        self._owners_generation, self._end_streams = owners_generation, end_streams

    def session(self) -> Session | None:
        """The session of the current request; looked up once."""
        if "petcam_session" not in g:
            token = self._cookie.read().token
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
        sessions, token = self._sessions, self._cookie.read().token
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

    def troubles(self) -> list[PetcamError]:
        """What is wrong with the state that visitors depend on, apart from the passwords."""
        found = (self._sessions.trouble, self._cookie.trouble, self.viewing_tokens.trouble())
        return [error for error in found if error is not None]

    def admit(self, answer: Response, role: Role, generation: str) -> Response:
        """Begin a new session and put its cookie into ``answer``; a session that was there before is ended. Waits for
        no disk: if that fails now, both are as before, and it is logged in once more."""
        found = self.session()
        if found is not None:
            self._sessions.end(found)
            self._end_streams(found.id)
        g.petcam_session = None
        self._cookie.set_on(answer, self._sessions.begin(role, generation), role, generation)
        return answer

    def end_session(self) -> None:
        """Raises ``STATE_NOT_WRITTEN`` or ``STATE_NOT_SYNCED``: it has ended, and a restart may bring it back."""
        found = self.session()
        g.petcam_session = None
        if found is not None:
            self._sessions.end(found)
            self._end_streams(found.id)
            self._sessions.make_durable()

    def end_all(self, role: Role | None = None) -> None:
        """End every session of ``role``, or every session there is, with its streams. Raises as above."""
        ended: list[str] | list[None] = self._sessions.end_all(role)
        if role is None:
            g.petcam_session, ended = None, [None]
        for each in ended:
            self._end_streams(each)
        self._sessions.make_durable()

    @contextmanager
    def throttled(self) -> Iterator[Attempt]:
        """A context around the check of a password; ``Attempt.role`` is to be set in it."""
        client, unknown = self._client()
        wait = self._throttle.begin(client, unknown)
        if wait > 0 and client in SHARED_POTS:  # others may have used it up: then as without a cookie
            client, unknown = network_of(request.remote_addr or ""), True
            wait = self._throttle.begin(client, unknown)
        attempt = Attempt(wait)
        if wait > 0:
            yield attempt
            return
        try:
            yield attempt
        finally:
            self._throttle.end(client, attempt.role is not None, unknown, attempt.role is Role.OWNER)

    def _client(self) -> tuple[str, bool]:
        """As whom the throttle counts the current request, and whether that is a stranger.

        A browser has a pot of its own only by a cookie that takes the owner's present password to get. All others that
        were let in before share two pots, however many cookies they have collected.
        """
        shown = self._cookie.read()
        if shown == NOTHING:
            return network_of(request.remote_addr or ""), True
        if shown.role is Role.VIEWER:
            return VIEWERS_BROWSERS, False
        if self._is_owners(shown):
            return f"owner's browser {hashlib.sha256(shown.token.encode()).hexdigest()[:12]}", False
        return BROWSERS_OF_BEFORE, False

    def _is_owners(self, shown: Presented) -> bool:
        try:
            return shown.role is Role.OWNER and shown.mark == mark_of(self._owners_generation())
        except PetcamError:
            return False


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
