"""The route for what the shared memory still holds: video from a moment of the past on, which the streamer makes."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

from flask import Flask, Response, request

from petcam.errors import Code, PetcamError
from petcam.streamer_client import OpenAnswer, StreamerClient
from petcam.web.http import CONNECTION_KEY, Connection, Mark, OpenStreams, marked, number, passed_on

MAX_STREAMS = 8  # as many as the streamer has at once; half of them for one session, viewing token or network
MAX_SECONDS = 600.0
DEFAULT_SECONDS = 60.0
SILENCE_SECONDS = 15.0  # the streamer itself ends it after 10 s without a picture
MAX_UNSENT_BYTES = 256 * 1024  # of a client that does not take what comes: then the streamer waits
MAX_PAUSE_SECONDS = 0.2
MAX_WAIT_SECONDS = 1.0  # for the end of a viewer's stream before
VIEWER_ID = re.compile(r"[A-Za-z0-9-]{1,36}", re.ASCII)
PASSED_HEADERS = ("Content-Type", "X-Capture-Ns", "X-Rtp-Timestamp", "X-Past-Age", "X-Past-Held")


class PastVideo:
    def __init__(self, streamer: StreamerClient, streams: OpenStreams) -> None:
        self._streamer, self._streams = streamer, streams.of_a_kind(MAX_STREAMS)
        self._turns = Turns()

    def register(self, app: Flask) -> None:
        app.add_url_rule("/api/past.mp4", "past", self.stream)

    @marked(Mark.LIVE)
    def stream(self) -> Response:
        """A viewer has one at a time: another request with the same ``viewer`` ends the one before."""
        path = f"/past.mp4?from={number('from', (0.1, MAX_SECONDS), DEFAULT_SECONDS):g}"
        if "for" in request.args:
            path += f"&for={number('for', (0.1, MAX_SECONDS), DEFAULT_SECONDS):g}"
        turn = self._turns.begin(_viewer_id())
        try:
            return self._answer(path, turn)
        except BaseException:
            turn.end()
            raise

    def _answer(self, path: str, turn: "Turn") -> Response:
        answer, connection = self._streamer.open(path, SILENCE_SECONDS), request.environ[CONNECTION_KEY]
        if not isinstance(answer, OpenAnswer):
            turn.end()
            return passed_on(answer)
        try:
            response = self._streams.answer("video/mp4", partial(_pieces, answer, turn, connection))
        except BaseException:
            answer.close()
            raise
        response.call_on_close(answer.close)
        response.call_on_close(turn.end)  # behind the slot's release, for the next one waits for this
        for name in PASSED_HEADERS:
            response.headers[name] = answer.headers.get(name, "")
        return response


class Turn:
    """A viewer's stream; it is over when another one of the same viewer wants its place."""

    def __init__(self, end: Callable[["Turn"], None]) -> None:
        self.is_over = False
        self._ended = threading.Event()
        self._end = end

    def end(self) -> None:
        """May be called twice."""
        self._end(self)
        self._ended.set()

    def give_way(self, timeout: float) -> None:
        self.is_over = True
        self._ended.wait(timeout)


class Turns:
    """The stream of each viewer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[str, Turn] = {}  # by viewer; guarded by _lock

    def begin(self, viewer: str) -> Turn:
        """Ends the stream of the same viewer before, and waits for that a little. Without a name each is by itself."""
        turn = Turn(partial(self._forget, viewer))
        if not viewer:
            return turn
        with self._lock:
            before, self._turns[viewer] = self._turns.get(viewer), turn
        if before is not None:
            before.give_way(MAX_WAIT_SECONDS)
        return turn

    def _forget(self, viewer: str, turn: Turn) -> None:
        with self._lock:
            if self._turns.get(viewer) is turn:
                del self._turns[viewer]


def _pieces(answer: OpenAnswer, turn: Turn, connection: Connection, gone: Callable[[], bool]) -> Iterator[bytes]:
    for piece in answer.pieces():
        yield piece
        if not _has_room(connection, lambda: turn.is_over or gone()):
            return


def _viewer_id() -> str:
    viewer = request.args.get("viewer", "")
    if viewer and not VIEWER_ID.fullmatch(viewer):
        raise PetcamError(Code.BAD_REQUEST, "viewer must be 1 to 36 letters, digits or hyphens")
    return viewer


def _has_room(connection: Connection, ends: Callable[[], bool]) -> bool:
    """Wait until the client has taken most of what was sent; false where that is not worth it any more."""
    pause = 0.005
    while connection.unsent() > MAX_UNSENT_BYTES:
        if ends():
            return False
        time.sleep(pause)
        pause = min(2 * pause, MAX_PAUSE_SECONDS)
    return not ends()
