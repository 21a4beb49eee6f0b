"""Recording control and health, passed on to the streamer."""

import json

import pytest

from petcam.errors import Code
from petcam.streamer_client import Answer

STREAMER_ERRORS = [
    (Code.STREAMER_UNAVAILABLE, 503, "Go server unavailable", "ストリーミングサーバーに接続できません"),
    (Code.STREAMER_TIMEOUT, 504, "Go server timeout", "ストリーミングサーバーの応答がタイムアウトしました"),
    (Code.PROXY, 502, "Proxy error", "ストリーミングサーバーの応答が正しくありません"),
]
BAD_BODIES = [
    b"[",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"1",
    b"\xff\xfe",
    b"[" * 4000,
    b'{"a":' * 600,
    b"9" * 4000,
    b"{'a':1}",
]


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("POST", "/api/recording/start", "/start"),
        ("POST", "/api/recording/stop", "/stop"),
        ("POST", "/api/recording/past", "/past"),
        ("POST", "/api/webrtc/offer", "/api/webrtc/offer"),
        ("GET", "/api/recording/status", "/status"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 409, 503, 507])
def test_it_passes_on_status_and_body_of_the_streamer(client, streamer, method, path, asked, status):
    streamer.answer = Answer(status, '{"x": "録画"}'.encode(), "7" if status == 503 else "")
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.data) == (status, '{"x": "録画"}'.encode())
    assert answer.mimetype == "application/json"
    assert answer.headers.get("Retry-After") == ("7" if status == 503 else None)
    assert streamer.asked[0][:2] == (method, asked)


@pytest.mark.parametrize("status", [400, 503])
def test_it_passes_on_why_the_streamer_has_no_health(client, streamer, status):
    streamer.answer = Answer(status, b'{"x": 1}', "")
    answer = client.get("/api/go/health")
    assert (answer.status_code, answer.data) == (status, b'{"x": 1}')


def test_it_adds_those_who_watch_by_mjpeg_and_how_noticing_goes_to_the_streamers_health(client, streamer):
    streamer.answer = Answer(200, b'{"webrtc_clients": 2}', "")
    trouble = "petcam-events does not run: sudo systemctl start petcam.target"
    assert client.get("/api/go/health").get_json() == {
        "webrtc_clients": 2,
        "mjpeg_clients": 0,
        "events": {"running": False, "status": "", "trouble": trouble},
        "sound": {"configured": False, "on": False, "heard": False},
        "camera_switch": {"on": True, "since": None, "by": None, "until": None},
    }


@pytest.mark.parametrize(("code", "status", "error", "message"), STREAMER_ERRORS)
def test_it_reports_why_the_streamer_did_not_answer(client, streamer, code, status, error, message):
    streamer.fail(code)
    controls = [("POST", f"/api/recording/{command}") for command in ("start", "stop", "past")]
    for method, path in [*controls, ("GET", "/api/go/health")]:
        answer = client.open(path, method=method)
        assert (answer.status_code, answer.get_json()) == (status, {"error": error, "message": message})
    answer = client.get("/api/recording/status")
    assert (answer.status_code, answer.get_json()) == (status, {"error": error, "message": message, "recording": False})


@pytest.mark.parametrize("path", ["/api/recording/start", "/api/recording/stop", "/api/recording/past"])
@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "image/png", "application/json; charset=x", ""]
)
@pytest.mark.parametrize("body", BAD_BODIES)
def test_it_answers_a_bad_body_with_400(client, streamer, path, content_type, body):
    answer = client.post(path, data=body, content_type=content_type)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Bad request")
    assert streamer.asked == []


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize(
    ("body", "sent"), [(b"", {}), (b" ", {}), (b"{}", {}), (b'{"filename":"cat"}', {"filename": "cat"})]
)
def test_it_accepts_no_body_or_a_json_object_of_any_content_type(client, streamer, content_type, body, sent):
    assert client.post("/api/recording/start", data=body, content_type=content_type).status_code == 200
    assert json.loads(streamer.asked[0][2]) == sent


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/api/recording/start", 4096), ("/api/recording/stop", 4096), ("/api/webrtc/offer", 65536)],
)
def test_it_refuses_a_body_that_is_too_large(client, streamer, path, limit):
    answer = client.post(path, data=b" " * (limit + 1))
    assert (answer.status_code, answer.get_json()["error"]) == (413, "Too large")
    assert streamer.asked == []
    assert client.post(path, data=b" " * limit).status_code == 200
