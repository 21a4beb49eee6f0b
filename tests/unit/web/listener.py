"""Somebody who listens to server-sent events of the app, without a network."""

import queue
import threading
from contextlib import contextmanager
from itertools import chain


@contextmanager
def listening(client, path, feed):
    """An open stream: a queue of what its own answer yields after the first part, then None."""
    with client.get(path) as answer:
        assert answer.mimetype == "text/event-stream"
        parts = iter(answer.response)
        assert next(parts) == b"retry: 1000\n\n"
        rest = queue.Queue()
        thread = threading.Thread(target=lambda: [rest.put(part) for part in chain(parts, [None])])
        thread.start()
        assert feed.subscribers.wait(5)
        yield rest
        feed.ended.set()
        thread.join()
