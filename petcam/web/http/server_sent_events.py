"""Server-sent events: what a feed sends to all who listen, as an answer that stays open."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from flask import Response, request

from petcam.web.http.channel import CONNECTION_KEY
from petcam.web.http.streaming import STREAM_CHECK_SECONDS, OpenStreams
from petcam.web.http.subscribers import Connection, Subscribers

RETRY_FIELD = b"retry: 1000\n\n"  # milliseconds until the browser reconnects
KEEP_ALIVE_COMMENT = b": keep-alive\n\n"
KEEP_ALIVE_SECONDS = 10.0


class Source(Protocol):
    """What is used of :class:`petcam.web.http.Feed`."""

    subscribers: Subscribers
    ended: threading.Event


def event_stream(streams: OpenStreams, feed: Source) -> Response:
    return streams.answer("text/event-stream", partial(_parts, feed, request.environ[CONNECTION_KEY]))


def _parts(feed: Source, connection: Connection, gone: Callable[[], bool]) -> Iterator[bytes]:
    """Events are sent by the feed's thread (``Subscribers``). This one waits for the end and sends keep-alives."""
    yield RETRY_FIELD
    let_go = threading.Event()
    unsubscribe = feed.subscribers.join(connection, let_go.set)
    try:
        sent_at = time.monotonic()
        while not (gone() or let_go.is_set() or feed.ended.wait(STREAM_CHECK_SECONDS)):
            if time.monotonic() - max(sent_at, feed.subscribers.sent_at) >= KEEP_ALIVE_SECONDS:
                yield KEEP_ALIVE_COMMENT
                sent_at = time.monotonic()
    finally:
        unsubscribe()
