"""The check that every request passes: without a session it leads to the login, and a viewer may change nothing."""

from flask import Flask, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from petcam.access import Role
from petcam.errors import Code, PetcamError
from petcam.web.http import (
    CONNECTION_KEY,
    SAFE_METHODS,
    Mark,
    error_answer,
    error_body,
    has_mark,
    is_page,
    redirect_to,
    wants_html,
)
from petcam.web.login.sessions import Session
from petcam.web.login.visitors import Visitors, viewing_token


class Gate:
    def __init__(self, visitors: Visitors) -> None:
        self._visitors = visitors

    def register(self, app: Flask) -> None:
        app.before_request(self.check)

    def check(self) -> AnyResponse | None:
        if not self._visitors.login_needed or has_mark(Mark.FOR_EVERYBODY):
            return None
        session = self._visitors.session()
        if CONNECTION_KEY in request.environ:
            request.environ[CONNECTION_KEY].let_in(session.id if session else "")
        if session is None:
            return self._answer_without_session()
        if _is_only_owners(session):
            message = "viewers may only watch; log in with the owner's password"
            raise PetcamError(Code.FORBIDDEN, message, key="refusals.viewers_only_watch")
        return None

    def _answer_without_session(self) -> AnyResponse | None:
        """The login page, or 401; None where a viewing token opens the route to a program."""
        if has_mark(Mark.FOR_SWITCHES) and self._visitors.viewing_tokens.may_turn_camera(viewing_token()):
            return None
        if has_mark(Mark.FOR_PROGRAMS):
            return None if self._visitors.viewing_tokens.accepts(viewing_token()) else _challenge()
        if not is_page() and not wants_html():
            raise PetcamError(Code.UNAUTHORIZED, "log in first")
        target = request.full_path.rstrip("?") if request.method in SAFE_METHODS else "/"
        return redirect_to(url_for("login_form", next=target))


def _is_only_owners(session: Session) -> bool:
    """Whether a viewer asks for what is the owner's, as most changes are. Paths without a route keep their 404."""
    changes = request.method not in SAFE_METHODS and request.endpoint is not None
    is_owners = (changes and not has_mark(Mark.FOR_VIEWERS)) or has_mark(Mark.FOR_OWNER)
    return session.role is Role.VIEWER and is_owners


def _challenge() -> AnyResponse:
    """Media players send name and password only when asked by ``Basic``; browsers would show a dialog, so they are not
    asked that way."""
    error = PetcamError(Code.UNAUTHORIZED, "log in first, or bring a viewing token: sudo petcam token add")
    answer = error_answer(error, error_body(error))
    answer.headers.add("WWW-Authenticate", 'Bearer realm="petcam"')
    if "Mozilla/" not in request.headers.get("User-Agent", ""):
        answer.headers.add("WWW-Authenticate", 'Basic realm="petcam"')
    return answer
