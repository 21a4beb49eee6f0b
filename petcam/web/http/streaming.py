"""An answer that stays open: it holds a stream slot and ends when its client is gone or no longer let in."""

from collections.abc import Callable, Collection, Iterator

from flask import Response, request

from petcam.web.http.channel import CONNECTION_KEY
from petcam.web.http.stream_slots import Slots, SlotsOfAKind

STREAM_CHECK_SECONDS = 1.0  # between checks whether the client is still there, while there is nothing to send


class OpenStreams:
    """``holders()`` and ``admission()`` are called in the request. The former says for whom its slot counts; the
    function that the latter returns tells later whether the client is still let in."""

    def __init__(
        self,
        slots: Slots,
        holders: Callable[[], Collection[str]],
        admission: Callable[[], Callable[[], bool]],
    ) -> None:
        self._slots, self._holders, self._admission = slots, holders, admission

    def of_a_kind(self, limit: int) -> "OpenStreams":
        """Streams of which there are ``limit`` at most, and half as many for one holder, besides what holds for all."""
        return OpenStreams(SlotsOfAKind(self._slots, limit), self._holders, self._admission)

    def take_slot(self) -> Callable[[], None]:
        """For a request that waits, and so holds a thread as a stream does. The function that is returned ends that."""
        return self._slots.take(self._holders())

    def answer(self, mimetype: str, parts: Callable[[Callable[[], bool]], Iterator[bytes]]) -> Response:
        """``parts(gone)`` yields the body; ``gone()`` is true once the client has left or is no longer let in."""
        admitted, connection = self._admission(), request.environ[CONNECTION_KEY]
        release_slot = self.take_slot()
        response = Response(
            parts(lambda: connection.gone or not admitted()), mimetype=mimetype, headers={"X-Accel-Buffering": "no"}
        )
        response.call_on_close(release_slot)  # not in the generator: if that was never started, its finally never runs
        return response
