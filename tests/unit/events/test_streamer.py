"""The streamer as petcam-events asks it: over real connections, with whatever may answer there."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from petcam.errors import Code, PetcamError
from petcam.events.streamer import Answer, Streamer

REFUSED = b'HTTP/1.1 409 Conflict\r\nContent-Length: 18\r\n\r\n{"error":"manual"}'


@contextmanager
def answering(*answers: bytes | None) -> Iterator[tuple[str, list[bytes]]]:
    """The URL of something that gives each connection the next answer (None: it waits), and what it was asked."""
    asked: list[bytes] = []
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            for answer in answers:
                connection, _ = server.accept()
                with connection:
                    asked.append(connection.recv(4096))
                    if answer is None:
                        over.wait()
                    else:
                        connection.sendall(answer)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            over.set()
            thread.join()


def test_what_it_answers_is_handed_on() -> None:
    with answering(REFUSED) as (url, asked):
        assert Streamer(url).control("/keep", b'{"seconds": 8}') == Answer(409, b'{"error":"manual"}')
    head, _, body = asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /keep HTTP/1.1\r\n") and b"Content-Type: application/json" in head
    assert b"Connection: close" in head and body in (b"", b'{"seconds": 8}')


def test_it_is_read_as_well() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (url, asked):
        assert Streamer(url).read("/health") == Answer(200, b"{}")
    assert asked[0].startswith(b"GET /health HTTP/1.1\r\n") and b"Connection: close" in asked[0]


def test_a_proxys_path_goes_before_the_route() -> None:
    with answering(REFUSED) as (url, asked):
        Streamer(f"{url}/camera").control("/keep", b"{}")
    assert asked[0].startswith(b"POST /camera/keep ")


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (b"", Code.STREAMER_UNAVAILABLE, "without an answer"),
        (None, Code.STREAMER_TIMEOUT, "in time"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Code.PROXY, "another program"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n" + b"a: b\r\n" * 200 + b"\r\n", Code.PROXY, "another program"),
    ],
)
def test_what_is_wrong_is_said_with_the_address(answer: bytes | None, code: Code, words: str) -> None:
    with answering(answer) as (url, _), pytest.raises(PetcamError, match=words) as raised:
        Streamer(url.replace("//", "//user:secret@"), timeout=0.2).control("/keep", b"{}")
    assert raised.value.code is code and url in raised.value.message and "secret" not in raised.value.message


def test_nobody_listens() -> None:
    with answering() as (url, _):
        pass
    with pytest.raises(PetcamError, match="Connection refused") as raised:
        Streamer(url).control("/keep", b"{}")
    assert raised.value.code is Code.STREAMER_UNAVAILABLE


def test_an_endless_answer_is_cut() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70000) as (url, _):
        assert len(Streamer(url).control("/keep", b"{}").body) == 65536
