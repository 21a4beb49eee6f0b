"""Whose request this is, and how a visitor is admitted and shown out."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from flask import g, request
from werkzeug.wrappers import Response

from petcam.access.owner import Role
from petcam.errors import PetcamError
from petcam.web.login.sessions import Session
from petcam.web.login.throttle import network_of
from petcam.web.services import services


@dataclass
class Attempt:
    wait: float  # seconds before the next one; 0: go on, and say whether it was right
    right: bool = False


def session() -> Session | None:
    """Of the current request; looked up once."""
    if "petcam_session" not in g:
        token = services().cookie.token()
        g.petcam_session = services().sessions.find(token) if token else None
    found: Session | None = g.petcam_session
    return found


def viewing_token() -> str:
    """Of the current request: as Bearer, or as the password of HTTP Basic, which is all that many players know."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bearer.strip()
    given = request.authorization
    return (given.password or "") if given is not None else ""


def admission() -> Callable[[], bool]:
    """Whether what let the viewer in still lasts; asked once a second or more, outside the request."""
    if services().config.auth.mode == "none":
        return lambda: True
    sessions, token = services().sessions, services().cookie.token()
    if session() is not None:
        return lambda: sessions.find(token) is not None
    viewing, program = services().viewing, viewing_token()
    return lambda: viewing.accepts(program)


def is_owner() -> bool:
    """Who may change things: the owner, or everybody where there is no login."""
    found = session()
    return services().config.auth.mode == "none" or (found is not None and found.role is Role.OWNER)


def admit(answer: Response, role: Role) -> Response:
    """A new session with ``answer``, never one that was there before."""
    end_session()
    services().cookie.give(answer, services().sessions.begin(role))
    return answer


def end_session() -> None:
    found = session()
    if found is not None:
        services().sessions.end(found)
        _end_streams({"session": found.id})
    g.petcam_session = None


def end_all(role: Role | None = None) -> None:
    """Every session of one role, or every session there is, with its streams."""
    ended = services().sessions.end_all(role)
    if role is None:
        g.petcam_session = None
        _end_streams({"all": True})
        return
    for name in ended:
        _end_streams({"session": name})


@contextmanager
def throttled() -> Iterator[Attempt]:
    """Around the check of a password."""
    throttle, token = services().throttle, services().cookie.token()
    who, stranger = network_of(request.remote_addr or ""), True
    if token:
        who, stranger = f"browser {hashlib.sha256(token.encode()).hexdigest()[:12]}", False
    attempt = Attempt(throttle.begin(who, stranger))
    if attempt.wait > 0:
        yield attempt
        return
    try:
        yield attempt
    finally:
        throttle.end(who, attempt.right, stranger)


def _end_streams(of: dict[str, object]) -> None:
    """``{"session": id}`` or ``{"all": true}``. A streamer that does not answer has none, or none that still run."""
    own = services().webrtc
    if own is not None:
        own.end_session(None if of.get("all") else str(of["session"]))
    with suppress(PetcamError):  # the client has logged it
        services().streamer.control("/sessions/end", json.dumps(of).encode())
