"""All routes: which are open without a session, errors in JSON, security headers, languages."""

import logging
from dataclasses import replace

import pytest

from petcam.config import Auth, Web
from petcam.web.app import create_app
from petcam.web.pictures import mjpeg
from tests.unit.web.fakes import PASSWORD

OPEN_TO_EVERYBODY = {
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/setup"),
    ("POST", "/setup"),
    ("GET", "/mute/<token>"),  # by the token alone: a message's link
    ("POST", "/mute/<token>"),
    ("GET", "/healthz"),
    ("GET", "/static/<path:filename>"),
}


def routes(app):
    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            yield method, rule.rule


def test_only_the_listed_routes_are_open_without_a_session(anonymous, streamer):
    opened = set()
    for method, rule in routes(anonymous.application):
        path = rule.replace("<name>", "petcam_20260101-000000.mp4").replace("<path:filename>", "petcam.css")
        answer = anonymous.open(path, method=method)
        to_login = answer.status_code == 302 and answer.headers["Location"].startswith("/login")
        if answer.status_code != 401 and not to_login:
            opened.add((method, rule))
        answer.close()
    # a login without a password is refused with the 401 of the form, and the first visit is over
    assert opened | {("POST", "/login"), ("GET", "/setup")} == OPEN_TO_EVERYBODY
    assert streamer.asked == []


def test_it_answers_options_and_head_of_a_closed_route_with_401(anonymous):
    assert anonymous.options("/api/recordings").status_code == 401
    assert anonymous.head("/api/detections/stream").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status", "phrase"),
    [
        ("GET", "/api/nothing", 404, "Not found"),
        ("DELETE", "/api/recording/start", 405, "Method not allowed"),
        ("GET", "/api/recordings/../../etc/passwd", 404, "Not found"),
    ],
)
def test_it_answers_errors_under_api_in_json(client, method, path, status, phrase):
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert answer.get_json()["error"] == phrase
    assert answer.get_json()["message"]


def test_an_unexpected_error_is_described_only_in_the_log(client, streamer, caplog):
    def read(path):
        raise RuntimeError("the secret inside")

    streamer.read = read
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/go/health")
    assert answer.status_code == 500
    assert answer.get_json()["error"] == "Internal error"
    assert "secret" not in answer.get_data(as_text=True)
    assert "the secret inside" in caplog.text


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/recordings", "/api/nothing", "/nothing", "/static/nothing.js"])
def test_it_puts_the_security_headers_on_every_answer(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "connect-src 'self' http://localhost:8081;" in policy
    assert "unsafe" not in policy


def test_nothing_behind_the_login_is_kept_by_a_browser(owner, connection, monkeypatch):
    monkeypatch.setattr(mjpeg, "MAX_SNAPSHOT_WAIT_SECONDS", 0.01)
    connection.has_left = True  # so that streams end
    closed = [rule for method, rule in routes(owner.application) if (method, rule) not in OPEN_TO_EVERYBODY]
    for rule in sorted(set(closed)):
        answer = owner.get(rule.replace("<name>", "petcam_20260101-000000.mp4"))
        assert answer.headers["Cache-Control"] == "no-store", rule
        answer.close()


@pytest.mark.parametrize("host", ["evil; script-src *", "a b", "x\u00e9"])
def test_an_invalid_host_is_not_written_into_the_content_security_policy(services, host):
    app = create_app(services)
    with app.test_request_context("/", environ_overrides={"HTTP_HOST": host}):
        policy = app.process_response(app.response_class()).headers["Content-Security-Policy"]
    assert "connect-src 'self';" in policy


def test_it_shows_the_page(client):
    page = client.get("/").get_data(as_text=True)
    assert all(f'id="{name}"' in page for name in ("webrtc-video", "bbox-canvas", "server-status", "recording-status"))


def test_healthz_answers_only_that_it_is_ok_to_the_network(anonymous):
    by_somebody = anonymous.get("/healthz", environ_base={"REMOTE_ADDR": "192.168.1.20"})
    assert by_somebody.get_json() == {"status": "ok"}
    assert anonymous.get("/healthz").get_json() == {"status": "ok", "faults": []}  # to a program on the board


def test_the_recordings_page_says_whether_the_visitor_may_change_anything(client, services):
    assert b'data-may-change="yes"' in client.get("/recordings").data
    for_viewers = create_app(services)
    for_viewers.context_processor(lambda: {"may_change": False})
    assert b'data-may-change="no"' in for_viewers.test_client().get("/recordings").data


@pytest.mark.parametrize(
    ("accepted", "language"),
    [(None, "ja"), ("ja-JP,en;q=0.5", "ja"), ("en-GB", "en"), ("fr", "en"), ("en;q=0.1,ja", "ja")],
)
@pytest.mark.parametrize("path", ["/", "/recordings", "/settings", "/places", "/login", "/account"])
def test_each_page_is_in_the_language_of_the_browser(client, owner, anonymous, path, accepted, language):
    asking = {"/login": anonymous, "/account": owner}.get(path, client)
    page = asking.get(path, headers={"Accept-Language": accepted} if accepted else {}).get_data(as_text=True)
    assert f'<html lang="{language}">' in page
    assert {"ja": "ペット", "en": "pet camera"}[language] in page or path != "/"


@pytest.mark.parametrize(
    ("host", "mode", "warns"),
    [
        ("0.0.0.0", "none", True),
        ("192.168.7.2", "none", True),
        ("::", "none", True),
        ("127.0.0.1", "none", False),
        ("::1", "none", False),
        ("0.0.0.0", "password", False),
    ],
)
def test_the_page_warns_where_the_network_sees_it_without_a_login(services, services_with_login, host, mode, warns):
    config = replace(services.config, web=Web(host=host), auth=Auth(mode=mode))
    client = create_app(replace(services_with_login, config=config)).test_client()
    client.post("/login", data={"password": PASSWORD})
    page = client.get("/", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert 'id="webrtc-video"' in page
    assert ("There is no login: everybody on this network sees the picture." in page) is warns
