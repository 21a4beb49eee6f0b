"""Security headers, on every answer."""

from flask import Response, request

from petcam.web.services import services
from petcam.web.signaling.viewer_config import streamer_origin


def protect(response: Response) -> Response:
    connect = f"'self' {streamer_origin(services().config)}".rstrip()
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
