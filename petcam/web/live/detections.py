"""The detector's results as server-sent events."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from flask import Flask, Response, request

from petcam.web.http import CONNECTION_KEY, STREAM_CHECK_SECONDS, OpenStreams
from petcam.web.live.detection_feed import DetectionFeed
from petcam.web.live.subscribers import Connection

RETRY_FIELD = b"retry: 1000\n\n"  # milliseconds until the browser reconnects
KEEP_ALIVE_COMMENT = b": keep-alive\n\n"
KEEP_ALIVE_SECONDS = 10.0


class DetectionEvents:
    def __init__(self, feed: DetectionFeed, streams: OpenStreams) -> None:
        self._feed, self._streams = feed, streams

    def register(self, app: Flask) -> None:
        app.add_url_rule("/api/detections/stream", "detections", self.stream)

    def stream(self) -> Response:
        return self._streams.answer("text/event-stream", partial(_events, self._feed, request.environ[CONNECTION_KEY]))


def _events(feed: DetectionFeed, connection: Connection, gone: Callable[[], bool]) -> Iterator[bytes]:
    """Results are sent by the feed's thread (``Subscribers``). This one waits for the end and sends keep-alives."""
    yield RETRY_FIELD
    unsubscribe = feed.subscribers.join(connection)
    try:
        sent_at = time.monotonic()
        while not (gone() or feed.ended.wait(STREAM_CHECK_SECONDS)):
            if time.monotonic() - max(sent_at, feed.subscribers.sent_at) >= KEEP_ALIVE_SECONDS:
                yield KEEP_ALIVE_COMMENT
                sent_at = time.monotonic()
    finally:
        unsubscribe()
