"""The query of a request: refused where it cannot be read as text, before anything reads it."""

from flask import Flask, request

from petcam.errors import Code, PetcamError


def register(app: Flask) -> None:
    app.before_request(refuse_undecodable)


def refuse_undecodable() -> None:
    """Browsers escape what is not ASCII. Some of werkzeug's readers raise for other bytes than UTF-8."""
    try:
        request.query_string.decode()
    except UnicodeDecodeError as error:
        raise PetcamError(Code.BAD_REQUEST, "the query is not UTF-8") from error
