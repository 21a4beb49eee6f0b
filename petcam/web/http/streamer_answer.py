"""Passes on an answer of the streamer with its status and body unchanged."""

from flask import Response

from petcam.streamer_client import Answer


def passed_on(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, mimetype="application/json")
    if answer.retry_after:
        response.headers["Retry-After"] = answer.retry_after
    return response
