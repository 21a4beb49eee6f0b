"""The detector's results as server-sent events."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from flask import Flask, Response, request

from petcam.web.http import CONNECTION, LOOK_UP, OpenStreams
from petcam.web.live.detection_feed import DetectionFeed
from petcam.web.live.subscribers import Connection

RETRY = b"retry: 1000\n\n"  # milliseconds until the browser comes back
KEEP_ALIVE = b": keep-alive\n\n"
KEEP_ALIVE_SECONDS = 10.0


class DetectionEvents:
    def __init__(self, feed: DetectionFeed, streams: OpenStreams) -> None:
        self._feed, self._streams = feed, streams

    def register(self, app: Flask) -> None:
        app.add_url_rule("/api/detections/stream", "detections", self.stream)

    def stream(self) -> Response:
        return self._streams.answer("text/event-stream", partial(_events, self._feed, request.environ[CONNECTION]))


def _events(feed: DetectionFeed, connection: Connection, gone: Callable[[], bool]) -> Iterator[bytes]:
    """Results go another way, see ``Subscribers``: this thread waits for the end, and keeps alive what is silent."""
    yield RETRY
    leave = feed.subscribers.join(connection)
    try:
        sent_at = time.monotonic()
        while not (gone() or feed.ended.wait(LOOK_UP)):
            if time.monotonic() - max(sent_at, feed.subscribers.sent_at) >= KEEP_ALIVE_SECONDS:
                yield KEEP_ALIVE
                sent_at = time.monotonic()
    finally:
        leave()
