"""The account page: log out, here or everywhere; the owner can also change the two passwords.

``account.html`` gets ``has_viewer`` (bool), ``done`` (``""``, ``"password"``, ``"viewer"`` or
``"removed"``), ``problem`` (``""``, ``"length"``, ``"differ"``, ``"same"``, ``"wrong"`` or ``"wait"``, then with
``seconds``) and ``form``, the form that the problem is in (``"password"`` or ``"viewer"``).
"""

import logging
import math
from collections.abc import Callable

from flask import Flask, Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from petcam.access import Owner, Role
from petcam.errors import PetcamError
from petcam.web.http import Mark, marked, redirect_to
from petcam.web.login.visitors import Visitors

DONE_ACTIONS = ("password", "viewer", "removed")
STATUS = {"wrong": 403, "wait": 429}

_log = logging.getLogger(__name__)


class AccountPage:
    def __init__(self, visitors: Visitors, owner: Owner) -> None:
        self._visitors, self._owner = visitors, owner

    def register(self, app: Flask) -> None:
        self._add(app, "", "GET", self.show)
        self._add(app, "/password", "POST", self.change_password)
        self._add(app, "/viewer", "POST", self.change_viewer_password)
        self._add(app, "/viewer/remove", "POST", self.remove_viewer_password)
        self._add(app, "/logout-everywhere", "POST", self.log_out_everywhere)

    def _add(self, app: Flask, path: str, method: str, view: Callable[[], AnyResponse]) -> None:
        """Without login (``auth.mode: none``) there is no account: the routes lead to the live page."""
        view = view if self._visitors.login_needed else _to_the_live_page
        app.add_url_rule(f"/account{path}", f"account{path}", view, methods=[method])

    @marked(Mark.PAGE)
    def show(self) -> AnyResponse:
        done = request.args.get("done", "")
        return self._page(done=done if done in DONE_ACTIONS else "")

    @marked(Mark.PAGE)
    def change_password(self) -> AnyResponse:
        """Ends every session; this browser gets a new one."""
        problem, seconds = self._change(self._owner.set_password)
        if problem:
            return self._page(form="password", problem=problem, seconds=seconds)
        _log.warning("the owner's password was changed, from %s", request.remote_addr)
        self._visitors.end_all()
        return self._visitors.admit(_back("password"), Role.OWNER)

    @marked(Mark.PAGE)
    def change_viewer_password(self) -> AnyResponse:
        """Ends the sessions of viewers."""
        problem, seconds = self._change(self._owner.set_viewer_password)
        if problem:
            return self._page(form="viewer", problem=problem, seconds=seconds)
        self._visitors.end_all(Role.VIEWER)
        return _back("viewer")

    @marked(Mark.PAGE)
    def remove_viewer_password(self) -> AnyResponse:
        self._owner.remove_viewer_password()
        self._visitors.end_all(Role.VIEWER)
        return _back("removed")

    @marked(Mark.PAGE)
    def log_out_everywhere(self) -> AnyResponse:
        self._visitors.end_all()
        return redirect_to(url_for("login_form"), 303)

    def _change(self, set_to: Callable[[str], None]) -> tuple[str, int]:
        """Set the new password; returns the problem and the seconds to wait. The owner's password is required again,
        because the phone may have been left unlocked."""
        password = request.form.get("password", "")
        if password != request.form.get("again", ""):
            return "differ", 0
        with self._visitors.throttled() as attempt:
            if attempt.wait > 0:
                return "wait", math.ceil(attempt.wait)
            attempt.correct = self._owner.verify(request.form.get("current", "")) is Role.OWNER
        if not attempt.correct:
            return "wrong", 0
        try:
            set_to(password)
        except PetcamError:
            return ("same" if password == request.form.get("current") else "length"), 0
        return "", 0

    def _page(self, form: str = "", problem: str = "", seconds: int = 0, done: str = "") -> Response:
        page = render_template(
            "account.html",
            has_viewer=self._owner.has_viewer(),
            form=form,
            problem=problem,
            seconds=seconds,
            done=done,
        )
        return make_response(page, STATUS.get(problem, 400) if problem else 200)


def _back(done: str) -> AnyResponse:
    return redirect_to(url_for("account", done=done), 303)


@marked(Mark.PAGE)
def _to_the_live_page() -> AnyResponse:
    return redirect_to("/")
