"""The page of the first visit, which sets the owner's password.

``setup.html`` gets ``next`` (a local path) and ``problem`` (``""``, ``"length"``, ``"differ"`` or ``"late"``); its form
POSTs ``password``, ``again`` and ``next`` to ``/setup``.
"""

import logging

from flask import Flask, Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from petcam.access import Owner, Role
from petcam.errors import Code, PetcamError
from petcam.web.http import Mark, local_path, marked, redirect_to
from petcam.web.login.visitors import Visitors

_log = logging.getLogger(__name__)


class FirstVisit:
    def __init__(self, visitors: Visitors, owner: Owner) -> None:
        self._visitors, self._owner = visitors, owner

    def register(self, app: Flask) -> None:
        app.add_url_rule("/setup", "setup_form", self.form)
        app.add_url_rule("/setup", "setup", self.set_up, methods=["POST"])

    @marked(Mark.PAGE, Mark.FOR_EVERYBODY)
    def form(self) -> AnyResponse:
        target = local_path(request.args.get("next", "/"))
        if not self._visitors.login_needed or not self._owner.is_first_visit():
            return redirect_to(url_for("login_form", next=target))
        return _page(target)

    @marked(Mark.PAGE, Mark.FOR_EVERYBODY)
    def set_up(self) -> AnyResponse:
        """Only the first request succeeds; it also begins a session."""
        target, password = local_path(request.form.get("next", "/")), request.form.get("password", "")
        if not self._visitors.login_needed:
            return redirect_to(target, 303)
        problem = "differ" if password != request.form.get("again", "") else self._claim(password)
        if problem:
            return _page(target, problem, 403 if problem == "late" else 400)
        _log.warning("the owner's password was set at the first visit, from %s", request.remote_addr)
        return self._visitors.admit(redirect_to(target, 303), Role.OWNER)

    def _claim(self, password: str) -> str:
        """The problem; empty where the password was set."""
        try:
            self._owner.claim(password)
        except PetcamError as error:
            return "length" if error.code is Code.BAD_REQUEST else "late"
        return ""


def _page(target: str, problem: str = "", status: int = 200) -> Response:
    return make_response(render_template("setup.html", next=target, problem=problem), status)
