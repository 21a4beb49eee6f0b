"""Logging in and out.

``login.html`` gets ``next`` (a local path), ``password_set`` (bool) and ``problem`` (``""``, ``"wrong"`` or ``"wait"``,
then with ``seconds``); its form POSTs ``password`` and ``next`` to ``/login``.
"""

import logging
import math

from flask import Flask, Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from petcam.access import Owner
from petcam.web.http import Mark, local_path, marked, redirect_to
from petcam.web.login.visitors import Visitors

_log = logging.getLogger(__name__)


class LoginPages:
    def __init__(self, visitors: Visitors, owner: Owner) -> None:
        self._visitors, self._owner = visitors, owner

    def register(self, app: Flask) -> None:
        app.add_url_rule("/login", "login_form", self.form)
        app.add_url_rule("/login", "login", self.log_in, methods=["POST"])
        app.add_url_rule("/logout", "logout", self.log_out, methods=["POST"])

    @marked(Mark.PAGE, Mark.FOR_EVERYBODY)
    def form(self) -> AnyResponse:
        target = local_path(request.args.get("next", "/"))
        if not self._visitors.login_needed or self._visitors.session() is not None:
            return redirect_to(target)
        if self._owner.is_first_visit():
            return redirect_to(url_for("setup_form", next=target))
        return self._page(target)

    @marked(Mark.PAGE, Mark.FOR_EVERYBODY)
    def log_in(self) -> AnyResponse:
        target = local_path(request.form.get("next", "/"))
        with self._visitors.throttled() as attempt:
            if attempt.wait > 0:
                return self._page(target, 429, problem="wait", seconds=math.ceil(attempt.wait))
            role = self._owner.verify(request.form.get("password", ""))
            attempt.correct = role is not None
        if role is None:
            return self._page(target, 401, problem="wrong")
        _log.info("%s logged in from %s", role.value, request.remote_addr)
        return self._visitors.admit(redirect_to(target, 303), role)

    @marked(Mark.PAGE, Mark.FOR_VIEWERS)
    def log_out(self) -> AnyResponse:
        self._visitors.end_session()
        return redirect_to(url_for("login_form"), 303)

    def _page(self, target: str, status: int = 200, problem: str = "", seconds: int = 0) -> Response:
        is_set = self._owner.is_set()
        page = render_template("login.html", next=target, password_set=is_set, problem=problem, seconds=seconds)
        answer = make_response(page, status)
        if seconds:
            answer.headers["Retry-After"] = str(seconds)
        return answer
