"""The account page: log out, here or everywhere; for the owner also the two passwords.

``account.html`` gets ``has_viewer`` (bool), ``done`` (``""``, ``"password"``, ``"viewer"`` or
``"removed"``), ``problem`` (``""``, ``"length"``, ``"differ"``, ``"same"``, ``"wrong"`` or ``"wait"``, then with
``seconds``) and ``form``, the one that the problem is of (``"password"`` or ``"viewer"``).
"""

import logging
import math
from collections.abc import Callable

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from petcam.access.owner import Role
from petcam.errors import PetcamError
from petcam.web.http.redirection import go_to
from petcam.web.login.visitor import admit, end_all, throttled
from petcam.web.services import services

blueprint = Blueprint("account", __name__, url_prefix="/account")

DONE = ("password", "viewer", "removed")
STATUS = {"wrong": 403, "wait": 429}

_log = logging.getLogger(__name__)


@blueprint.before_request
def require_login() -> AnyResponse | None:
    return go_to("/") if services().config.auth.mode == "none" else None


@blueprint.get("")
def page() -> AnyResponse:
    done = request.args.get("done", "")
    return _page(done=done if done in DONE else "")


@blueprint.post("/password")
def change_password() -> AnyResponse:
    """Ends every session; this browser's goes on as a new one."""
    problem, seconds = _change(services().owner.set_password)
    if problem:
        return _page(form="password", problem=problem, seconds=seconds)
    _log.warning("the owner's password was changed, from %s", request.remote_addr)
    end_all()
    return admit(_back("password"), Role.OWNER)


@blueprint.post("/viewer")
def change_viewer_password() -> AnyResponse:
    """Ends the sessions of viewers."""
    problem, seconds = _change(services().owner.set_viewer_password)
    if problem:
        return _page(form="viewer", problem=problem, seconds=seconds)
    end_all(Role.VIEWER)
    return _back("viewer")


@blueprint.post("/viewer/remove")
def remove_viewer_password() -> AnyResponse:
    services().owner.remove_viewer_password()
    end_all(Role.VIEWER)
    return _back("removed")


@blueprint.post("/logout-everywhere")
def log_out_everywhere() -> AnyResponse:
    end_all()
    return go_to(url_for("auth.login_form"), 303)


def _change(set_to: Callable[[str], None]) -> tuple[str, int]:
    """The problem and the seconds to wait. The owner's password is asked for again: a phone may lie about unlocked."""
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return "differ", 0
    with throttled() as attempt:
        if attempt.wait > 0:
            return "wait", math.ceil(attempt.wait)
        attempt.right = services().owner.verify(request.form.get("current", "")) is Role.OWNER
    if not attempt.right:
        return "wrong", 0
    try:
        set_to(password)
    except PetcamError:
        return ("same" if password == request.form.get("current") else "length"), 0
    return "", 0


def _page(form: str = "", problem: str = "", seconds: int = 0, done: str = "") -> Response:
    page = render_template(
        "account.html",
        has_viewer=services().owner.has_viewer(),
        form=form,
        problem=problem,
        seconds=seconds,
        done=done,
    )
    return make_response(page, STATUS.get(problem, 400) if problem else 200)


def _back(done: str) -> AnyResponse:
    return go_to(url_for("account.page", done=done), 303)
