"""What is no request: the server answers and closes, and no exception goes through it."""

import json
import logging
import socket

import pytest

UNREADABLE = [
    b"GET http://[ HTTP/1.1\r\n\r\n",
    b"GET http://[::1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET http://ª℀.example/ HTTP/1.1\r\n\r\n".encode(),
    b"GET / HTTP/1.1\r\nContent-Length: " + 5000 * b"9" + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: " + 5000 * b"9" + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n",
    b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"get / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n x\r\n\r\n",
    b"GET / HTTP/1.1\r\nA: b\nINFO forged: x\r\n\r\n",
]


def exchange(web, sent):
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as client:
        client.sendall(sent)
        client.settimeout(20)
        return client.makefile("rb").read()


@pytest.mark.parametrize("sent", UNREADABLE, ids=lambda sent: ascii(sent[:40]))
def test_an_unreadable_request_is_answered_with_400_and_the_connection_ends(web, sent, caplog):
    caplog.set_level(logging.INFO)
    head, _, body = exchange(web, sent).partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 "))
    assert b"Connection: close" in head
    assert json.loads(body) == {"error": "Bad request", "message": "the request cannot be read"}
    assert not [record for record in caplog.records if record.exc_info or "uncaptured" in record.getMessage()]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", b"501"),
        (b"GET / HTTP/1.1\r\nA: " + 20_000 * b"b" + b"\r\n\r\n", b"431"),
        (b"GET /" + 20_000 * b"b" + b" HTTP/1.1\r\n\r\n", b"431"),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n", b"413"),
    ],
    ids=["encoding", "header", "path", "body"],
)
def test_what_is_too_much_is_answered_in_json_too(web, sent, status):
    head, _, body = exchange(web, sent).partition(b"\r\n\r\n")
    assert head.split()[1] == status
    assert set(json.loads(body)) == {"error", "message"}
