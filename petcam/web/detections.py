"""The detector's results as server-sent events."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from flask import Blueprint, Response

from petcam.web.detection_feed import Event
from petcam.web.newest import Newest
from petcam.web.services import services
from petcam.web.streaming import LOOK_UP, open_stream

RETRY = b"retry: 1000\n\n"  # milliseconds until the browser comes back
KEEP_ALIVE = b": keep-alive\n\n"
KEEP_ALIVE_SECONDS = 10.0

blueprint = Blueprint("detections", __name__)


@blueprint.get("/api/detections/stream")
def stream() -> Response:
    return open_stream("text/event-stream", partial(_events, services().detections.newest))


def _events(newest: Newest[Event], gone: Callable[[], bool]) -> Iterator[bytes]:
    yield RETRY
    seen, sent_at = 0, time.monotonic()
    while not (newest.closed or gone()):
        news = newest.wait(seen, LOOK_UP)
        if news is not None:
            seen, event = news
        if news is not None and event.is_fresh():
            yield event.data
        elif time.monotonic() - sent_at >= KEEP_ALIVE_SECONDS:
            yield KEEP_ALIVE
        else:
            continue
        sent_at = time.monotonic()
