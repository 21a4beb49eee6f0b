"""An answer that stays open: it takes a place while it lasts and ends when its viewer is gone."""

from collections.abc import Callable, Iterator

from flask import Response, request

from petcam.web.http.channel import CONNECTION
from petcam.web.login.visitor import admission
from petcam.web.services import services

LOOK_UP = 1.0  # seconds between looks whether the viewer is still there, while nothing is to be sent


def open_stream(mimetype: str, parts: Callable[[Callable[[], bool]], Iterator[bytes]]) -> Response:
    """``parts(gone)`` gives the pieces; ``gone()`` is true once the viewer has left, or is let in no longer."""
    leave = services().places.take()
    admitted = admission()
    connection = request.environ[CONNECTION]
    response = Response(
        parts(lambda: connection.gone or not admitted()), mimetype=mimetype, headers={"X-Accel-Buffering": "no"}
    )
    response.call_on_close(leave)  # not in the generator: one that was never begun is never ended
    return response
