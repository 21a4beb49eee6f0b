"""The page's server under floods of strangers, each device of which has an address of its own in 127.0.0.0/8."""

import contextlib
import itertools
import resource
import socket
import tempfile
import threading

import pytest
import requests
from flask import Flask, request

from petcam.system.network import network_of
from petcam.web.http import CONNECTION_KEY
from petcam.web.http.parser import MAX_BODY_BYTES, MAX_CHUNK_LINES_BYTES, MAX_HEADER_BYTES
from petcam.web.http.places import ANSWER_BYTES, CONNECTIONS, REQUEST_BYTES
from petcam.web.http.server import RECEIVE_BUFFER_BYTES, SEND_BUFFER_BYTES, WebServer
from tests.chosen_server import is_go
from tests.integration.web.conftest import WEB_THREADS
from tests.integration.web.test_server import eventually, open_connections
from tests.left_out import skip_with_go

STRANGER, HOME = "127.0.0.2", "127.0.0.3"
GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture(autouse=True)
def many_descriptors():
    """More than the usual 1,024, since both ends of each connection are in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def connect():
    """Makes a connection to ``server`` from the address of a device; ``sent`` is sent as far as it is taken."""
    with contextlib.ExitStack() as connections:

        def connect(server, device, sent=b""):
            client = connections.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(20)
            client.bind((device, 0))
            client.connect(("127.0.0.1", server.port))
            send_what_is_taken(client, sent)
            return client

        yield connect


def send_what_is_taken(client, data):
    client.setblocking(False)
    with contextlib.suppress(OSError):  # or the connection has been closed
        while data:
            data = data[client.send(data) :]
    client.settimeout(20)


def answer_to(client, sent):
    client.sendall(sent)
    return read_status(client)


def read_status(client):
    return int(client.makefile("rb").readline().split()[1])


def channels(server, device=None):
    found = list(server._server.active_channels.values())
    return [each for each in found if device is None or each.network == network_of(device)]


def held(server, limit):
    return sum(getattr(channel, limit.attribute) for channel in channels(server))


def sums_of(server, limit):
    """A list that grows by what all connections hold, each time that the loop has looked at the limit."""
    sums, keep_within = [], server._server.keep_within

    def keep_and_note(within, wanted=0):
        keep_within(within, wanted)
        if within is limit:
            sums.append(held(server, limit))

    server._server.keep_within = keep_and_note
    return sums


@pytest.fixture
def large():
    """A server with long answers, of which one stays open; and one that says how long a body is."""

    def stay_open():
        connection, pause = request.environ[CONNECTION_KEY], threading.Event()
        return itertools.chain([bytes(2**20)], (b"" for _ in iter(lambda: connection.gone or pause.wait(0.01), True)))

    skip_with_go(["inside"])
    app = Flask(__name__)
    app.add_url_rule("/open", "open", stay_open)
    app.add_url_rule("/large", "large", lambda: bytes(2**20))
    app.add_url_rule("/in", "in", lambda: str(request.environ[CONNECTION_KEY].let_in("somebody")))
    app.add_url_rule("/length", "length", lambda: str(len(request.get_data())), methods=["POST"])
    server = WebServer(app, "127.0.0.1", 0, WEB_THREADS)
    server.start()
    yield server
    server.stop()


@pytest.mark.needs_python("inside")
def test_healthz_answers_while_connections_ask_much_and_read_nothing(web, url, connect):
    for number in range(45):
        connect(web, STRANGER, 400 * (GET % b"/static/petcam.css"))
        if number % 5 == 0:
            assert requests.get(f"{url}/healthz", timeout=10).status_code == 200
    assert eventually(lambda: all(each.total_outbufs_len for each in channels(web, STRANGER)))
    assert not web._server.task_dispatcher.queue
    for _ in range(20):
        assert requests.get(f"{url}/healthz", timeout=10).status_code == 200
    assert len(channels(web, STRANGER)) == 45


@pytest.fixture
def no_temporary_files(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a temporary file")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile"):
        monkeypatch.setattr(tempfile, name, refuse)


@pytest.mark.needs_python("inside")
def test_bodies_that_are_held_are_bounded_in_sum_and_an_honest_one_is_served(web, url, connect, no_temporary_files):
    begun = connect(web, HOME, POST % 10 + b"passw")
    sums = sums_of(web, REQUEST_BYTES)
    for _ in range(350):
        connect(web, STRANGER, (POST % MAX_BODY_BYTES) + bytes(MAX_BODY_BYTES - 100))
    assert eventually(lambda: max(sums, default=0) > REQUEST_BYTES.most - 2 * MAX_BODY_BYTES)  # so it was a flood
    assert requests.post(f"{url}/login", data={"password": "x"}, timeout=10).status_code < 500
    assert answer_to(begun, b"ord=x") < 500
    assert max(sums) <= REQUEST_BYTES.most


@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
def test_a_body_that_no_route_takes_is_refused_before_it_is_read(web, connect, expect):
    request = (POST % 10**6).replace(b"\r\n\r\n", b"\r\n" + expect + b"\r\n")
    client = connect(web, STRANGER, request + bytes(10_000))
    received = client.makefile("rb").read()
    assert received.startswith(b"HTTP/1.1 413 ")
    assert b'"error": "Too large"' in received
    assert is_go() or eventually(lambda: not channels(web, STRANGER) or held(web, REQUEST_BYTES) < 5000)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("length", "status"), [(MAX_BODY_BYTES, 200), (MAX_BODY_BYTES + MAX_CHUNK_LINES_BYTES, 413)])
def test_the_largest_body_is_taken_whole(large, length, status, chunked, no_temporary_files):
    body = iter([bytes(length)]) if chunked else bytes(length)
    answer = requests.post(f"http://127.0.0.1:{large.port}/length", data=body, timeout=20)
    assert answer.status_code == status
    assert status == 413 or answer.text == str(length)


def test_many_short_headers_are_refused(web, connect):
    request = GET % b"/"
    lines = b"".join(b"a%d:\r\n" % number for number in range(1000))
    assert len(lines) < MAX_HEADER_BYTES
    assert answer_to(connect(web, STRANGER), request.replace(b"\r\n\r\n", b"\r\n" + lines + b"\r\n")) == 400


def test_answers_that_are_not_read_are_bounded_in_sum_and_an_honest_reader_gets_his(large, connect, no_temporary_files):
    reader, sums = connect(large, HOME, GET % b"/large"), sums_of(large, ANSWER_BYTES)
    for _ in range(40):
        connect(large, STRANGER, GET % b"/large")
    assert eventually(lambda: max(sums, default=0) > ANSWER_BYTES.most - 2**21)
    assert len(requests.get(f"http://127.0.0.1:{large.port}/large", timeout=20).content) == 2**20
    received = reader.makefile("rb")
    while received.readline().strip():
        pass
    assert len(received.read(2**20)) == 2**20
    assert max(sums) <= ANSWER_BYTES.most + WEB_THREADS * 2**21  # each thread may add one until the loop looks again


def test_an_answer_that_has_been_read_takes_no_memory(large, connect):
    client = connect(large, HOME, GET % b"/large")
    received = client.makefile("rb")
    while received.readline().strip():
        pass
    received.read(2**20)
    (channel,) = channels(large, HOME)
    assert eventually(lambda: channel.answer_bytes == 0)
    assert [len(buffer) for buffer in channel.outbufs] == [0]
    assert answer_to(client, GET % b"/large") == 200


def test_a_flood_of_connections_costs_only_the_device_that_makes_it_its_own(web, connect):
    idle = connect(web, HOME)
    assert answer_to(idle, GET % b"/healthz") == 200
    for _ in range(CONNECTIONS.most + 150):
        connect(web, STRANGER, b"GET / HTTP/1.1\r\nHost: loc")
    newcomer = connect(web, "127.0.0.4", GET % b"/healthz")
    assert read_status(newcomer) == 200
    assert open_connections(web) <= CONNECTIONS.most
    assert answer_to(idle, GET % b"/healthz") == 200


def test_who_is_logged_in_keeps_the_connection_in_a_flood_of_the_own_network(large, connect):
    owner = connect(large, STRANGER)
    assert answer_to(owner, GET % b"/in") == 200
    [channel] = channels(large, STRANGER)
    connect(large, STRANGER)
    assert eventually(lambda: len(channels(large, STRANGER)) == 2)
    [stranger] = [each for each in channels(large, STRANGER) if each is not channel]
    for _ in range(CONNECTIONS.most):
        connect(large, STRANGER)
    assert eventually(lambda: not stranger.connected)
    assert answer_to(owner, GET % b"/in") == 200
    assert channel.turn == "somebody"  # whose requests do not wait behind those of the flood


@pytest.mark.needs_python("inside")
def test_requests_of_closed_connections_are_not_kept(web, connect):
    dispatcher = web._server.task_dispatcher
    dispatcher.set_thread_count(0)
    for number in range(50):
        connect(web, f"127.0.1.{number}", (POST % 10) + b"password=x")
    assert eventually(lambda: len(dispatcher.queue) == 50)
    for channel in channels(web):
        web._server.trigger.pull_trigger(channel.give_way)
    assert eventually(lambda: len(dispatcher.queue) == 0)
    dispatcher.set_thread_count(WEB_THREADS)


@pytest.mark.parametrize("path", [b"/large", b"/open"])
def test_a_client_that_reads_nothing_for_too_long_is_closed(large, connect, monkeypatch, path):
    monkeypatch.setattr("petcam.web.http.channel.MAX_WAIT_SECONDS", 0.5)
    connect(large, STRANGER, 10 * (GET % path))
    assert eventually(lambda: channels(large, STRANGER))
    assert eventually(lambda: not channels(large, STRANGER))


@pytest.mark.needs_python("inside")
def test_a_request_that_comes_byte_by_byte_for_too_long_is_closed(web, connect, monkeypatch):
    monkeypatch.setattr("petcam.web.http.channel.MAX_WAIT_SECONDS", 0.5)
    client = connect(web, STRANGER, b"GET /")

    def is_closed():
        send_what_is_taken(client, b"a")
        return not channels(web, STRANGER)

    assert eventually(lambda: channels(web, STRANGER))
    assert eventually(is_closed)


def test_a_connection_counts_until_the_end_of_its_answer_has_been_read(large, connect, monkeypatch):
    request = (GET % b"/large").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    client = connect(large, STRANGER, request)
    received = client.makefile("rb")
    while received.readline().strip():
        pass
    (channel,) = channels(large, STRANGER)
    body = received.read(2**20 - 8192)
    assert eventually(lambda: not channel.total_outbufs_len)  # what is left is in the kernel, on both sides
    assert len(body + received.read()) == 2**20
    client.close()
    assert eventually(lambda: not channels(large, STRANGER))


@pytest.mark.needs_python("inside")
def test_the_kernel_holds_little_for_each_connection(web, connect):
    client = connect(web, STRANGER)
    assert answer_to(client, GET % b"/healthz") == 200
    (channel,) = channels(web, STRANGER)
    sizes = [channel.socket.getsockopt(socket.SOL_SOCKET, name) for name in (socket.SO_SNDBUF, socket.SO_RCVBUF)]
    assert sizes == [2 * SEND_BUFFER_BYTES, 2 * RECEIVE_BUFFER_BYTES]
