"""petcam-web and petcam-streamer alone, side by side over the same camera and the same detector."""

import http.client
import json
import os
import secrets
import time
from contextlib import ExitStack, closing
from types import SimpleNamespace

import pytest

from petcam.shm.detections import Box, DetectionWriter
from petcam.system.streamer_binary import find_streamer
from tests.integration.web.exchange import OF_THE_MOMENT, Request, ask
from tests.real_services import OWNER, VIEWER, RealServices

pytestmark = pytest.mark.skipif(find_streamer() is None, reason="petcam-streamer is not built: make setup")

SERVERS = ("python", "go")
NAMES = ("cat", "dog", "ねこ", 'a"b\\c', "<b>&'", "é\u2028\x7f", "猫😺\t\n")
SCORES = (0.0, 1.0, 0.5, 0.99995, 0.00005, 1e-9, 0.1)
NUMBERS = (0.0, 0.005, 0.125, 0.5, 0.99995, 1.0, 1e-9, 1.005, 2.675, 123.456789, 0.1, 699.995)
RESULTS = 40


@pytest.fixture(scope="module")
def both(film, tmp_path_factory):
    """By the name of the server, the services and what its owner and its viewer send along."""
    detections = f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}_d"
    with ExitStack() as stack:
        found = {}
        for server in SERVERS:
            directory = tmp_path_factory.mktemp(server)
            services = stack.enter_context(RealServices(directory, film, server=server, detections=detections))
            services.start("web", "streamer")
            people = {"owner": {"Cookie": services.log_in(OWNER)}, "viewer": {"Cookie": services.log_in(VIEWER)}}
            found[server] = services, people
        yield found


def stream_of(stack, services, credentials, path="/api/detections/stream"):
    connection = stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", services.port, timeout=30)))
    connection.request("GET", path, headers=credentials)
    answer = stack.enter_context(closing(connection.getresponse()))
    assert answer.status == 200
    return answer


def head(answer):
    return {name: value for name, value in answer.headers.items() if name.lower() not in OF_THE_MOMENT}


def without_ports(services, headers):
    return {name: value.replace(str(services.streamer_port), "PORT") for name, value in headers.items()}


def result(number):
    """Boxes with each number and each name somewhere, and none in every fifth."""
    boxes = []
    for at in range(number % 5):
        x, y, w, h = (NUMBERS[(number * 5 + at + step) % len(NUMBERS)] for step in range(4))
        score = SCORES[(number + 2 * at) % len(SCORES)]
        boxes.append(Box(NAMES[(number + at) % len(NAMES)], score, x, y, abs(w) + 0.005, abs(h) + 0.005))
    stamp = time.monotonic_ns() if number % 2 else number * 123_456_789
    return SimpleNamespace(frame_number=number, capture_ns=stamp, width=1280, height=720), boxes


def until_the_last(answer):
    """The bytes of the events, from the first result to the last one."""
    found = b""
    while f'"frame_number":{RESULTS}'.encode() not in found:
        line = answer.readline()
        assert line, found
        found += line
    return found[found.index(b"data: ") :]


def test_the_detectors_results_come_in_the_same_bytes(both):
    detections = both["go"][0].detections
    with ExitStack() as stack, DetectionWriter(detections, writer_name="test") as detector:
        streams = {name: stream_of(stack, services, people["viewer"]) for name, (services, people) in both.items()}
        python, go = (without_ports(services, head(streams[name])) for name, (services, _) in both.items())
        assert python == go
        for number in range(RESULTS + 1):
            detector.publish(*result(number))
            time.sleep(0.1)  # as a detector does: each result comes to both
        python, go = (until_the_last(streams[name]) for name in SERVERS)
    assert python.split(b"\n\n") == go.split(b"\n\n")
    assert python.count(b"data: ") > RESULTS // 2


def shape(value):
    """Of JSON, what is there of which type: values are of the moment."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value[:1]]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else value.__class__.__name__


def shaped(services, answer):
    body = answer.body
    if answer.headers.get("content-type") == "application/json":
        body = json.dumps(shape(json.loads(answer.body)))
    elif answer.headers.get("content-type", "").startswith("video/"):
        body = answer.body[:4]
    headers = {name: value for name, value in answer.headers.items() if name not in OF_THE_FILM}
    return answer.status, without_ports(services, headers), body


OF_THE_FILM = (
    "content-length",
    "etag",
    "last-modified",
    "x-rtp-timestamp",
    "x-capture-ns",
    "x-past-age",
    "x-past-held",
)


def steps(origin):
    """What a family does, in order."""
    page = {"Origin": origin, "Content-Type": "application/json"}
    yield Request("GET", "/api/go/health", "viewer")
    yield Request("GET", "/api/webrtc/config", "viewer")
    yield Request("GET", "/api/recording/status", "viewer")
    yield Request("POST", "/api/recording/stop", "owner", page)
    yield Request("POST", "/api/recording/start", "owner", page)
    yield Request("POST", "/api/recording/start", "owner", page, b'{"filename": "x"}')
    for _ in range(2):
        yield Request("GET", "/api/recording/status", "owner")
    yield Request("GET", "/api/recordings?limit=1", "viewer")
    yield Request("POST", "/api/recording/past", "owner", page)
    yield Request("POST", "/api/recording/past", "owner", page, b'{"seconds": 2}')
    yield Request("POST", "/api/recording/stop", "owner", page)
    yield Request("GET", "/api/recordings?limit=1", "viewer")
    yield Request("POST", "/api/webrtc/offer", "viewer", page, b'{"type": "offer", "sdp": "v=0"}')
    yield Request("POST", "/api/webrtc/sound", "viewer", page, b'{"id": "x", "on": true}')
    yield Request("GET", "/api/past.mp4?from=1&for=1", "viewer")
    yield Request("PUT", "/api/camera", "owner", page, b'{"on": false, "minutes": 60}')
    for path in (
        "/api/past.mp4",
        "/api/detections/stream",
        "/api/go/health",
        "/api/recording/status",
        "/api/recordings/days",
    ):
        yield Request("GET", path, "viewer")
    yield Request("POST", "/api/recording/start", "owner", page)
    yield Request("PUT", "/api/camera", "owner", page, b'{"on": true}')
    yield Request("GET", "/api/camera", "viewer")


def wait_until_live(services, people):
    deadline = time.monotonic() + 30
    while (
        b'"state":"live"' not in ask(services.port, Request("GET", "/api/go/health", "viewer"), people["viewer"]).body
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)  # there is no event for the camera of another process


def test_what_is_said_of_a_camera_that_films_has_the_same_form(both):
    answers = {}
    for server, (services, people) in both.items():
        wait_until_live(services, people)
        answers[server] = [
            (
                str(request).replace(services.url, "ORIGIN"),
                shaped(services, ask(services.port, request, people[request.who])),
            )
            for request in steps(services.url)
        ]
    for python, go in zip(*answers.values(), strict=True):
        assert python == go
