"""The owner's session, and state changes from foreign pages."""

import json
from dataclasses import replace

import pytest

from petcam.access.owner import Role
from petcam.web.app import create_app
from petcam.web.login.sessions import MAX_SESSION_SECONDS, MAX_SESSIONS, MAX_UNUSED_SECONDS, Sessions
from petcam.web.login.throttle import (
    MAX_CONCURRENT_CHECKS,
    MAX_TRIES_WITHOUT_PAUSE,
    MAX_UNKNOWN_TRIES,
    Throttle,
    network_of,
)
from tests.unit.web.fakes import PASSWORD


def log_in(client, password=PASSWORD, **data):
    return client.post("/login", data={"password": password, **data})


def test_it_sends_a_stranger_to_the_login_and_back(anonymous):
    away = anonymous.get("/?camera=1")
    assert away.status_code == 302
    assert away.headers["Location"] == "/login?next=/?camera%3D1" or "next=%2F%3Fcamera%3D1" in away.headers["Location"]
    assert 'value="/?camera=1"' in anonymous.get(away.headers["Location"]).get_data(as_text=True)
    back = log_in(anonymous, next="/?camera=1")
    assert (back.status_code, back.headers["Location"]) == (303, "/?camera=1")
    assert anonymous.get("/").status_code == 200


def test_it_answers_401_in_json_where_a_program_asks(anonymous):
    for path in ("/api/recording/status", "/api/nothing", "/stream.mjpg", "/snapshot.jpg", "/api/detections/stream"):
        answer = anonymous.get(path)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "Login required")


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil", "evil", ""]
)
def test_it_goes_to_no_other_site_after_the_login(anonymous, target):
    assert log_in(anonymous, next=target).headers["Location"] == "/"


def test_it_gives_the_cookie_to_no_script_and_no_other_site(anonymous):
    cookie = log_in(anonymous).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


@pytest.mark.parametrize("password", ["", "wrong horse", PASSWORD + " ", "x" * 5000, "\udc80"])
def test_it_refuses_a_wrong_password(anonymous, password):
    assert log_in(anonymous, password.encode("utf-8", "surrogatepass")).status_code == 401
    assert anonymous.get("/api/recordings").status_code == 401


def test_it_slows_down_after_some_wrong_passwords(anonymous):
    for _ in range(MAX_TRIES_WITHOUT_PAUSE + 1):
        assert log_in(anonymous, "wrong").status_code == 401
    answer = log_in(anonymous)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert anonymous.get("/").status_code == 302


def test_it_lets_another_address_in_meanwhile(anonymous):
    for _ in range(MAX_TRIES_WITHOUT_PAUSE + 1):
        log_in(anonymous, "wrong")
    answer = anonymous.post("/login", data={"password": PASSWORD}, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 303


def pause_of(throttle, client):
    """Without a try of its own."""
    count, not_before = throttle._failures[client]
    return max(0, not_before - throttle._clock())


def test_its_pause_grows_ends_by_itself_and_is_forgotten_after_success():
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    pauses = []
    for _ in range(20):
        assert throttle.begin("a") == 0
        throttle.end("a", correct=False)
        pauses.append(pause_of(throttle, "a"))
        now[0] += pauses[-1]
    assert pauses[:6] == [0, 0, 0, 2, 4, 8] and pauses[-1] == 30
    assert throttle.begin("a") == 0
    throttle.end("a", correct=True)
    for _ in range(MAX_TRIES_WITHOUT_PAUSE):
        assert throttle.begin("a") == 0
        throttle.end("a", correct=False)


def test_it_counts_tries_that_run_at_once_and_bounds_them():
    throttle = Throttle(lambda: 0.0)
    assert [throttle.begin("a") for _ in range(MAX_CONCURRENT_CHECKS + 1)] == [0] * MAX_CONCURRENT_CHECKS + [1]
    assert throttle.begin("b") == 1
    throttle.end("a", correct=False)
    assert throttle.begin("b") == 0


def test_many_addresses_slow_each_other_down_but_not_a_browser_that_was_let_in_before():
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    admitted = 0
    for number in range(2000):
        if throttle.begin(f"address {number}") == 0:
            throttle.end(f"address {number}", correct=False)
            admitted += 1
        now[0] += 0.01
    assert MAX_UNKNOWN_TRIES <= admitted <= MAX_UNKNOWN_TRIES + 20
    assert throttle.begin("browser 1", unknown=False) == 0
    throttle.end("browser 1", correct=True, unknown=False)
    now[0] += 1
    assert throttle.begin("another") == 0


def test_it_counts_an_ipv6_device_once():
    assert network_of("2001:db8::1:2") == network_of("2001:db8::ffff") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7") != network_of("192.0.2.8")
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of("") == ""


def test_it_ends_every_session_when_the_password_changes(owner, closed_services):
    assert owner.get("/api/recordings").status_code == 200
    closed_services.owner.set_password("another horse")
    assert owner.get("/api/recordings").status_code == 401


def test_it_refuses_a_cookie_that_another_installation_signed(anonymous, owner):
    owner_cookie = log_in(owner).headers["Set-Cookie"].split(";")[0]
    payload, _, signature = owner_cookie.rpartition(".")
    forged = f"{payload}.{signature[:-2]}xx"
    assert anonymous.get("/api/recordings", headers={"Cookie": forged}).status_code == 401


def test_it_logs_out(owner):
    assert owner.post("/logout").headers["Location"] == "/login"
    assert owner.get("/api/recordings").status_code == 401


def test_it_says_how_to_set_a_password_once_the_first_hour_is_over(anonymous, closed_services, tmp_path, monkeypatch):
    (tmp_path / "state" / "owner.json").unlink()
    monkeypatch.setattr(closed_services.owner, "is_first_visit", lambda: False)
    assert anonymous.get("/setup").headers["Location"].startswith("/login")
    assert anonymous.post("/setup", data={"password": PASSWORD, "again": PASSWORD}).status_code == 403
    assert "sudo petcam password" in anonymous.get("/login").get_data(as_text=True)
    assert log_in(anonymous, "").status_code == 401
    assert anonymous.get("/api/recordings").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/api/recording/start", "/login", "/logout", "/api/webrtc/offer"])
def test_it_refuses_a_state_change_from_a_foreign_page(client, streamer, path, headers):
    assert client.post(path, headers=headers).status_code == 403
    assert streamer.asked == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
)
def test_it_takes_a_state_change_from_its_own_page_and_from_curl(client, headers):
    assert client.post("/api/recording/start", headers=headers).status_code == 200


def test_it_needs_no_login_where_the_configuration_says_none(client):
    assert client.get("/").status_code == 200
    assert client.get("/login").headers["Location"] == "/"


def test_the_first_visitor_sets_the_password_and_is_in(anonymous, closed_services, tmp_path):
    (tmp_path / "state" / "owner.json").unlink()
    assert anonymous.get("/?a=1").headers["Location"].startswith("/login")
    assert anonymous.get("/login?next=/%3Fa%3D1").headers["Location"].startswith("/setup?next=")
    new = {"password": "a new horse", "next": "/?a=1"}
    assert anonymous.post("/setup", data={**new, "again": "another"}).status_code == 400
    assert anonymous.post("/setup", data={"password": "short", "again": "short"}).status_code == 400
    answer = anonymous.post("/setup", data={**new, "again": "a new horse"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?a=1")
    assert anonymous.get("/api/recordings").status_code == 200
    second = create_app(closed_services).test_client()
    assert second.post("/setup", data={**new, "again": "a new horse"}).status_code == 403
    assert second.get("/setup").headers["Location"].startswith("/login")


def cookie_of(answer):
    return answer.headers["Set-Cookie"].split(";")[0]


def test_a_copied_cookie_is_dead_after_the_logout(anonymous, closed_services):
    copied = {"Cookie": cookie_of(log_in(anonymous))}
    thief = create_app(closed_services).test_client(use_cookies=False)
    assert thief.get("/api/recordings", headers=copied).status_code == 200
    anonymous.post("/logout")
    assert thief.get("/api/recordings", headers=copied).status_code == 401


def test_a_login_begins_a_new_session_and_ends_the_one_before(anonymous, closed_services):
    first = {"Cookie": cookie_of(log_in(anonymous))}
    second = {"Cookie": cookie_of(log_in(anonymous))}
    other = create_app(closed_services).test_client(use_cookies=False)
    assert first != second
    assert other.get("/api/recordings", headers=first).status_code == 401
    assert other.get("/api/recordings", headers=second).status_code == 200


def test_a_restart_ends_no_session_and_brings_none_back(anonymous, closed_services):
    kept = cookie_of(log_in(anonymous))
    other = create_app(closed_services).test_client(use_cookies=False)
    ended = cookie_of(log_in(other))
    other.post("/logout", headers={"Cookie": ended})
    again = replace(
        closed_services, sessions=Sessions(closed_services.sessions._file, closed_services.owner.generation)
    )
    restarted = create_app(again).test_client(use_cookies=False)
    assert restarted.get("/api/recordings", headers={"Cookie": kept}).status_code == 200
    assert restarted.get("/api/recordings", headers={"Cookie": ended}).status_code == 401


def test_the_cookie_is_secure_and_of_another_name_on_https(closed_services):
    client = create_app(closed_services).test_client()
    cookie = log_in(client).headers["Set-Cookie"]
    assert cookie.startswith("petcam_session=") and "Secure" not in cookie
    secure = client.post("/login", data={"password": PASSWORD}, base_url="https://localhost").headers["Set-Cookie"]
    assert secure.startswith("__Host-petcam_session=") and "Secure" in secure
    assert "Path=/" in secure and "Domain" not in secure


def test_a_browser_that_was_let_in_before_gets_in_during_a_flood(closed_services):
    app = create_app(replace(closed_services, throttle=Throttle(lambda: 0.0)))
    flood, owner = app.test_client(use_cookies=False), app.test_client()
    assert log_in(owner).status_code == 303
    owner.post("/logout")
    for number in range(MAX_UNKNOWN_TRIES + 1):
        environ = {"REMOTE_ADDR": f"192.0.2.{number}"}
        last = flood.post("/login", data={"password": "wrong"}, environ_overrides=environ)
    assert last.status_code == 429
    assert log_in(flood).status_code == 429
    assert log_in(owner).status_code == 303


@pytest.fixture
def viewer(closed_services):
    closed_services.owner.set_viewer_password("watching horse")
    client = create_app(closed_services).test_client()
    assert log_in(client, "watching horse").status_code == 303
    return client


def test_a_viewer_changes_nothing(viewer, streamer):
    for path in (
        "/api/recording/start",
        "/api/recording/stop",
        "/account/password",
        "/account/viewer",
        "/account/viewer/remove",
        "/account/logout-everywhere",
    ):
        assert viewer.post(path).status_code == 403, path
    assert viewer.delete("/api/recordings/petcam_20260101-000000.mp4").get_json()["error"] == "Forbidden"
    assert streamer.asked == []
    assert viewer.post("/api/webrtc/offer", json={}).status_code == 200
    assert 'data-role="viewer"' in viewer.get("/").get_data(as_text=True)
    assert viewer.post("/logout").headers["Location"] == "/login"


def change(client, path, current=PASSWORD, new="a new horse", again=None):
    again = new if again is None else again
    return client.post(f"/account/{path}", data={"current": current, "password": new, "again": again})


def test_a_changed_password_ends_every_other_session_and_all_streams(owner, viewer, closed_services, streamer):
    other = create_app(closed_services).test_client()
    log_in(other)
    assert change(owner, "password").headers["Location"] == "/account?done=password"
    assert streamer.asked[-1] == ("POST", "/sessions/end", b'{"all": true}')
    assert owner.get("/api/recordings").status_code == 200
    assert other.get("/api/recordings").status_code == 401
    assert viewer.get("/api/recordings").status_code == 401
    assert closed_services.owner.verify("a new horse") is Role.OWNER


def test_a_changed_or_removed_viewing_password_ends_viewers_and_nobody_else(owner, closed_services, streamer):
    for change_it in (lambda: change(owner, "viewer"), lambda: owner.post("/account/viewer/remove")):
        closed_services.owner.set_viewer_password("watching horse")
        watching = create_app(closed_services).test_client()
        log_in(watching, "watching horse")
        before = len(streamer.asked)
        assert change_it().status_code == 303
        assert watching.get("/api/recordings").status_code == 401
        assert len(streamer.asked) == before + 1 and b'{"session": "' in streamer.asked[-1][2]
    assert owner.get("/api/recordings").status_code == 200


def test_logging_out_everywhere_ends_all(owner, viewer, streamer):
    assert owner.post("/account/logout-everywhere").headers["Location"] == "/login"
    assert owner.get("/api/recordings").status_code == viewer.get("/api/recordings").status_code == 401
    assert streamer.asked[-1] == ("POST", "/sessions/end", b'{"all": true}')


@pytest.mark.parametrize("path", ["password", "viewer"])
@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"current": "wrong"}, 403),
        ({"new": "short"}, 400),
        ({"again": "another"}, 400),
        ({"new": ""}, 400),
    ],
)
def test_it_changes_no_password_without_the_owners_and_a_good_new_one(owner, closed_services, path, words, status):
    assert change(owner, path, **words).status_code == status
    assert closed_services.owner.verify(PASSWORD) is Role.OWNER
    assert not closed_services.owner.has_viewer()
    assert owner.get("/api/recordings").status_code == 200


def test_guessing_the_password_on_the_account_page_slows_down_too(owner):
    for _ in range(MAX_TRIES_WITHOUT_PAUSE + 1):
        assert change(owner, "password", current="wrong").status_code == 403
    assert change(owner, "password").status_code == 429
    assert owner.get("/api/recordings").status_code == 200


def test_a_session_ends_unused_after_30_days_and_in_any_case_after_180(tmp_path):
    now = [1e9]
    sessions = Sessions(tmp_path / "sessions.json", lambda role: "g", lambda: now[0])
    used, unused = sessions.begin(Role.OWNER), sessions.begin(Role.OWNER)
    for _ in range(6):
        assert sessions.find(used)
        now[0] += MAX_UNUSED_SECONDS - 1
    assert sessions.find(unused) is None
    now[0] += 5
    assert sessions.find(used) is None
    now[0] = 1e9  # the clock is set back: what has ended stays so
    assert sessions.find(used) is None and sessions.find(unused) is None


def test_a_clock_that_is_set_back_ends_no_session_and_lengthens_none_beyond_the_whole(tmp_path):
    now = [1e9]
    sessions = Sessions(tmp_path / "sessions.json", lambda role: "g", lambda: now[0])
    token = sessions.begin(Role.OWNER)
    now[0] = 0.0
    found = sessions.find(token)
    assert found and found.seconds_left(now[0]) == MAX_SESSION_SECONDS


def test_the_disk_has_no_token_and_few_writes(tmp_path):
    now, file = [1e9], tmp_path / "sessions.json"
    sessions = Sessions(file, lambda role: "g", lambda: now[0])
    token = sessions.begin(Role.OWNER)
    assert token not in file.read_text()
    before = file.stat().st_ino
    for _ in range(100):
        sessions.find(token)
    assert file.stat().st_ino == before
    for _ in range(2 * MAX_SESSIONS):
        sessions.begin(Role.OWNER)
    assert len(json.loads(file.read_text())["sessions"]) == MAX_SESSIONS


def test_it_logs_nobody_in_from_a_damaged_table_and_goes_on(tmp_path):
    file = tmp_path / "sessions.json"
    for damage in ("", "{", "[]", '{"sessions": [{}]}', '{"sessions": [{"role": "king"}]}'):
        file.write_text(damage)
        sessions = Sessions(file, lambda role: "g")
        assert sessions.find(sessions.begin(Role.OWNER))
