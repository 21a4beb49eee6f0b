"""What the page is told of the picture's size before there is one."""

import json
from dataclasses import replace

import pytest

from petcam.config import WebRTC
from petcam.errors import Code
from petcam.streamer_client import Answer
from petcam.web.app import create_app


def health(width, height, aspect=(1, 1)):
    camera = {"state": "live", "width": width, "height": height, "aspect": aspect}
    return Answer(200, json.dumps({"status": "ok", "camera": camera}).encode())


def told(client):
    return client.get("/api/webrtc/config").get_json().get("picture")


@pytest.mark.parametrize(
    ("width", "height", "aspect", "size"),
    [
        pytest.param(1280, 720, [1, 1], [1280, 720], id="square pixels"),
        pytest.param(720, 1280, [1, 1], [720, 1280], id="upright"),
        pytest.param(352, 288, [16, 11], [512, 288], id="wide pixels"),
    ],
)
def test_the_first_page_is_told_it(client, streamer, width, height, aspect, size):
    streamer.answer = health(width, height, aspect)
    assert told(client) == size


def test_it_follows_the_healths_that_pass_and_asks_no_more(client, streamer):
    streamer.answer = health(640, 480)
    client.get("/api/go/health")
    asked = len(streamer.asked)
    assert told(client) == [640, 480]
    assert len(streamer.asked) == asked
    streamer.answer = health(1280, 720)
    client.get("/api/go/health")
    assert told(client) == [1280, 720]


def test_it_stays_while_the_camera_or_the_streamer_is_away(client, streamer):
    streamer.answer = health(640, 480)
    client.get("/api/go/health")
    streamer.answer = health(0, 0)
    client.get("/api/go/health")
    streamer.fail(Code.STREAMER_UNAVAILABLE)
    client.get("/api/go/health")
    assert told(client) == [640, 480]


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"camera":{"width":1,"height":1,"aspect":[1,0]}}', b'{"camera":7}'])
def test_it_is_left_out_where_nobody_says_it(client, streamer, body):
    streamer.answer = Answer(200, body)
    assert client.get("/api/go/health").status_code == 200
    assert told(client) is None
    streamer.fail(Code.STREAMER_TIMEOUT)
    assert client.get("/").status_code == 200


def test_no_page_but_the_first_waits_for_a_streamer_that_does_not_answer(client, streamer):
    streamer.fail(Code.STREAMER_TIMEOUT)
    assert told(client) is None
    asked = len(streamer.asked)
    assert told(client) is None and client.get("/").status_code == 200
    assert len(streamer.asked) == asked


def test_the_python_backend_says_it_itself(services, streamer):
    class Backend:
        def health(self):
            return json.loads(health(640, 480).body)

    config = replace(services.config, webrtc=WebRTC(backend="python"))
    client = create_app(replace(services, config=config, webrtc=Backend())).test_client()
    assert told(client) == [640, 480]
    assert streamer.asked == []
