"""Logging in and out.

``login.html`` gets ``next`` (a local path), ``password_set`` (bool), ``troubles`` (pairs of words and command: what is
wrong with the state), ``can_log_in`` (bool: no trouble makes that impossible) and ``problem`` (``""``, ``"wrong"`` or
``"wait"``, then with ``seconds``); its form POSTs ``password`` and ``next`` to ``/login``.
"""

import logging
import math
from collections.abc import Callable, Sequence

from flask import Flask, Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from petcam.access import Owner
from petcam.errors import PetcamError
from petcam.web.http import STATUS, Mark, local_path, marked, redirect_to, site_path
from petcam.web.login.troubles import LOGOUT_MAY_NOT_LAST, Shown, shown
from petcam.web.login.visitors import Visitors

NOBODY_CAN_LOG_IN = {"trouble.owner", "trouble.first_visit", "trouble.place", "trouble.volatile"}

_log = logging.getLogger(__name__)


class LoginPages:
    def __init__(self, visitors: Visitors, owner: Owner) -> None:
        self._visitors, self._owner = visitors, owner

    def register(self, app: Flask) -> None:
        app.add_url_rule("/login", "login_form", self.form)
        app.add_url_rule("/login", "login", self.log_in, methods=["POST"])
        app.add_url_rule("/logout", "logout", self.log_out, methods=["POST"])
        app.add_url_rule("/logout", "logout_opened", self.logout_opened, methods=["GET"])

    @marked(Mark.PAGE, Mark.FOR_EVERYBODY)
    def form(self) -> AnyResponse:
        target = local_path(request.args.get("next", "/"))
        if not self._visitors.login_needed or self._visitors.session() is not None:
            return redirect_to(site_path(target))
        if self._owner.is_first_visit():
            return redirect_to(url_for("setup_form", next=target))
        return self.page(target)

    @marked(Mark.PAGE, Mark.FOR_EVERYBODY)
    def log_in(self) -> AnyResponse:
        target = local_path(request.form.get("next", "/"))
        with self._visitors.throttled() as attempt:
            if attempt.wait > 0:
                return self.page(target, 429, problem="wait", seconds=math.ceil(attempt.wait))
            found = self._owner.log_in(request.form.get("password", ""))
            attempt.role = found[0] if found else None
        if found is None:
            return self.page(target, 401, problem="wrong")
        _log.info("%s logged in from %s", found[0].value, request.remote_addr)
        return self._visitors.admit(redirect_to(site_path(target), 303), *found)

    @marked(Mark.PAGE, Mark.FOR_VIEWERS)
    def log_out(self) -> AnyResponse:
        return self.logged_out(self._visitors.end_session)

    @marked(Mark.PAGE)
    def logout_opened(self) -> AnyResponse:
        """By its address, as it stands in the browser once the disk did not take a logout. The button is there."""
        return redirect_to(url_for("account"))

    def logged_out(self, end: Callable[[], None]) -> AnyResponse:
        """The login page after ``end``; it says where what has ended may come back with a restart."""
        try:
            end()
        except PetcamError as error:
            return self.page("/", STATUS[error.code], said=[LOGOUT_MAY_NOT_LAST])
        return redirect_to(url_for("login_form"), 303)

    def page(
        self, target: str, status: int = 200, problem: str = "", seconds: int = 0, said: Sequence[Shown] = ()
    ) -> Response:
        """``said`` comes before what else is wrong with the state."""
        troubles = [*said, *shown([*self._owner.troubles(), *self._visitors.troubles()])]
        page = render_template(
            "login.html",
            next=target,
            password_set=self._owner.is_set(),
            troubles=troubles,
            can_log_in=not {key for key, _ in troubles} & NOBODY_CAN_LOG_IN,
            problem=problem,
            seconds=seconds,
        )
        answer = make_response(page, status)
        if seconds:
            answer.headers["Retry-After"] = str(seconds)
        return answer
