"""The streamer down, hung, restarted or answering garbage."""

import threading

import pytest
import requests

from petcam import streamer_client
from petcam.config import Config, Streamer
from petcam.streamer_client import StreamerClient, streamer_url
from tests.integration.web.stub_streamer import HANG, HANG_UP, http_answer

DOWN = {"error": "Go server unavailable", "message": "ストリーミングサーバーに接続できません"}
LATE = {"error": "Go server timeout", "message": "ストリーミングサーバーの応答がタイムアウトしました"}
GARBAGE = {"error": "Proxy error", "message": "ストリーミングサーバーの応答が正しくありません"}
CALLS = [("POST", "recording/start"), ("POST", "recording/stop"), ("GET", "go/health"), ("POST", "webrtc/offer")]


def says(url, status, body):
    """Whether each call says so, and ``status`` besides that nothing is recorded."""
    for method, path in CALLS:
        answer = requests.request(method, f"{url}/api/{path}", timeout=10)
        assert (answer.status_code, answer.json()) == (status, body), path
    answer = requests.get(f"{url}/api/recording/status", timeout=10)
    assert (answer.status_code, answer.json()) == (status, {**body, "recording": False})
    return True


def test_it_says_503_while_the_streamer_is_down(url, stub):
    stub.close()
    assert says(url, 503, DOWN)


def test_it_says_503_when_the_streamer_hangs_up_without_an_answer(url, stub):
    stub.script = [HANG_UP]
    assert says(url, 503, DOWN)


def test_it_says_504_when_the_streamer_hangs(url, stub, monkeypatch):
    assert (streamer_client.READ_TIMEOUT_SECONDS, streamer_client.CONTROL_TIMEOUT_SECONDS) == (2, 5)
    monkeypatch.setattr(streamer_client, "READ_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(streamer_client, "CONTROL_TIMEOUT_SECONDS", 0.1)
    stub.script = [HANG]
    assert says(url, 504, LATE)


def test_it_says_504_when_the_streamer_hangs_within_its_answer(url, stub, monkeypatch):
    monkeypatch.setattr(streamer_client, "READ_TIMEOUT_SECONDS", 0.1)
    stub.script = [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"]
    answer = requests.get(f"{url}/api/go/health", timeout=10)
    assert (answer.status_code, answer.json()) == (504, LATE)


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage\r\n\r\n",
        b"\x00\xff" * 100 + b"\r\n\r\n",
        http_answer(b"<html>It works!</html>"),
        http_answer(b""),
        http_answer(b'{"status":'),
        http_answer(b"\xff\xfe\xff"),
        http_answer(b"[" * 100_000),
        http_answer(b"not gzip", headers="Content-Encoding: gzip\r\n"),
        http_answer(b"", "302 Found", "Location: http://192.0.2.1/\r\n"),
        b"HTTP/1.1 200 OK\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 999999 what\r\n\r\n",
    ],
)
def test_it_says_502_when_the_streamer_answers_garbage(url, stub, answer):
    stub.script = [answer]
    assert says(url, 502, GARBAGE)


def test_it_keeps_one_connection_for_reads(stub):
    client = StreamerClient(stub.url)
    for _ in range(5):
        assert client.read("/status").status == 200
    assert stub.connections == 1
    client.close()


def test_it_notices_a_restarted_streamer_without_a_false_503(stub):
    client = StreamerClient(stub.url)
    for _ in range(3):
        assert client.read("/status").status == 200
        port = stub.port
        stub.close()
        stub.__init__(port)
        assert client.control("/start", b"{}").status == 200
        assert client.read("/status").status == 200
    client.close()


def test_it_asks_a_read_again_when_the_connection_ended_in_that_moment(stub):
    client = StreamerClient(stub.url)
    stub.script = [http_answer(), HANG_UP, http_answer(b'{"second":true}')]
    client.read("/status")
    assert client.read("/status").body == b'{"second":true}'
    assert len(stub.requests) == 3
    client.close()


def test_it_never_does_control_twice(url, stub):
    stub.script = [http_answer(), HANG_UP, http_answer()]
    assert requests.get(f"{url}/api/recording/status", timeout=10).status_code == 200
    assert requests.post(f"{url}/api/recording/start", timeout=10).status_code == 503
    assert stub.requests == ["GET /status HTTP/1.1", "POST /start HTTP/1.1"]


def test_it_gives_each_of_many_threads_its_own_answer(stub):
    client = StreamerClient(stub.url, connections=8)
    stub.script = [http_answer(b'{"n":%d}' % n) for n in range(201)]
    bodies, lock = [], threading.Lock()

    def ask():
        for _ in range(25):
            body = client.read("/status").body
            with lock:
                bodies.append(body)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(bodies) == len(set(bodies)) == 200
    assert stub.connections <= 8
    client.close()


@pytest.mark.parametrize(
    ("named", "host", "url"),
    [
        ("", "0.0.0.0", "http://127.0.0.1:8181"),
        ("", "::", "http://127.0.0.1:8181"),
        ("", "192.0.2.1", "http://192.0.2.1:8181"),
        ("", "fe80::1", "http://[fe80::1]:8181"),
        ("http://other:9/", "0.0.0.0", "http://other:9"),
    ],
)
def test_it_finds_the_streamer(monkeypatch, named, host, url):
    monkeypatch.setenv("GO_SERVER_URL", named)
    assert streamer_url(Config(streamer=Streamer(host=host, port=8181))) == url


def test_it_uses_no_proxy_from_the_environment(stub, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    client = StreamerClient(stub.url)
    assert client.read("/health").status == 200
    client.close()


def test_it_says_trouble_once_and_its_end(stub, caplog):
    client = StreamerClient(stub.url)
    port = stub.port
    stub.close()
    with caplog.at_level("INFO", "petcam.streamer_client"):
        for _ in range(3):
            with pytest.raises(streamer_client.PetcamError):
                client.read("/health")
        stub.__init__(port)
        client.read("/health")
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    client.close()
