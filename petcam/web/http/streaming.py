"""An answer that stays open: it takes a stream slot while it lasts and ends when its viewer is gone."""

from collections.abc import Callable, Iterator

from flask import Response, request

from petcam.web.http.channel import CONNECTION
from petcam.web.http.stream_slots import StreamSlots

LOOK_UP = 1.0  # seconds between looks whether the viewer is still there, while nothing is to be sent


class OpenStreams:
    """``admission()`` is asked in a request; what it gives is asked again and again: is the viewer still let in?"""

    def __init__(self, slots: StreamSlots, admission: Callable[[], Callable[[], bool]]) -> None:
        self.slots = slots
        self._admission = admission

    def answer(self, mimetype: str, parts: Callable[[Callable[[], bool]], Iterator[bytes]]) -> Response:
        """``parts(gone)`` gives the pieces; ``gone()`` is true once the viewer has left, or is let in no longer."""
        leave = self.slots.take()
        admitted = self._admission()
        connection = request.environ[CONNECTION]
        response = Response(
            parts(lambda: connection.gone or not admitted()), mimetype=mimetype, headers={"X-Accel-Buffering": "no"}
        )
        response.call_on_close(leave)  # not in the generator: one that was never begun is never ended
        return response
