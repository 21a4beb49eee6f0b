"""The page's server, petcam-web on waitress or the streamer: open streams, stalled clients, ranges, stopping it."""

import contextlib
import http.client
import itertools
import json
import operator
import os
import re
import resource
import secrets
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from types import SimpleNamespace

import pytest
import requests
from flask import Flask

from petcam.errors import Code, PetcamError
from petcam.shm.detections import Box, DetectionWriter
from petcam.web.http.places import CONNECTIONS
from petcam.web.http.server import WebServer, listen
from tests.chosen_server import is_go
from tests.integration.web.conftest import WEB_THREADS
from tests.left_out import skip_with_go
from tests.ports import free_port

NAME = "petcam_20260101-000000.mp4"
FRAME = SimpleNamespace(frame_number=5, capture_ns=123_000_000, width=1280, height=720)


@pytest.fixture
def detector(config):
    with DetectionWriter(config.camera.detections, writer_name="test") as writer:
        yield writer


def publish(detector, number):
    frame = SimpleNamespace(**{**vars(FRAME), "frame_number": number, "capture_ns": number * 1_000_000})
    detector.publish(frame, [Box("cat", 0.9, 1.0, 2.0, 3.0, 4.0)])


class StreamClient:
    """A client with one open answer, such as the event stream."""

    def __init__(self, web, path="/api/detections/stream", device="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", web.port), timeout=20, source_address=(device, 0))
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.answer = http.client.HTTPResponse(self.socket)
        self.answer.begin()

    def event(self):
        while line := self.answer.readline():
            if line.startswith(b"data: "):
                return json.loads(line[len(b"data: ") :])
        return None

    def numbers(self):
        while event := self.event():
            yield event["frame_number"]

    def close(self):
        self.answer.close()
        self.socket.close()


@pytest.fixture
def open_stream(web):
    clients = []

    def open_client(*args, **options):
        clients.append(StreamClient(web, *args, **options))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()


def eventually(condition):
    """Poll ``condition`` for at most 20 s, where there is no event to wait for."""
    pause = threading.Event()
    for _ in range(2000):
        if condition():
            return True
        pause.wait(0.01)
    return False


def test_it_sends_the_detectors_results_to_every_client(open_stream, detector):
    clients = [open_stream(), open_stream()]
    publish(detector, 41)
    assert [client.event()["frame_number"] for client in clients] == [41, 41]


def test_streams_continue_when_the_detector_restarts(open_stream, config):
    """Each detector goes on until it was seen: a busy machine may open its segment when its first result is old."""
    numbers = open_stream().numbers()
    for number in (1, 2, 3):
        with DetectionWriter(config.camera.detections, writer_name="test") as detector, ThreadPoolExecutor(1) as reader:
            seen = reader.submit(operator.contains, numbers, number)
            while not seen.done():
                publish(detector, number)
                wait([seen], 0.01)


def test_a_client_that_stalled_gets_the_latest_results_and_hardly_any_old_ones(open_stream, detector):
    stalled, prompt = open_stream(), open_stream()
    numbers = itertools.count(1)

    def publish_next():
        publish(detector, number := next(numbers))
        assert prompt.event()["frame_number"] == number
        return number

    while publish_next() < 200:  # by then the client's TCP window has grown to its full size
        stalled.event()
    while (newest := publish_next()) < 1200:
        pass
    with ThreadPoolExecutor(1) as reader:
        after_stall = reader.submit(lambda: list(itertools.takewhile(lambda n: n <= newest, stalled.numbers())))
        assert eventually(lambda: publish_next() and after_stall.done())
    assert len(after_stall.result()) < 500  # of 1,000


def test_many_open_streams_leave_threads_for_pages(url, open_stream, services):
    clients = [open_stream(device=f"127.0.0.{number % 3 + 1}") for number in range(30)]
    taken = [client for client in clients if client.answer.status == 200]
    refused = [client for client in clients if client.answer.status == 503]
    assert (len(taken), len(refused)) == (services.stream_slots.limit, 30 - services.stream_slots.limit)
    assert refused[0].answer.headers["Retry-After"]
    assert json.loads(refused[0].answer.read())["error"] == "Too many clients"
    for path in ("/healthz", "/", "/api/recording/status", "/api/recordings"):
        assert requests.get(url + path, timeout=10).status_code == 200


def test_one_device_takes_no_more_than_half_of_the_streams(open_stream, services):
    half = services.stream_slots.limit // 2
    assert [open_stream().answer.status for _ in range(half + 2)] == half * [200] + 2 * [503]
    assert open_stream(device="127.0.0.2").answer.status == 200


def test_a_client_that_is_gone_frees_its_slot_while_results_come(open_stream, services, detector):
    client = open_stream()
    publish(detector, 1)
    assert client.event()
    client.close()
    assert eventually(lambda: publish(detector, 2) or services.stream_slots.taken() == 0)


def test_a_client_that_is_gone_frees_its_slot_while_no_results_come(open_stream, services, monkeypatch):
    # by which waitress before 2.1 notices it
    monkeypatch.setattr("petcam.web.http.server_sent_events.KEEP_ALIVE_SECONDS", 0.5)
    open_stream().close()
    assert eventually(lambda: services.stream_slots.taken() == 0)


@pytest.fixture
def many_descriptors():
    """More descriptors than the usual 1,024, since both ends of each connection are in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def open_connections(web):
    return web.connections() if is_go() else len(web._server.active_channels)


def test_connections_that_never_finish_their_request_block_nobody(many_descriptors, url, web):
    with contextlib.ExitStack() as connections:
        for _ in range(600):
            connection = connections.enter_context(socket.create_connection(("127.0.0.1", web.port)))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        assert requests.get(f"{url}/healthz", timeout=10).status_code == 200
        assert open_connections(web) <= CONNECTIONS.most


def test_a_stalled_player_holds_no_thread(url, open_stream, config):
    with open(f"{config.recording.directory}/{NAME}", "wb") as file:
        file.truncate(32 << 20)
    stalled = [open_stream(f"/api/recordings/{NAME}") for _ in range(12)]
    for _ in range(12):
        connection = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
        connection.sendall(
            f"GET /api/recordings/{NAME} HTTP/1.1\r\nHost: localhost\r\nRange: bytes=1-\r\n\r\n".encode()
        )
        stalled.append(connection)
    assert requests.get(f"{url}/api/recordings", timeout=10).status_code == 200
    for connection in stalled[12:]:
        connection.close()


@pytest.mark.needs_python("inside")
def test_clients_that_ask_much_and_read_nothing_hold_no_thread(url, web, many_descriptors):
    request = b"GET /static/petcam.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with contextlib.ExitStack() as connections:
        for _ in range(2 * WEB_THREADS):
            client = connections.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", web.port))
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.sendall(400 * request)
        channels, queue = web._server.active_channels, web._server.task_dispatcher.queue
        assert eventually(lambda: all(each.total_outbufs_len for each in list(channels.values())) and not queue)
        assert requests.get(f"{url}/healthz", timeout=10).status_code == 200


@pytest.mark.parametrize("sizes", [[10_000], [1], [70, 3, 9000]], ids=["at once", "by bytes", "in pieces"])
def test_requests_that_are_sent_ahead_are_all_answered_in_order(web, sizes):
    paths = [f"/static/lib/{number}.js" for number in range(50)]
    empty_line = "" if is_go() else "\r\n"  # net/http refuses it
    asked = [f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n{empty_line}" for path in paths]
    stream = "".join([*asked, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"]).encode()
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as client:
        lengths, begin = itertools.cycle(sizes), 0
        while begin < len(stream):
            end = begin + next(lengths)
            client.sendall(stream[begin:end])
            begin = end
        received = client.makefile("rb").read()
    assert re.findall(rb"HTTP/1.1 (\d+) ", received) == 50 * [b"404"] + [b"200"]


@pytest.mark.parametrize(
    ("range_header", "status", "body", "content_range"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=0-0", 206, b"0", "bytes 0-0/10"),
        ("bytes=5-100", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
        ("bytes=4-2", 200, b"0123456789", None),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        (None, 200, b"0123456789", None),
    ],
)
def test_it_sends_the_range_that_was_asked_for(url, config, range_header, status, body, content_range):
    with open(f"{config.recording.directory}/{NAME}", "wb") as file:
        file.write(b"0123456789")
    headers = {"Range": range_header} if range_header else {}
    answer = requests.get(f"{url}/api/recordings/{NAME}", headers=headers, timeout=10)
    assert (answer.status_code, answer.headers.get("Content-Range")) == (status, content_range)
    assert body is None or answer.content == body
    assert answer.headers["Content-Length"] == str(len(answer.content))
    head = requests.head(f"{url}/api/recordings/{NAME}", headers=headers, timeout=10)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "10", b"")


def test_a_range_is_sent_only_where_if_range_names_the_current_file(url, config):
    with open(f"{config.recording.directory}/{NAME}", "wb") as file:
        file.write(b"0123456789")
    etag = requests.head(f"{url}/api/recordings/{NAME}", timeout=10).headers["ETag"]
    for condition, status, body in (
        (etag, 206, b"23"),
        (f"W/{etag}", 200, b"0123456789"),
        ('"other"', 200, b"0123456789"),
        ("Tue, 24 Nov 2026 05:00:00 GMT", 200, b"0123456789"),
    ):
        headers = {"Range": "bytes=2-3", "If-Range": condition}
        answer = requests.get(f"{url}/api/recordings/{NAME}", headers=headers, timeout=10)
        assert (answer.status_code, answer.content) == (status, body)


def test_a_recording_that_is_deleted_while_it_plays_plays_to_its_end(url, config):
    content = secrets.token_bytes(8 << 20)
    with open(f"{config.recording.directory}/{NAME}", "wb") as file:
        file.write(content)
    with requests.get(f"{url}/api/recordings/{NAME}", stream=True, timeout=10) as playing:
        assert requests.delete(f"{url}/api/recordings/{NAME}", timeout=10).status_code == 204
        assert requests.delete(f"{url}/api/recordings/{NAME}", timeout=10).status_code == 404
        assert playing.content == content
    assert requests.get(f"{url}/api/recordings/{NAME}", timeout=10).status_code == 404


def test_of_ten_simultaneous_deletes_one_succeeds(url, config):
    open(f"{config.recording.directory}/{NAME}", "wb").close()
    with ThreadPoolExecutor(10) as callers:
        answers = callers.map(lambda _: requests.delete(f"{url}/api/recordings/{NAME}", timeout=10), range(10))
        assert sorted(answer.status_code for answer in answers) == [204] + [404] * 9


def test_it_answers_post_bodies_of_every_wrong_kind_without_a_500(url, stub):
    bodies = [None, b"", b"{}", b"[]", b"null", b"\xff", b'{"filename": 5}', b'{"filename": {"a": []}}', b"x" * 5000]
    for path in ("recording/start", "recording/stop", "webrtc/offer"):
        for content_type in (None, "application/json", "text/plain", "multipart/form-data", 'x/y;;="'):
            for body in bodies:
                headers = {"Content-Type": content_type} if content_type else {}
                answer = requests.post(f"{url}/api/{path}", data=body, headers=headers, timeout=10)
                assert answer.status_code in (200, 400, 413), (path, content_type, body)
                answer.json()


def test_it_stops_while_streams_are_open(services, web, open_stream):
    clients = [open_stream(), open_stream()]
    services.detections.stop()
    web.stop()
    assert [client.event() for client in clients] == [None, None]
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("waitress")]


def test_it_stops_while_idle_and_stalled_connections_are_open(services, web, open_stream, config):
    with open(f"{config.recording.directory}/{NAME}", "wb") as file:
        file.truncate(32 << 20)
    stalled = open_stream(f"/api/recordings/{NAME}")
    idle = open_stream("/healthz")
    services.detections.stop()
    web.stop()
    assert json.loads(idle.answer.read())["status"] == "ok"
    assert stalled.answer.status == 200
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("waitress")]


@pytest.mark.needs_python("inside")
def test_it_names_port_and_key_where_the_port_is_taken(web):
    with pytest.raises(PetcamError) as raised:
        listen("127.0.0.1", web.port)
    assert raised.value.code is Code.PORT_UNAVAILABLE
    assert str(web.port) in raised.value.message and "web.port" in raised.value.message


@pytest.mark.parametrize("host", ["192.0.2.99", "no.such.host.invalid"])
@pytest.mark.needs_python("inside")
def test_it_names_the_key_where_the_address_is_not_this_machines(host):
    with pytest.raises(PetcamError, match="web.host") as raised:
        listen(host, 0)
    assert raised.value.code is Code.PORT_UNAVAILABLE


@pytest.mark.needs_python("inside")
def test_connections_that_a_flood_has_begun_wait_without_being_dropped(many_descriptors):
    """Else the kernel drops the owner's too, who then tries again only after a second, or three."""
    with listen("127.0.0.1", 0) as listener, contextlib.ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(socket.create_connection(listener.getsockname(), timeout=5))


@pytest.fixture
def start_petcam_web(tmp_path, segment):
    """Starts the command as a process; returns the process and its port."""
    skip_with_go(["inside"])
    started = []

    def start(port=None, host="127.0.0.1", **extra):
        port = port or free_port()
        (tmp_path / "petcam.yaml").write_text(
            f"web: {{host: {host}, port: {port}, threads: 10}}\n"
            f"camera: {{stream: {segment}_stream, detections: {segment}_detections}}\n"
            "auth: {mode: none}\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "petcam.cli", "web", "--config", str(tmp_path / "petcam.yaml")],
            env={**os.environ, "STATE_DIRECTORY": str(tmp_path), **extra},
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, port

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_ready(notify):
    while b"READY=1" not in notify.recv(4096):
        pass


@pytest.fixture
def notify(tmp_path):
    """A socket in place of systemd's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(30)
        yield listener


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_cleanly_at_a_signal_while_a_stream_is_open(start_petcam_web, notify, number):
    process, port = start_petcam_web(NOTIFY_SOCKET=notify.getsockname())
    wait_ready(notify)
    client = StreamClient(SimpleNamespace(port=port))
    process.send_signal(number)
    assert process.wait(20) == 0
    assert client.event() is None
    client.close()
    assert "Traceback" not in process.stderr.read()


def test_the_command_feeds_the_watchdog_after_it_is_ready(start_petcam_web, notify):
    start_petcam_web(NOTIFY_SOCKET=notify.getsockname(), WATCHDOG_USEC="200000")
    wait_ready(notify)
    assert notify.recv(4096).startswith(b"WATCHDOG=1\nSTATUS=0 open streams")


@pytest.mark.parametrize(("host", "warns"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_the_log_warns_where_the_network_sees_the_camera_without_a_login(start_petcam_web, notify, host, warns):
    process, port = start_petcam_web(host=host, NOTIFY_SOCKET=notify.getsockname())
    wait_ready(notify)
    process.terminate()
    _, log = process.communicate(timeout=30)
    warning = f"WARNING petcam.commands.web: auth.mode is none: everybody who reaches port {port} sees the camera"
    assert (warning in log) is warns, log


def test_the_command_says_in_one_line_that_the_port_is_taken(start_petcam_web, web):
    process, port = start_petcam_web(web.port)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert [line for line in errors.splitlines() if str(port) in line and "web.port" in line]
    assert "Traceback" not in errors


def log_of(process):
    process.terminate()
    return process.communicate(timeout=30)[1]


def test_the_service_waits_for_its_port_and_says_so(start_petcam_web, notify):
    with socket.create_server(("127.0.0.1", port := free_port())):
        start_petcam_web(port, NOTIFY_SOCKET=notify.getsockname(), WATCHDOG_USEC="20000000")
        waiting = f"waiting: port {port} is taken by another program: change web.port in the configuration".encode()
        assert notify.recv(4096) == b"READY=1\nSTATUS=" + waiting
        for _ in range(2):  # it is alive meanwhile
            assert notify.recv(4096) == b"WATCHDOG=1\nSTATUS=" + waiting
            assert notify.recv(4096) == b"READY=1\nSTATUS=" + waiting
    while b"STATUS=ready" not in notify.recv(4096):
        pass
    assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=20).ok


def test_it_ends_at_a_signal_while_it_waits_for_its_address(start_petcam_web, notify):
    process, _ = start_petcam_web(host="192.0.2.99", NOTIFY_SOCKET=notify.getsockname())
    assert b"waiting: web.host: 192.0.2.99 is no address of this machine" in notify.recv(4096)
    process.terminate()
    assert process.wait(20) == 0


def test_with_few_descriptors_it_leaves_some_for_its_work(start_petcam_web, notify):
    process, port = start_petcam_web(NOTIFY_SOCKET=notify.getsockname())
    wait_ready(notify)
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    used = len(os.listdir(f"/proc/{process.pid}/fd"))
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (used + 20, hard))
    with contextlib.ExitStack() as connections:
        for _ in range(60):
            connections.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=20).status_code == 200
    log = log_of(process)
    assert "too many connections: one connection of 127.0.0.1/32 gives way" in log
    assert "Traceback" not in log and "Too many open files" not in log


def test_without_any_descriptor_it_pauses_and_resumes_once_there_is_one(start_petcam_web, notify):
    process, port = start_petcam_web(NOTIFY_SOCKET=notify.getsockname())
    wait_ready(notify)
    before, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    assert requests.get(f"http://127.0.0.1:{port}/healthz", headers={"Connection": "close"}, timeout=20).ok
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (3, hard))
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert process.stderr.readline()  # that it serves
        assert "no further connection can be accepted: Too many open files" in process.stderr.readline()
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (before, hard))
        assert client.makefile("rb").readline().split()[1] == b"200"
    assert "no further connection" not in log_of(process)


@pytest.mark.needs_python("inside")
def test_it_stops_though_its_loop_was_awake_and_has_closed_before_it_is_woken(monkeypatch):
    server = WebServer(Flask(__name__), "127.0.0.1", 0, WEB_THREADS)
    server.start()
    wake = server._server.trigger._physical_pull

    def late():
        wake()
        server._loop.join(20)
        wake()

    monkeypatch.setattr(server._server.trigger, "_physical_pull", late)
    server.stop()
    assert not server._loop.is_alive()
