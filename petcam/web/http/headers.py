"""Security headers, on every answer."""

from collections.abc import Callable

from flask import Flask, Response, request


def register(app: Flask, streamer_origin: Callable[[], str]) -> None:
    """``streamer_origin()`` is the other origin that the page of the current request may call; empty: none."""
    app.after_request(lambda response: protect(response, streamer_origin()))


def protect(response: Response, origin: str) -> Response:
    connect = f"'self' {origin}".rstrip()
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; connect-src {connect}; img-src 'self' data: blob:; media-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
