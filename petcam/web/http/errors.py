"""Turns errors into answers: one table from code to status, JSON for programs, internal details only in the log."""

import json
import logging

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from petcam.errors import Code, PetcamError
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
    Code.CAMERA_SILENT: 503,
    Code.NO_KEYFRAME: 503,
    Code.STREAMER_UNAVAILABLE: 503,
    Code.DISK_NOT_MOUNTED: 503,
    Code.STATE_DAMAGED: 503,
    Code.DISK_FAULT: 503,
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

_log = logging.getLogger(__name__)


class Errors:
    """Answers whatever a view raises; a page's errors in the words of ``language``."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def register(self, app: Flask) -> None:
        app.register_error_handler(PetcamError, self._petcam_error)
        app.register_error_handler(HTTPException, self._http_error)
        app.register_error_handler(Exception, self._unexpected_error)
        app.teardown_request(_forget_routing_error)

    def _petcam_error(self, error: PetcamError) -> Response:
        if is_page():
            text = f"{self._language.explain(error)}\n"
            answer = Response(text, STATUS.get(error.code, 500), mimetype="text/plain")
        else:
            answer = error_answer(error, error_body(error))
        _forget_frames(error)
        return answer

    def _http_error(self, error: HTTPException) -> AnyResponse:
        answer = error.get_response(request.environ)  # keeps Allow, Content-Range, Location
        if answer.status_code < 400:
            return answer
        phrase = HTTP_PHRASES.get(answer.status_code, error.name)
        if is_page():
            answer.data = f"{self._language.explain_phrase(phrase)}\n".encode()
            answer.mimetype = "text/plain"
        else:
            answer.data = json.dumps({"error": phrase, "message": error.description or phrase}).encode()
            answer.mimetype = "application/json"
        return answer

    def _unexpected_error(self, error: Exception) -> Response:
        _log.error("%s %s: defect", request.method, request.path, exc_info=error)
        if is_page():
            return Response(f"{self._language.say('errors.Internal error')}\n", 500, mimetype="text/plain")
        return json_answer({"error": "Internal error", "message": "petcam-web's log says more"}, 500)


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


def is_page() -> bool:
    """Whether a person reads the answer, rather than a program or an ``<img>``."""
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
