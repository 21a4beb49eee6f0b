"""Video of the past, passed on from the streamer piece by piece."""

import socket
import threading
from urllib.parse import urlsplit

import pytest
import requests

from tests.integration.web.stub_streamer import http_answer

pytestmark = pytest.mark.needs_python("inside")

HEAD = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
    b'Content-Type: video/mp4; codecs="avc1.42e01f"\r\nX-Rtp-Timestamp: 4000000000\r\nX-Capture-Ns: 99\r\n'
    b"X-Past-Age: 10.500\r\nX-Past-Held: 61.000\r\nX-Internal: 1\r\n\r\n"
)


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


class Streamer:
    """Answers each request with the head and ``ftyp``, and what is given to it afterwards."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.asked, self.connections, self.opened = [], [], threading.Semaphore(0)
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                request += connection.recv(4096)
            self.asked.append(request.split()[1].decode())
            connection.sendall(HEAD + chunk(b"ftyp"))
            self.connections.append(connection)
            self.opened.release()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self.connections:
            connection.close()
        self._thread.join(5)


@pytest.fixture
def stub():
    """In the place of the stub that answers JSON."""
    streamer = Streamer()
    streamer.url = f"http://127.0.0.1:{streamer.port}"
    yield streamer
    streamer.close()


def watch(url, query=""):
    return requests.get(f"{url}/api/past.mp4{query}", stream=True, timeout=10)


def test_pieces_come_as_the_streamer_sends_them(url, stub):
    with watch(url, "?from=10.5&for=20") as answer:
        assert answer.headers["Content-Type"] == 'video/mp4; codecs="avc1.42e01f"'
        assert answer.headers["X-Rtp-Timestamp"] == "4000000000"
        assert answer.headers["X-Past-Held"] == "61.000"
        assert "X-Internal" not in answer.headers
        pieces = answer.iter_content(None)
        for piece in (b"ftyp", b"moof" * 9000):
            if piece != b"ftyp":
                stub.connections[0].sendall(chunk(piece))
            got = b""
            while len(got) < len(piece):
                got += next(pieces)
            assert got == piece
        stub.connections[0].sendall(b"0\r\n\r\n")
        assert list(pieces) == []
    assert stub.asked == ["/past.mp4?from=10.5&for=20"]


def test_the_stream_ends_with_its_viewer(url, stub):
    answer = watch(url)
    answer.raw._fp.fp.raw._sock.shutdown(socket.SHUT_RDWR)
    answer.close()
    send_until_closed(stub.connections[0])  # it is noticed when something is sent


def test_another_stream_of_the_same_viewer_takes_the_place_of_the_one_before(url, stub):
    with watch(url, "?viewer=a-1") as first, watch(url, "?viewer=b-1") as other:  # all that one network may have
        sending = threading.Thread(target=send_until_closed, args=(stub.connections[0],))
        sending.start()
        with watch(url, "?viewer=a-1") as second:
            assert second.status_code == 200
            sending.join(10)
            assert b"".join(first.iter_content(None)).startswith(b"ftypmoof")
            for answer, connection in ((other, stub.connections[1]), (second, stub.connections[2])):
                connection.sendall(chunk(b"more") + b"0\r\n\r\n")
                assert b"".join(answer.iter_content(None)) == b"ftypmore"


def send_until_closed(connection):
    """As a camera goes on."""
    try:
        while True:
            connection.sendall(chunk(b"moof"))
            connection.settimeout(0.02)
            try:
                if connection.recv(1) == b"":
                    return
            except TimeoutError:
                connection.settimeout(10)
    except OSError:
        return


def test_a_viewer_that_does_not_read_holds_the_streamer_up_and_fills_no_memory(url, web, stub):
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port)) as viewer:
        viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        viewer.sendall(b"GET /api/past.mp4 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert stub.opened.acquire(timeout=10)
        connection = stub.connections[0]
        connection.settimeout(1)  # nothing is taken any more
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 64 << 20:
                connection.sendall(chunk(b"x" * 65536))
                sent += 65536
        held = sum(channel.total_outbufs_len for channel in web._server.active_channels.values())
        assert 0 < held < 1 << 20
    send_until_closed(connection)


def test_half_of_the_streams_are_for_one_network_at_most(url, stub):
    answers = [watch(url) for _ in range(3)]
    try:
        refused = [answer for answer in answers if answer.status_code == 503]
        assert [answer.json()["error"] for answer in refused] == ["Too many clients"]  # of twelve threads
        assert all(answer.headers["Retry-After"] for answer in refused)
    finally:
        for answer in answers:
            answer.close()


@pytest.mark.parametrize("query", ["from=0", "from=601", "from=x", "for=0", "viewer=a%20b", f"viewer={'a' * 37}"])
def test_what_cannot_be_asked_is_refused(url, stub, query):
    answer = watch(url, f"?{query}")
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad request")
    assert stub.asked == []


class TestRefusals:
    @pytest.fixture
    def stub(self):
        from tests.integration.web.stub_streamer import StubStreamer

        stub = StubStreamer()
        yield stub
        stub.close()

    def test_the_streamers_refusal_is_passed_on(self, url, stub):
        stub.script = [http_answer(b'{"error":"No video"}', "503 Service Unavailable", "Retry-After: 7\r\n")]
        answer = watch(url)
        assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (503, {"error": "No video"}, "7")

    def test_it_says_where_there_is_no_streamer(self, url, stub):
        stub.close()
        assert watch(url).json()["error"] == "Go server unavailable"
