"""Logging in and out, sessions, the throttle, the account page, and state changes from other sites' pages."""

import hashlib
from dataclasses import replace

import pytest
from itsdangerous import Signer

from petcam.access.owner import Role
from petcam.web.app import create_app
from petcam.web.login.cookie import mark_of
from petcam.web.login.sessions import (
    Sessions,
)
from petcam.web.login.throttle import (
    FORGET_SECONDS,
    MAX_CONCURRENT_CHECKS,
    MAX_TRIES_WITHOUT_PAUSE,
    MAX_UNKNOWN_TRIES,
    Throttle,
)
from tests.unit.web.fakes import PASSWORD


def log_in(client, password=PASSWORD, **data):
    return client.post("/login", data={"password": password, **data})


def test_it_leads_to_the_login_and_back_to_the_page_that_was_asked_for(anonymous):
    redirect = anonymous.get("/?camera=1")
    assert redirect.status_code == 302
    assert (
        redirect.headers["Location"] == "/login?next=/?camera%3D1"
        or "next=%2F%3Fcamera%3D1" in redirect.headers["Location"]
    )
    assert 'value="/?camera=1"' in anonymous.get(redirect.headers["Location"]).get_data(as_text=True)
    returned = log_in(anonymous, next="/?camera=1")
    assert (returned.status_code, returned.headers["Location"]) == (303, "/?camera=1")
    assert anonymous.get("/").status_code == 200


def test_it_answers_401_in_json_to_programs_without_a_session(anonymous):
    for path in ("/api/recording/status", "/api/nothing", "/stream.mjpg", "/snapshot.jpg", "/api/detections/stream"):
        answer = anonymous.get(path)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "Login required")


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil", "evil", ""]
)
def test_it_never_redirects_to_another_site_after_the_login(anonymous, target):
    assert log_in(anonymous, next=target).headers["Location"] == "/"


def test_the_cookie_is_http_only_and_same_site(anonymous):
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


def test_another_address_can_log_in_meanwhile(anonymous):
    for _ in range(MAX_TRIES_WITHOUT_PAUSE + 1):
        log_in(anonymous, "wrong")
    answer = anonymous.post("/login", data={"password": PASSWORD}, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 303


def current_pause(throttle, client):
    """The pause of ``client`` in seconds, without counting a try."""
    count, not_before = throttle._failures[client]
    return max(0, not_before - throttle._clock())


def test_the_pause_grows_ends_by_itself_and_is_reset_by_a_correct_password():
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    pauses = []
    for _ in range(20):
        assert throttle.begin("a") == 0
        throttle.end("a", correct=False)
        pauses.append(current_pause(throttle, "a"))
        now[0] += pauses[-1]
    assert pauses[:6] == [0, 0, 0, 2, 4, 8] and pauses[-1] == 30
    assert throttle.begin("a") == 0
    throttle.end("a", correct=True)
    for _ in range(MAX_TRIES_WITHOUT_PAUSE):
        assert throttle.begin("a") == 0
        throttle.end("a", correct=False)


def test_concurrent_tries_are_counted_and_limited():
    throttle = Throttle(lambda: 0.0)
    assert [throttle.begin("a") for _ in range(MAX_CONCURRENT_CHECKS + 1)] == [0] * MAX_CONCURRENT_CHECKS + [1]
    assert throttle.begin("b") == 1
    throttle.end("a", correct=False)
    assert throttle.begin("b") == 0


def test_unknown_clients_share_one_limit_and_a_known_browser_has_its_own():
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


def test_it_ends_every_session_when_the_password_changes(owner, services_with_login):
    assert owner.get("/api/recordings").status_code == 200
    services_with_login.owner.set_password("another horse")
    assert owner.get("/api/recordings").status_code == 401


def test_it_refuses_a_cookie_that_another_installation_signed(anonymous, owner):
    owner_cookie = log_in(owner).headers["Set-Cookie"].split(";")[0]
    payload, _, signature = owner_cookie.rpartition(".")
    forged = f"{payload}.{signature[:-2]}xx"
    assert anonymous.get("/api/recordings", headers={"Cookie": forged}).status_code == 401


def test_it_logs_out(owner):
    assert owner.post("/logout").headers["Location"] == "/login"
    assert owner.get("/api/recordings").status_code == 401


def test_it_names_the_password_command_once_the_first_hour_is_over(
    anonymous, services_with_login, tmp_path, monkeypatch
):
    (tmp_path / "state" / "owner.json").unlink()
    monkeypatch.setattr(services_with_login.owner, "is_first_visit", lambda: False)
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


def test_the_first_visitor_sets_the_password_and_is_logged_in(anonymous, services_with_login, tmp_path):
    (tmp_path / "state" / "owner.json").unlink()
    assert anonymous.get("/?a=1").headers["Location"].startswith("/login")
    assert anonymous.get("/login?next=/%3Fa%3D1").headers["Location"].startswith("/setup?next=")
    new = {"password": "a new horse", "next": "/?a=1"}
    assert anonymous.post("/setup", data={**new, "again": "another"}).status_code == 400
    assert anonymous.post("/setup", data={"password": "short", "again": "short"}).status_code == 400
    answer = anonymous.post("/setup", data={**new, "again": "a new horse"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/setup/done?next=/?a%3D1")
    assert anonymous.get("/api/recordings").status_code == 200
    second = create_app(services_with_login).test_client()
    assert second.post("/setup", data={**new, "again": "a new horse"}).status_code == 403
    assert second.get("/setup").headers["Location"].startswith("/login")


def cookie_of(answer):
    return answer.headers["Set-Cookie"].split(";")[0]


def test_a_copied_cookie_is_invalid_after_the_logout(anonymous, services_with_login):
    copied = {"Cookie": cookie_of(log_in(anonymous))}
    other_browser = create_app(services_with_login).test_client(use_cookies=False)
    assert other_browser.get("/api/recordings", headers=copied).status_code == 200
    anonymous.post("/logout")
    assert other_browser.get("/api/recordings", headers=copied).status_code == 401


def test_a_login_begins_a_new_session_and_ends_the_one_before(anonymous, services_with_login):
    first = {"Cookie": cookie_of(log_in(anonymous))}
    second = {"Cookie": cookie_of(log_in(anonymous))}
    other = create_app(services_with_login).test_client(use_cookies=False)
    assert first != second
    assert other.get("/api/recordings", headers=first).status_code == 401
    assert other.get("/api/recordings", headers=second).status_code == 200


def test_sessions_survive_a_restart_and_ended_ones_stay_ended(anonymous, services_with_login):
    valid_cookie = cookie_of(log_in(anonymous))
    other = create_app(services_with_login).test_client(use_cookies=False)
    ended_cookie = cookie_of(log_in(other))
    other.post("/logout", headers={"Cookie": ended_cookie})
    sessions = Sessions(services_with_login.sessions._file.path.parent, services_with_login.owner.generation, "boot-1")
    again = replace(services_with_login, sessions=sessions)
    restarted = create_app(again).test_client(use_cookies=False)
    assert restarted.get("/api/recordings", headers={"Cookie": valid_cookie}).status_code == 200
    assert restarted.get("/api/recordings", headers={"Cookie": ended_cookie}).status_code == 401


def test_over_https_the_cookie_is_secure_and_has_another_name(services_with_login):
    client = create_app(services_with_login).test_client()
    cookie = log_in(client).headers["Set-Cookie"]
    assert cookie.startswith("petcam_session=") and "Secure" not in cookie
    secure = client.post("/login", data={"password": PASSWORD}, base_url="https://localhost").headers["Set-Cookie"]
    assert secure.startswith("__Host-petcam_session=") and "Secure" in secure
    assert "Path=/" in secure and "Domain" not in secure


def test_a_known_browser_can_log_in_during_a_flood_of_wrong_passwords(services_with_login):
    app = create_app(replace(services_with_login, throttle=Throttle(lambda: 0.0)))
    attacker, owner = app.test_client(use_cookies=False), app.test_client()
    assert log_in(owner).status_code == 303
    owner.post("/logout")
    for number in range(MAX_UNKNOWN_TRIES + 1):
        environ = {"REMOTE_ADDR": f"192.0.2.{number}"}
        last = attacker.post("/login", data={"password": "wrong"}, environ_overrides=environ)
    assert last.status_code == 429
    assert log_in(attacker).status_code == 429
    assert log_in(owner).status_code == 303


def guesses_until_refused(client, limit=40, **with_each):
    """How many wrong passwords are checked before the first that has to wait."""
    for number in range(limit):
        if client.post("/login", data={"password": "wrong"}, **with_each).status_code == 429:
            return number
    return limit


def cookies_of_logins(services, password, number):
    """Of logins one after the other, each from an address of its own; the sessions are then over or not."""
    client = create_app(services).test_client(use_cookies=False)
    answers = [
        client.post("/login", data={"password": password}, environ_overrides={"REMOTE_ADDR": f"198.51.100.{number}"})
        for number in range(number)
    ]
    return [{"Cookie": cookie_of(answer)} for answer in answers]


def test_a_viewers_cookies_bring_no_guesses_at_the_owners_password_however_many(services_with_login):
    services_with_login.owner.set_viewer_password("watching horse")
    services = replace(services_with_login, throttle=Throttle(lambda: 0.0))
    cookies = cookies_of_logins(services, "watching horse", 20)
    guesser = create_app(services).test_client(use_cookies=False)
    total = sum(guesses_until_refused(guesser, headers=cookie) for cookie in cookies)
    # One pot for all viewers' browsers, and then that of the address, as without any cookie.
    assert total == 2 * (MAX_TRIES_WITHOUT_PAUSE + 1)


def test_cookies_of_before_the_owners_present_password_share_one_pot(services_with_login):
    services = replace(services_with_login, throttle=Throttle(lambda: 0.0))
    cookies = cookies_of_logins(services, PASSWORD, 10)
    services.owner.set_password("another horse")
    guesser = create_app(services).test_client(use_cookies=False)
    total = sum(guesses_until_refused(guesser, headers=cookie) for cookie in cookies)
    assert total == 2 * (MAX_TRIES_WITHOUT_PAUSE + 1)


def test_the_viewing_password_makes_no_wrong_guess_forgotten(services_with_login):
    services_with_login.owner.set_viewer_password("watching horse")
    client = create_app(replace(services_with_login, throttle=Throttle(lambda: 0.0))).test_client()
    checked = 0
    for _ in range(20):
        checked += log_in(client, "wrong").status_code == 401
        log_in(client, "watching horse")
    assert checked <= 2 * (MAX_TRIES_WITHOUT_PAUSE + 1)  # of the address before the first login, and of the viewers


def test_a_viewer_whose_pot_another_has_used_up_can_log_in_like_a_stranger(services_with_login):
    services_with_login.owner.set_viewer_password("watching horse")
    app = create_app(replace(services_with_login, throttle=Throttle(lambda: 0.0)))
    viewer, other = app.test_client(), app.test_client()
    for client in (viewer, other):
        assert log_in(client, "watching horse").status_code == 303
    guesses_until_refused(other, environ_overrides={"REMOTE_ADDR": "192.0.2.9"})
    assert log_in(viewer, "watching horse").status_code == 303


def test_wrong_guesses_are_forgotten_after_an_hour():
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for _ in range(MAX_TRIES_WITHOUT_PAUSE + 2):
        assert throttle.begin("a", unknown=False) == 0
        throttle.end("a", correct=False)
        now[0] += 30
    now[0] += FORGET_SECONDS
    throttle.begin("a", unknown=False)
    assert throttle._failures["a"][0] == 1


def test_a_password_that_is_not_the_owners_takes_back_its_own_try_only():
    throttle = Throttle(lambda: 0.0)
    for _ in range(20):
        if throttle.begin("a", unknown=False) == 0:
            throttle.end("a", correct=True, unknown=False, as_owner=False)
    for _ in range(MAX_TRIES_WITHOUT_PAUSE):
        assert throttle.begin("a", unknown=False) == 0
        throttle.end("a", correct=False, unknown=False)
    assert throttle.begin("a", unknown=False) == 0
    throttle.end("a", correct=True, unknown=False, as_owner=False)
    assert throttle._failures["a"][0] == MAX_TRIES_WITHOUT_PAUSE


def cookie_of_an_older_petcam(answer):
    """As it signed the token of the session that ``answer`` has begun."""
    token = cookie_of(answer).partition("=")[2].split(".")[0]
    signer = Signer(b"k" * 32, salt=b"petcam-session-v2", digest_method=hashlib.sha256)
    return {"Cookie": f"petcam_session={signer.sign(token).decode()}"}


def test_the_cookie_of_an_older_petcam_stays_logged_in_and_brings_no_pot_of_its_own(services_with_login):
    services = replace(services_with_login, throttle=Throttle(lambda: 0.0))
    client = create_app(services).test_client()
    old = [cookie_of_an_older_petcam(log_in(create_app(services).test_client())) for _ in range(5)]
    other = create_app(services).test_client(use_cookies=False)
    assert {other.get("/api/recordings", headers=each).status_code for each in old} == {200}
    assert sum(guesses_until_refused(other, headers=each) for each in old) == 2 * (MAX_TRIES_WITHOUT_PAUSE + 1)
    assert log_in(client).status_code == 429  # the address has no guess left


def test_a_viewers_cookie_does_not_pass_for_an_owners(services_with_login):
    services_with_login.owner.set_viewer_password("watching horse")
    cookie = cookies_of_logins(services_with_login, "watching horse", 1)[0]["Cookie"]
    token, _, signature = cookie.rpartition(".")
    mark = mark_of(services_with_login.owner.generation())
    client = create_app(services_with_login).test_client(use_cookies=False)
    assert client.get("/api/recordings", headers={"Cookie": cookie}).status_code == 200
    forged = {"Cookie": f"{token}.{mark}.{signature}"}
    assert client.get("/api/recordings", headers=forged).status_code == 401


@pytest.fixture
def viewer(services_with_login):
    services_with_login.owner.set_viewer_password("watching horse")
    client = create_app(services_with_login).test_client()
    assert log_in(client, "watching horse").status_code == 303
    return client


def test_a_viewer_cannot_change_anything(viewer, streamer):
    for path in (
        "/api/recording/start",
        "/api/recording/stop",
        "/account/password",
        "/account/viewer",
        "/account/viewer/remove",
        "/api/recording/past",
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


def test_a_changed_password_ends_every_other_session_and_all_streams(owner, viewer, services_with_login, streamer):
    other = create_app(services_with_login).test_client()
    log_in(other)
    assert change(owner, "password").headers["Location"] == "/account?done=password"
    assert streamer.asked[-1] == ("POST", "/sessions/end", b'{"all": true}')
    assert owner.get("/api/recordings").status_code == 200
    assert other.get("/api/recordings").status_code == 401
    assert viewer.get("/api/recordings").status_code == 401
    assert services_with_login.owner.verify("a new horse") is Role.OWNER


def test_a_changed_or_removed_viewing_password_ends_only_the_viewers_sessions(owner, services_with_login, streamer):
    for change_viewing_password in (lambda: change(owner, "viewer"), lambda: owner.post("/account/viewer/remove")):
        services_with_login.owner.set_viewer_password("watching horse")
        watching = create_app(services_with_login).test_client()
        log_in(watching, "watching horse")
        before = len(streamer.asked)
        assert change_viewing_password().status_code == 303
        assert watching.get("/api/recordings").status_code == 401
        assert len(streamer.asked) == before + 1 and b'{"session": "' in streamer.asked[-1][2]
    assert owner.get("/api/recordings").status_code == 200


def test_logging_out_everywhere_ends_all_sessions(owner, viewer, streamer):
    assert owner.post("/account/logout-everywhere").headers["Location"] == "/login"
    assert owner.get("/api/recordings").status_code == viewer.get("/api/recordings").status_code == 401
    assert streamer.asked[-1] == ("POST", "/sessions/end", b'{"all": true}')


@pytest.mark.parametrize("path", ["password", "viewer"])
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"current": "wrong"}, 403),
        ({"new": "short"}, 400),
        ({"again": "another"}, 400),
        ({"new": ""}, 400),
    ],
)
def test_it_changes_no_password_without_the_owners_and_a_valid_new_one(
    owner, services_with_login, path, fields, status
):
    assert change(owner, path, **fields).status_code == status
    assert services_with_login.owner.verify(PASSWORD) is Role.OWNER
    assert not services_with_login.owner.has_viewer()
    assert owner.get("/api/recordings").status_code == 200


def test_wrong_passwords_on_the_account_page_are_slowed_down_too(owner):
    for _ in range(MAX_TRIES_WITHOUT_PAUSE + 1):
        assert change(owner, "password", current="wrong").status_code == 403
    assert change(owner, "password").status_code == 429
    assert owner.get("/api/recordings").status_code == 200


def test_the_connection_is_told_whose_request_it_was(owner, connection):
    owner.get("/api/recordings")
    assert connection.session
    owner.post("/logout")
    owner.get("/api/recordings")
    assert not connection.session
