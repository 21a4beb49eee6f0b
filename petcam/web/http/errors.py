"""Turns errors into answers: one table from code to status, internal details only in the log.

Whoever asks for HTML, as a browser does for what a person opens, gets a page (``error_page.py``); other programs get
JSON, or words where the route is a page's.
"""

import json
import logging

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from petcam.errors import Code, PetcamError
from petcam.web.http.error_page import ErrorPage
from petcam.web.http.language import Language
from petcam.web.http.marks import Mark, has_mark

STATUS = {
    Code.BAD_REQUEST: 400,
    Code.BAD_OFFER: 400,
    Code.UNAUTHORIZED: 401,
    Code.FORBIDDEN: 403,
    Code.NOT_FOUND: 404,
    Code.CONFLICT: 409,
    Code.TOO_LARGE: 413,
    Code.UNKNOWN_HOST: 421,
    Code.UNSUPPORTED: 501,
    Code.PROXY: 502,
    Code.BUSY: 503,
    Code.TOO_MANY_VIEWERS: 503,
    Code.CAMERA_OFF: 503,
    Code.CAMERA_SILENT: 503,
    Code.NO_KEYFRAME: 503,
    Code.STREAMER_UNAVAILABLE: 503,
    Code.DISK_NOT_MOUNTED: 503,
    Code.STATE_DAMAGED: 503,
    Code.DISK_FAULT: 503,
    Code.EVENTS_UNREADABLE: 503,
    Code.EVENTS_AWAY: 503,
    Code.STREAMER_TIMEOUT: 504,
    Code.STATE_NOT_WRITTEN: 507,
    Code.STATE_NOT_SYNCED: 507,
    Code.DISK_FULL: 507,
}
RETRY_AFTER_SECONDS = {Code.BUSY: 5, Code.TOO_MANY_VIEWERS: 10, Code.CAMERA_SILENT: 5, Code.NO_KEYFRAME: 5}
HTTP_PHRASES = {
    400: "Bad request",
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    416: "Range not satisfiable",
}

DOCTOR = "sudo petcam doctor"

_log = logging.getLogger(__name__)


class Errors:
    """Answers whatever a view raises; a person's in the words of ``language``, by ``page``."""

    def __init__(self, language: Language, page: ErrorPage) -> None:
        self._language, self._page = language, page

    def register(self, app: Flask) -> None:
        app.register_error_handler(PetcamError, self._petcam_error)
        app.register_error_handler(HTTPException, self._http_error)
        app.register_error_handler(Exception, self._unexpected_error)
        app.teardown_request(_forget_routing_error)

    def _petcam_error(self, error: PetcamError) -> Response:
        answer = error_answer(error, error_body(error))
        if for_person():
            command = str(error.values.get("command", DOCTOR)) if error.key.startswith("trouble.") else ""
            seconds = RETRY_AFTER_SECONDS.get(error.code, 0)
            leads_nowhere = error.code is Code.UNKNOWN_HOST  # by that name no other page opens
            self._say(answer, self._explain(error), command, seconds, leads_nowhere)
        _forget_frames(error)
        return answer

    def _http_error(self, error: HTTPException) -> AnyResponse:
        answer = error.get_response(request.environ)  # keeps Allow, Content-Range, Location
        if answer.status_code < 400:
            return answer
        phrase = HTTP_PHRASES.get(answer.status_code, error.name)
        if for_person():
            self._say(answer, self._language.explain_phrase(phrase))
        else:
            answer.data = json.dumps({"error": phrase, "message": error.description or phrase}).encode()
            answer.mimetype = "application/json"
        return answer

    def _unexpected_error(self, error: Exception) -> Response:
        _log.error("%s %s: defect", request.method, request.path, exc_info=error)
        answer = json_answer({"error": "Internal error", "message": "petcam-web's log says more"}, 500)
        if for_person():
            self._say(answer, self._language.say("errors.Internal error"))
        return answer

    def _explain(self, error: PetcamError) -> str:
        if error.code not in STATUS:  # internal: its message is not shown
            return self._language.say("errors.Internal error")
        return self._language.explain(error)

    def _say(
        self, answer: AnyResponse, text: str, command: str = "", seconds: int = 0, leads_nowhere: bool = False
    ) -> None:
        """Put ``text`` into ``answer``: as a page, or as it is for a program that opened one."""
        if wants_html():
            answer.data = self._page.of(answer.status_code, text, command, seconds, leads_nowhere).encode()
            answer.mimetype = "text/html"
            answer.headers["Cache-Control"] = "no-store"  # also of a static file that is not there
        else:
            answer.data = f"{text}\n".encode()
            answer.mimetype = "text/plain"


def _forget_routing_error(_: BaseException | None) -> None:
    """Flask's request keeps it, and its frames keep the request: a cycle, as in ``Task.get_environment``."""
    error, request.routing_exception = request.routing_exception, None
    _forget_frames(error)


def _forget_frames(error: BaseException | None) -> None:
    """Of an error that has been answered, and of those behind it. A frame that keeps its own error, as contextlib's do,
    is a cycle with the whole request in it."""
    while error is not None and error.__traceback__ is not None:  # it ends also where errors name each other
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def wants_html() -> bool:
    """Whether the request names HTML: browsers do for what a person opens, not for an ``<img>`` or a script."""
    return any(name == "text/html" and quality > 0 for name, quality in request.accept_mimetypes)


def for_person() -> bool:
    """Whether a person reads the answer, whatever the route."""
    return wants_html() or is_page()


def is_page() -> bool:
    """Whether the route is a page's, rather than one for programs or an ``<img>``."""
    return not request.path.startswith("/api/") and (request.endpoint is None or has_mark(Mark.PAGE))


def json_answer(body: object, status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode(), status, mimetype="application/json")


def error_body(error: PetcamError) -> dict[str, object]:
    """``{"error", "message"}``. An error whose code has no status is internal: its message is not shown."""
    if error.code not in STATUS:
        return {"error": "Internal error", "message": "petcam-web's log says more"}
    return {"error": error.code.value, "message": error.message}


def error_answer(error: PetcamError, body: dict[str, object]) -> Response:
    """``body`` with the status of ``error``. An error whose code has no status is a bug: 500, and it is logged."""
    status = STATUS.get(error.code, 500)
    if status == 500:
        _log.error("%s %s: %s", request.method, request.path, error, exc_info=error)
    answer = json_answer(body, status)
    if error.code in RETRY_AFTER_SECONDS:
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS[error.code])
    return answer
