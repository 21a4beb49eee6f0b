"""What a visit leaves behind: nothing that only Python's garbage collector finds, as that looks too seldom.

Where cycles of references are left, memory grows by them for hundreds of visits, and the heap stays scattered.
"""

import contextlib
import gc
import http.client
import socket
from collections import Counter
from dataclasses import replace

import pytest

from tests.integration.web.conftest import WEB_THREADS
from tests.integration.web.test_server import eventually

pytestmark = pytest.mark.needs_python("inside")

VISITS = 2 * WEB_THREADS  # as each idle thread still knows its last connection
REQUESTS = [
    ("GET", "/"),
    ("GET", "/recordings"),
    ("GET", "/healthz"),
    ("GET", "/api/recordings"),
    ("GET", "/api/recordings/days"),
    ("GET", "/api/recording/status"),
    ("GET", "/static/live/entry.js"),
    ("GET", "/nowhere"),
    ("PUT", "/healthz"),
    ("GET", "/api//recordings"),  # which is redirected
    ("GET", "/api/recordings/petcam_20260101-000000.mp4/thumbnail.jpg"),
    ("GET", "/api/events"),
    ("GET", "/api/events/1795432561"),
    ("DELETE", "/api/events/1795432561"),
    ("GET", "/api/days/2026-11-27"),
    ("POST", "/api/recording/start"),
    ("POST", "/api/webrtc/offer"),
]


@pytest.fixture
def config(config, film):
    return replace(config, camera=replace(config.camera, stream=film))


@contextlib.contextmanager
def garbage():
    """A counter of the types of petcam and waitress among what only the collector finds; filled at the end."""
    found = Counter()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        for each in map(type, gc.garbage):
            if each.__module__.partition(".")[0] in ("petcam", "waitress"):
                found[each.__qualname__] += 1
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def ask(web, method, path):
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    with contextlib.closing(connection):
        connection.request(method, path)
        connection.getresponse().read()


def all_have_gone(web):
    return not web._server.active_channels


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_an_answer_leaves_nothing_to_the_garbage_collector(web, method, path):
    ask(web, method, path)
    with garbage() as found:
        for _ in range(VISITS):
            ask(web, method, path)
        eventually(lambda: all_have_gone(web))
    assert not found


@pytest.mark.parametrize("begin", ["", "GET / HTTP/1.1\r\nHost:", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n"])
def test_a_connection_that_ends_early_leaves_nothing_to_it(web, begin):
    with garbage() as found:
        for _ in range(VISITS):
            with socket.create_connection(("127.0.0.1", web.port), timeout=20) as client:
                client.sendall(begin.encode())
        ask(web, "GET", "/healthz")  # so that all before it were accepted
        eventually(lambda: all_have_gone(web))
    assert not found


@pytest.mark.parametrize("path", ["/api/detections/stream", "/stream.mjpg", "/snapshot.jpg?width=64"])
def test_an_open_stream_leaves_nothing_to_it(web, services, path):
    with garbage() as found:
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", web.port), timeout=20) as client:
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                assert client.recv(9) == b"HTTP/1.1 "
        eventually(lambda: all_have_gone(web) and services.stream_slots.taken() == 0)
    assert not found
