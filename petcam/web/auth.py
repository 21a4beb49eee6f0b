"""Who may see the living room: the login, the first visit, and the gates that every request passes.

``login.html`` gets ``next`` (a local path), ``password_set`` (bool) and ``problem`` (``""``, ``"wrong"`` or ``"wait"``,
then with ``seconds``); its form POSTs ``password`` and ``next`` to ``/login``. ``setup.html`` gets ``next`` and
``problem`` (``""``, ``"length"``, ``"differ"`` or ``"late"``); its form POSTs ``password``, ``again`` and ``next`` to
``/setup``.
"""

import logging
import math
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from petcam.errors import Code, PetcamError
from petcam.web.errors import error_body, is_page, petcam_answer
from petcam.web.hosts import name_of
from petcam.web.owner import Role
from petcam.web.redirection import go_to
from petcam.web.services import services
from petcam.web.visitor import admit, end_session, session, throttled, viewing_token

blueprint = Blueprint("auth", __name__)

OPEN_ENDPOINTS = frozenset(
    {"auth.login_form", "auth.login", "auth.setup_form", "auth.setup", "health.healthz", "static"}
)
VIEWER_ENDPOINTS = frozenset({"auth.logout", "webrtc.offer"})  # all that a viewer may POST to
PICTURE_ENDPOINTS = frozenset({"mjpeg.stream", "mjpeg.snapshot"})  # all that a viewing token opens here
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_log = logging.getLogger(__name__)


def refuse_foreign_hosts() -> None:
    """Before anything else: to a page of a foreign name, even the login says nothing."""
    host = request.headers.get("Host", "")
    if not services().hosts.allows(host):
        name = name_of(host) or "that name"
        raise PetcamError(
            Code.UNKNOWN_HOST,
            f"petcam is not known as {name}: open it by its address or as NAME.local, or add the name to web.hosts in "
            "/etc/petcam/petcam.yaml and restart petcam.target",
            key="refusals.unknown_host",
            name=name,
        )


def refuse_foreign_pages() -> None:
    """A state change must not come from another site's page. curl sends neither header; browsers send one or both."""
    if request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    foreign = site not in (None, "same-origin", "none")
    if foreign or (origin is not None and urlsplit(origin).netloc != request.headers.get("Host")):
        raise PetcamError(
            Code.FORBIDDEN, "this can only be asked for from petcam's own page", key="refusals.foreign_page"
        )


def require_session() -> AnyResponse | None:
    if request.endpoint in OPEN_ENDPOINTS or services().config.auth.mode == "none":
        return None
    visitor = session()
    if visitor is not None:
        if visitor.role is Role.VIEWER and request.method not in SAFE_METHODS and _is_the_owners():
            message = "viewers may only watch; log in with the owner's password"
            raise PetcamError(Code.FORBIDDEN, message, key="refusals.viewers_only_watch")
        return None
    if request.endpoint in PICTURE_ENDPOINTS:
        return None if services().viewing.accepts(viewing_token()) else _challenge()
    if not is_page():
        raise PetcamError(Code.UNAUTHORIZED, "log in first")
    target = request.full_path.rstrip("?") if request.method in SAFE_METHODS else "/"
    return go_to(url_for("auth.login_form", next=target))


@blueprint.get("/login")
def login_form() -> AnyResponse:
    target = _local_path(request.args.get("next", "/"))
    if services().config.auth.mode == "none" or session() is not None:
        return go_to(target)
    if services().owner.is_first_visit():
        return go_to(url_for("auth.setup_form", next=target))
    return _form(target)


@blueprint.post("/login")
def login() -> AnyResponse:
    target = _local_path(request.form.get("next", "/"))
    with throttled() as attempt:
        if attempt.wait > 0:
            return _form(target, 429, problem="wait", seconds=math.ceil(attempt.wait))
        role = services().owner.verify(request.form.get("password", ""))
        attempt.right = role is not None
    if role is None:
        return _form(target, 401, problem="wrong")
    _log.info("%s logged in from %s", role.value, request.remote_addr)
    return admit(go_to(target, 303), role)


@blueprint.post("/logout")
def logout() -> AnyResponse:
    end_session()
    return go_to(url_for("auth.login_form"), 303)


@blueprint.get("/setup")
def setup_form() -> AnyResponse:
    target = _local_path(request.args.get("next", "/"))
    if services().config.auth.mode == "none" or not services().owner.is_first_visit():
        return go_to(url_for("auth.login_form", next=target))
    return make_response(render_template("setup.html", next=target, problem=""))


@blueprint.post("/setup")
def setup() -> AnyResponse:
    """Only the first one is heard; the session begins with it."""
    target, password = _local_path(request.form.get("next", "/")), request.form.get("password", "")
    if services().config.auth.mode == "none":
        return go_to(target, 303)
    problem = "differ" if password != request.form.get("again", "") else ""
    try:
        if not problem:
            services().owner.claim(password)
    except PetcamError as error:
        problem = "length" if error.code is Code.BAD_REQUEST else "late"
    if problem:
        status = 403 if problem == "late" else 400
        return make_response(render_template("setup.html", next=target, problem=problem), status)
    _log.warning("the owner's password was set at the first visit, from %s", request.remote_addr)
    return admit(go_to(target, 303), Role.OWNER)


def _is_the_owners() -> bool:
    """Unknown routes have no endpoint; they stay with their 404."""
    return request.endpoint is not None and request.endpoint not in VIEWER_ENDPOINTS


def _challenge() -> AnyResponse:
    """Players send a name and a password only when asked for them; a browser would put a box before its user."""
    error = PetcamError(Code.UNAUTHORIZED, "log in first, or bring a viewing token: sudo petcam token add")
    answer = petcam_answer(error, error_body(error))
    answer.headers.add("WWW-Authenticate", 'Bearer realm="petcam"')
    if "Mozilla/" not in request.headers.get("User-Agent", ""):
        answer.headers.add("WWW-Authenticate", 'Basic realm="petcam"')
    return answer


def _form(target: str, status: int = 200, problem: str = "", seconds: int = 0) -> Response:
    password_set = services().owner.is_set()
    page = render_template("login.html", next=target, password_set=password_set, problem=problem, seconds=seconds)
    answer = make_response(page, status)
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    return answer


def _local_path(target: str) -> str:
    """``target`` where it is a path on this site, else ``/``. Browsers read ``//host`` and ``/\\host`` as a host."""
    local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if local else "/"
