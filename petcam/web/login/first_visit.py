"""The page of the first visit, which sets the owner's password, and the one after it.

``setup.html`` gets ``next`` (a local path), ``troubles`` (pairs of words and command: why it is refused, or what could
not be written) and ``problem`` (``""``, ``"length"``, ``"differ"``, ``"late"``, ``"refused"`` where the state is not
where it was set up or would last, ``"not_written"`` where nothing was set, or ``"not_synced"`` where it may not last);
its form POSTs ``password``, ``again`` and ``next`` to ``/setup``.

``setup_done.html`` gets ``next``, ``address`` (by which other devices open the page; empty: none can) and ``code`` (its
QR code as markup; empty where there is none).
"""

import logging
from collections.abc import Callable

from flask import Flask, Response, make_response, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from petcam import qr_code
from petcam.access import Owner, Role
from petcam.errors import Code, PetcamError
from petcam.web.http import STATUS, Mark, local_path, marked, redirect_to, site_path
from petcam.web.login.troubles import NOT_KEPT, Shown, shown
from petcam.web.login.visitors import Visitors

PROBLEMS = {
    Code.BAD_REQUEST: "length",
    Code.FORBIDDEN: "late",
    Code.STATE_NOT_WRITTEN: "not_written",
    Code.STATE_NOT_SYNCED: "not_synced",
}

_log = logging.getLogger(__name__)


class FirstVisit:
    def __init__(self, visitors: Visitors, owner: Owner, address: Callable[[], str]) -> None:
        self._visitors, self._owner, self._address = visitors, owner, address

    def register(self, app: Flask) -> None:
        app.add_url_rule("/setup", "setup_form", self.form)
        app.add_url_rule("/setup", "setup", self.set_up, methods=["POST"])
        app.add_url_rule("/setup/done", "setup_done", self.done)

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
            return redirect_to(site_path(target), 303)
        misplaced = self._owner.place_trouble()
        if misplaced is not None:
            return _page(target, "refused", 403, *shown([misplaced]))
        if password != request.form.get("again", ""):
            return _page(target, "differ", 400)
        try:
            generation = self._owner.claim(password)
        except PetcamError as error:
            return _page(target, PROBLEMS[error.code], STATUS[error.code], NOT_KEPT.get(error.code))
        _log.warning("the owner's password was set at the first visit, from %s", request.remote_addr)
        return self._visitors.admit(redirect_to(url_for("setup_done", next=target), 303), Role.OWNER, generation)

    @marked(Mark.PAGE)
    def done(self) -> str:
        """Shows other devices of the family the way here."""
        target, address = local_path(request.args.get("next", "/")), self._address()
        code = Markup(qr_code.svg(address)) if address else ""
        return render_template("setup_done.html", next=target, address=address, code=code)


def _page(target: str, problem: str = "", status: int = 200, trouble: Shown | None = None) -> Response:
    troubles = [trouble] if trouble else []
    return make_response(render_template("setup.html", next=target, problem=problem, troubles=troubles), status)
