"""An answer that stays open: it holds a stream slot and ends when its client is gone or no longer let in."""

from collections.abc import Callable, Iterator

from flask import Response, request

from petcam.web.http.channel import CONNECTION_KEY
from petcam.web.http.stream_slots import StreamSlots

STREAM_CHECK_SECONDS = 1.0  # between checks whether the client is still there, while there is nothing to send


class OpenStreams:
    """``admission()`` is called in the request; the function that it returns tells later whether the client is still
    let in."""

    def __init__(self, slots: StreamSlots, admission: Callable[[], Callable[[], bool]]) -> None:
        self.slots = slots
        self._admission = admission

    def answer(self, mimetype: str, parts: Callable[[Callable[[], bool]], Iterator[bytes]]) -> Response:
        """``parts(gone)`` yields the body; ``gone()`` is true once the client has left or is no longer let in."""
        release_slot = self.slots.take()
        admitted = self._admission()
        connection = request.environ[CONNECTION_KEY]
        response = Response(
            parts(lambda: connection.gone or not admitted()), mimetype=mimetype, headers={"X-Accel-Buffering": "no"}
        )
        response.call_on_close(release_slot)  # not in the generator: if that was never started, its finally never runs
        return response
