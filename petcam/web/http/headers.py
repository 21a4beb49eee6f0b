"""Security headers, on every answer."""

from collections.abc import Callable

from flask import Flask, Response, request

from petcam.web.http.inlined import Inlined, hash_of


def register(app: Flask, streamer_origin: Callable[[], str], inlined: Inlined) -> None:
    """``streamer_origin()`` is the other origin that the page of the current request may call; empty: none."""
    own = (
        f"default-src 'self'; script-src 'self' {hash_of(inlined.script)} {hash_of(inlined.old)}; "
        f"style-src 'self' {hash_of(inlined.style)}"
    )
    app.after_request(lambda response: protect(response, own, streamer_origin()))


def protect(response: Response, own: str, origin: str) -> Response:
    """``own`` is the policy for scripts and styles."""
    connect = f"'self' {origin}".rstrip()
    response.headers["Content-Security-Policy"] = (
        f"{own}; connect-src {connect}; img-src 'self' data: blob:; media-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
