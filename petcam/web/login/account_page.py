"""The account page: log out, here or everywhere; the owner can also change the two passwords.

``account.html`` gets ``has_viewer`` (bool), ``done`` (``""``, ``"password"``, ``"viewer"`` or ``"removed"``),
``troubles`` (pairs of words and command: what is wrong with the state, or could not be written), ``problem`` (``""``,
``"length"``, ``"differ"``, ``"same"``, ``"wrong"`` or ``"wait"``, then with ``seconds``) and ``form``, the form that
the problem is in (``"password"`` or ``"viewer"``).
"""

import logging
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from flask import Flask, Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from petcam.access import Owner, Role
from petcam.errors import Code, PetcamError
from petcam.web.http import STATUS, Mark, marked, redirect_to, site_path
from petcam.web.login.login_pages import LoginPages
from petcam.web.login.troubles import NOT_KEPT, REMOVAL_MAY_NOT_LAST, Shown, shown
from petcam.web.login.visitors import Visitors

DONE_ACTIONS = ("password", "viewer", "removed")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    name: str
    status: int = 400
    seconds: int = 0  # to wait


NO_PROBLEM = Problem("", 200)


class AccountPage:
    def __init__(self, visitors: Visitors, owner: Owner, login_pages: LoginPages) -> None:
        self._visitors, self._owner, self._login_pages = visitors, owner, login_pages

    def register(self, app: Flask) -> None:
        self._add(app, "", "GET", self.show)
        self._add(app, "/password", "POST", self.change_password)
        self._add(app, "/viewer", "POST", self.change_viewer_password)
        self._add(app, "/viewer/remove", "POST", self.remove_viewer_password)
        self._add(app, "/logout-everywhere", "POST", self.log_out_everywhere)

    def _add(self, app: Flask, path: str, method: str, view: Callable[[], AnyResponse]) -> None:
        """Without login (``auth.mode: none``) there is no account: the routes lead to the live page. A form's own
        address, as it stands in the browser once something was wrong with the form, leads to the page of all."""
        view = view if self._visitors.login_needed else _to_the_live_page
        app.add_url_rule(f"/account{path}", f"account{path}", view, methods=[method])
        if method == "POST":
            app.add_url_rule(f"/account{path}", f"account{path}_opened", _to_the_account, methods=["GET"])

    @marked(Mark.PAGE)
    def show(self) -> AnyResponse:
        done = request.args.get("done", "")
        return self._page(done=done if done in DONE_ACTIONS else "")

    @marked(Mark.PAGE)
    def change_password(self) -> AnyResponse:
        """Ends every session; this browser gets a new one."""
        problem = self._problem()
        if problem is not None:
            return self._page("password", problem)
        try:
            generation = self._owner.set_password(request.form.get("password", ""))
        except PetcamError as error:
            if error.code is not Code.STATE_NOT_SYNCED:
                return self._refused("password", error)
            self._end_all()
            return self._login_pages.page("/", STATUS[error.code], said=[NOT_KEPT[error.code]])
        _log.warning("the owner's password was changed, from %s", request.remote_addr)
        self._end_all()
        return self._visitors.admit(_back("password"), Role.OWNER, generation)

    @marked(Mark.PAGE)
    def change_viewer_password(self) -> AnyResponse:
        """Ends the sessions of viewers."""
        problem = self._problem()
        if problem is not None:
            return self._page("viewer", problem)
        try:
            self._owner.set_viewer_password(request.form.get("password", ""))
        except PetcamError as error:
            if error.code is Code.STATE_NOT_SYNCED:
                self._end_all(Role.VIEWER)
            return self._refused("viewer", error)
        self._end_all(Role.VIEWER)
        return _back("viewer")

    @marked(Mark.PAGE)
    def remove_viewer_password(self) -> AnyResponse:
        """Nobody gets in by it from now on; where the disk does not keep that, the page says so."""
        try:
            self._owner.remove_viewer_password()
        except PetcamError as error:
            self._end_all(Role.VIEWER)
            return self._page(status=STATUS[error.code], said=[REMOVAL_MAY_NOT_LAST])
        self._end_all(Role.VIEWER)
        return _back("removed")

    @marked(Mark.PAGE)
    def log_out_everywhere(self) -> AnyResponse:
        return self._login_pages.logged_out(self._visitors.end_all)

    def _end_all(self, role: Role | None = None) -> None:
        """The password that has changed ends them for good, whatever the disk still says of them."""
        with suppress(PetcamError):  # it is in the log
            self._visitors.end_all(role)

    def _problem(self) -> Problem | None:
        """What is wrong with the form. The owner's password is required again, because the phone may have been left
        unlocked."""
        if request.form.get("password", "") != request.form.get("again", ""):
            return Problem("differ")
        with self._visitors.throttled() as attempt:
            if attempt.wait > 0:
                return Problem("wait", 429, math.ceil(attempt.wait))
            if self._owner.verify(request.form.get("current", "")) is Role.OWNER:
                attempt.role = Role.OWNER
        return None if attempt.role else Problem("wrong", 403)

    def _refused(self, form: str, error: PetcamError) -> Response:
        """The page where the new password was not set, or may not last."""
        if error.code in NOT_KEPT:
            return self._page(status=STATUS[error.code], said=[NOT_KEPT[error.code]])
        is_same = request.form.get("password") == request.form.get("current")
        return self._page(form, Problem("same" if is_same else "length"))

    def _page(
        self,
        form: str = "",
        problem: Problem = NO_PROBLEM,
        done: str = "",
        status: int = 0,
        said: Sequence[Shown] = (),
    ) -> Response:
        page = render_template(
            "account.html",
            has_viewer=self._owner.has_viewer(),
            troubles=[*said, *shown([*self._owner.troubles(), *self._visitors.troubles()])],
            form=form,
            problem=problem.name,
            seconds=problem.seconds,
            done=done,
        )
        return make_response(page, status or problem.status)


def _back(done: str) -> AnyResponse:
    return redirect_to(url_for("account", done=done), 303)


@marked(Mark.PAGE)
def _to_the_account() -> AnyResponse:
    return redirect_to(url_for("account"))


@marked(Mark.PAGE)
def _to_the_live_page() -> AnyResponse:
    return redirect_to(site_path("/"))
