"""The gate that every request passes: who is not logged in sees the login, and who may only watch changes nothing."""

from flask import Flask, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from petcam.access import Role
from petcam.errors import Code, PetcamError
from petcam.web.http import SAFE_METHODS, Mark, error_body, go_to, has, is_page, petcam_answer
from petcam.web.login.sessions import Session
from petcam.web.login.visitors import Visitors, viewing_token


class Gate:
    def __init__(self, visitors: Visitors) -> None:
        self._visitors = visitors

    def register(self, app: Flask) -> None:
        app.before_request(self.check)

    def check(self) -> AnyResponse | None:
        if not self._visitors.login_needed or has(Mark.FOR_EVERYBODY):
            return None
        session = self._visitors.session()
        if session is None:
            return self._refuse()
        if _is_denied(session):
            message = "viewers may only watch; log in with the owner's password"
            raise PetcamError(Code.FORBIDDEN, message, key="refusals.viewers_only_watch")
        return None

    def _refuse(self) -> AnyResponse | None:
        """Who is not logged in; a program may bring a viewing token instead."""
        if has(Mark.FOR_PROGRAMS):
            return None if self._visitors.viewing.accepts(viewing_token()) else _challenge()
        if not is_page():
            raise PetcamError(Code.UNAUTHORIZED, "log in first")
        target = request.full_path.rstrip("?") if request.method in SAFE_METHODS else "/"
        return go_to(url_for("login_form", next=target))


def _is_denied(session: Session) -> bool:
    """Whether a viewer asks for a change that is the owner's. Paths without a route stay with their 404."""
    changes = request.method not in SAFE_METHODS and request.endpoint is not None
    return session.role is Role.VIEWER and changes and not has(Mark.FOR_VIEWERS)


def _challenge() -> AnyResponse:
    """Players send a name and a password only when asked for them; a browser would put a box before its user."""
    error = PetcamError(Code.UNAUTHORIZED, "log in first, or bring a viewing token: sudo petcam token add")
    answer = petcam_answer(error, error_body(error))
    answer.headers.add("WWW-Authenticate", 'Bearer realm="petcam"')
    if "Mozilla/" not in request.headers.get("User-Agent", ""):
        answer.headers.add("WWW-Authenticate", 'Basic realm="petcam"')
    return answer
