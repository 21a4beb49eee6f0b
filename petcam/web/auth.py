"""Who may see the living room: the owner's session, and the two gates that every request passes.

``login.html`` gets ``next`` (a local path), ``password_set`` (bool) and ``problem`` (``""``, ``"wrong"`` or ``"wait"``,
then with ``seconds``); its form POSTs ``password`` and ``next`` to ``/login``.
"""

import hmac
import json
import math
import secrets
import time
from contextlib import suppress
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from petcam.errors import Code, PetcamError
from petcam.web.errors import is_page
from petcam.web.services import services

blueprint = Blueprint("auth", __name__)

OPEN_ENDPOINTS = frozenset({"auth.login_form", "auth.login", "health.healthz", "static"})
LIFETIME = 30 * 86400  # seconds, of a session
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def refuse_foreign_pages() -> None:
    """A state change must not come from another site's page. curl sends neither header; browsers send one or both."""
    if request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    foreign = site not in (None, "same-origin", "none")
    if foreign or (origin is not None and urlsplit(origin).netloc != request.headers.get("Host")):
        raise PetcamError(Code.FORBIDDEN, "this can only be asked for from petcam's own page")


def require_session() -> AnyResponse | None:
    if request.endpoint in OPEN_ENDPOINTS or services().config.auth.mode == "none" or _logged_in():
        return None
    if not is_page():
        raise PetcamError(Code.UNAUTHORIZED, "log in first")
    return _go_to(url_for("auth.login_form", next=request.full_path.rstrip("?")))


@blueprint.get("/login")
def login_form() -> AnyResponse:
    target = _local_path(request.args.get("next", "/"))
    if services().config.auth.mode == "none" or _logged_in():
        return _go_to(target)
    return _form(target)


@blueprint.post("/login")
def login() -> AnyResponse:
    owner, throttle = services().owner, services().throttle
    address, target = request.remote_addr or "", _local_path(request.form.get("next", "/"))
    pause = throttle.pause(address)
    if pause > 0:
        return _form(target, 429, problem="wait", seconds=math.ceil(pause))
    if not owner.verify(request.form.get("password", "")):
        throttle.failed(address)
        return _form(target, 401, problem="wrong")
    throttle.succeeded(address)
    session.clear()
    session.permanent = True
    session["generation"] = owner.generation()
    session["id"] = secrets.token_hex(16)
    session["ends"] = int(time.time()) + LIFETIME
    return _go_to(target, 303)


@blueprint.post("/logout")
def logout() -> AnyResponse:
    if _logged_in():
        end_streams({"session": session["id"]})
    session.clear()
    return _go_to(url_for("auth.login_form"), 303)


def end_streams(of: dict[str, object]) -> None:
    """``{"session": id}`` or ``{"all": true}``. A streamer that does not answer has none, or none that still run."""
    with suppress(PetcamError):  # the client has logged it
        services().streamer.control("/sessions/end", json.dumps(of).encode())


def _logged_in() -> bool:
    generation = services().owner.generation()
    return bool(generation) and "id" in session and hmac.compare_digest(str(session.get("generation", "")), generation)


def _form(target: str, status: int = 200, problem: str = "", seconds: int = 0) -> Response:
    password_set = bool(services().owner.generation())
    page = render_template("login.html", next=target, password_set=password_set, problem=problem, seconds=seconds)
    answer = make_response(page, status)
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    return answer


def _go_to(path: str, status: int = 302) -> AnyResponse:
    answer = redirect(path, status)
    answer.autocorrect_location_header = False  # werkzeug before 2.1 would put http:// and the Host before it
    return answer


def _local_path(target: str) -> str:
    """``target`` where it is a path on this site, else ``/``. Browsers read ``//host`` and ``/\\host`` as a host."""
    local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if local else "/"
