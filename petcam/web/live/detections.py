"""The detector's results as server-sent events."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from flask import Blueprint, Response, request

from petcam.web.http.channel import CONNECTION
from petcam.web.http.streaming import LOOK_UP, open_stream
from petcam.web.live.detection_feed import DetectionFeed
from petcam.web.live.subscribers import Listener
from petcam.web.services import services

RETRY = b"retry: 1000\n\n"  # milliseconds until the browser comes back
KEEP_ALIVE = b": keep-alive\n\n"
KEEP_ALIVE_SECONDS = 10.0

blueprint = Blueprint("detections", __name__)


@blueprint.get("/api/detections/stream")
def stream() -> Response:
    return open_stream("text/event-stream", partial(_events, services().detections, request.environ[CONNECTION]))


def _events(feed: DetectionFeed, connection: Listener, gone: Callable[[], bool]) -> Iterator[bytes]:
    """Results go another way, see ``Audience``: this thread waits for the end, and keeps alive what is silent."""
    yield RETRY
    leave = feed.audience.join(connection)
    try:
        sent_at = time.monotonic()
        while not (gone() or feed.ended.wait(LOOK_UP)):
            if time.monotonic() - max(sent_at, feed.audience.told_at) >= KEEP_ALIVE_SECONDS:
                yield KEEP_ALIVE
                sent_at = time.monotonic()
    finally:
        leave()
