"""The streamer's client while the streamer is down, hangs, restarts or gives invalid answers."""

import threading

import pytest
import requests

from petcam import streamer_client
from petcam.config import Config, Streamer
from petcam.errors import PetcamError
from petcam.streamer_client import StreamerClient
from petcam.streamer_url import streamer_url
from petcam.web.recordings import control
from tests.integration.web.stub_streamer import CLOSE_CONNECTION, NEVER_ANSWER, http_answer

pytestmark = pytest.mark.needs_python("inside")

UNAVAILABLE = {"error": "Go server unavailable", "message": "ストリーミングサーバーに接続できません"}
TIMEOUT = {"error": "Go server timeout", "message": "ストリーミングサーバーの応答がタイムアウトしました"}
PROXY_ERROR = {"error": "Proxy error", "message": "ストリーミングサーバーの応答が正しくありません"}
CALLS = [("POST", "recording/start"), ("POST", "recording/stop"), ("GET", "go/health"), ("POST", "webrtc/offer")]


def each_route_answers(url, status, body):
    """Asserts that each route answers so; the recording status also says that nothing is being recorded."""
    for method, path in CALLS:
        answer = requests.request(method, f"{url}/api/{path}", timeout=10)
        assert (answer.status_code, answer.json()) == (status, body), path
    answer = requests.get(f"{url}/api/recording/status", timeout=10)
    assert (answer.status_code, answer.json()) == (status, {**body, "recording": False})
    return True


def test_it_answers_503_while_the_streamer_is_down(url, stub):
    stub.close()
    assert each_route_answers(url, 503, UNAVAILABLE)


def test_it_answers_503_where_the_streamer_closes_the_connection_without_an_answer(url, stub):
    stub.script = [CLOSE_CONNECTION]
    assert each_route_answers(url, 503, UNAVAILABLE)


def test_it_answers_504_where_the_streamer_does_not_answer_in_time(url, stub, monkeypatch):
    assert (streamer_client.READ_TIMEOUT_SECONDS, streamer_client.CONTROL_TIMEOUT_SECONDS) == (2, 5)
    monkeypatch.setattr(streamer_client, "READ_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(streamer_client, "CONTROL_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(control, "DISK_TIMEOUT_SECONDS", 0.1)
    stub.script = [NEVER_ANSWER]
    assert each_route_answers(url, 504, TIMEOUT)


def test_it_answers_504_where_the_streamer_stops_within_its_answer(url, stub, monkeypatch):
    monkeypatch.setattr(streamer_client, "READ_TIMEOUT_SECONDS", 0.1)
    stub.script = [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"]
    answer = requests.get(f"{url}/api/go/health", timeout=10)
    assert (answer.status_code, answer.json()) == (504, TIMEOUT)


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
def test_it_answers_502_where_the_streamers_answer_is_invalid(url, stub, answer):
    stub.script = [answer]
    assert each_route_answers(url, 502, PROXY_ERROR)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ([], "is not there, nothing listens on that port"),
        ([NEVER_ANSWER], "does not answer in time"),
        ([CLOSE_CONNECTION], "has ended the connection without an answer: it may just have stopped"),
        ([http_answer(b"<html>")], "gives an answer that makes no sense: another program may listen on that port"),
    ],
    ids=["down", "late", "closed", "strange"],
)
@pytest.mark.parametrize("ask", [lambda client: client.read("/health"), lambda client: client.control("/stop", b"{}")])
def test_the_log_says_once_which_address_it_was_and_what_happened_there(stub, script, words, ask, monkeypatch, caplog):
    caplog.set_level("INFO", "petcam")
    monkeypatch.setattr(streamer_client, "READ_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(streamer_client, "CONTROL_TIMEOUT_SECONDS", 0.1)
    client = StreamerClient(stub.url.replace("http://", "http://cat:s3cret@"))
    if script:
        stub.script = [*script]
    else:
        stub.close()
    for _ in range(3):
        with pytest.raises(PetcamError):
            ask(client)
    assert caplog.messages == [f"petcam-streamer at {stub.url} {words}"]
    if script:
        stub.script = [http_answer()]
        ask(client)
        assert caplog.messages[1:] == [f"petcam-streamer at {stub.url} answers again"]


def test_a_name_that_is_not_known_is_said_in_the_systems_words(caplog):
    with pytest.raises(PetcamError):
        StreamerClient("http://no-such-name.invalid:1").read("/health")
    (line,) = caplog.messages
    assert line.startswith("petcam-streamer at http://no-such-name.invalid:1 cannot be reached: ")
    assert not [word for word in ("Errno", "urllib3", "HTTPConnection") if word in line]


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


def test_it_repeats_a_read_whose_connection_was_closed_at_that_moment(stub):
    client = StreamerClient(stub.url)
    stub.script = [http_answer(), CLOSE_CONNECTION, http_answer(b'{"second":true}')]
    client.read("/status")
    assert client.read("/status").body == b'{"second":true}'
    assert len(stub.requests) == 3
    client.close()


def test_it_never_repeats_a_control_request(url, stub):
    stub.script = [http_answer(), CLOSE_CONNECTION, http_answer()]
    assert requests.get(f"{url}/api/recording/status", timeout=10).status_code == 200
    assert requests.post(f"{url}/api/recording/start", timeout=10).status_code == 503
    assert stub.requests == ["GET /status HTTP/1.1", "POST /start HTTP/1.1"]


def test_each_of_many_threads_gets_its_own_answer(stub):
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
def test_it_finds_the_streamers_url(monkeypatch, named, host, url):
    monkeypatch.setenv("GO_SERVER_URL", named)
    assert streamer_url(Config(streamer=Streamer(host=host, port=8181))) == url


def test_it_uses_no_proxy_from_the_environment(stub, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    client = StreamerClient(stub.url)
    assert client.read("/health").status == 200
    client.close()


def test_it_logs_once_when_failures_begin_and_once_when_they_end(stub, caplog):
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
