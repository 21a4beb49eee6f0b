"""The owner's session, and state changes from foreign pages."""

import pytest
from web_fakes import PASSWORD

from petcam.web.throttle import FREE_TRIES, Throttle


def log_in(client, password=PASSWORD, **data):
    return client.post("/login", data={"password": password, **data})


def test_it_sends_a_stranger_to_the_login_and_back(stranger):
    away = stranger.get("/?camera=1")
    assert away.status_code == 302
    assert away.headers["Location"] == "/login?next=/?camera%3D1" or "next=%2F%3Fcamera%3D1" in away.headers["Location"]
    assert 'value="/?camera=1"' in stranger.get(away.headers["Location"]).get_data(as_text=True)
    back = log_in(stranger, next="/?camera=1")
    assert (back.status_code, back.headers["Location"]) == (303, "/?camera=1")
    assert stranger.get("/").status_code == 200


def test_it_answers_401_in_json_where_a_program_asks(stranger):
    for path in ("/api/recording/status", "/api/nothing", "/stream.mjpg", "/snapshot.jpg", "/api/detections/stream"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "Login required")


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil", "evil", ""]
)
def test_it_goes_to_no_other_site_after_the_login(stranger, target):
    assert log_in(stranger, next=target).headers["Location"] == "/"


def test_it_gives_the_cookie_to_no_script_and_no_other_site(stranger):
    cookie = log_in(stranger).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


@pytest.mark.parametrize("password", ["", "wrong horse", PASSWORD + " ", "x" * 5000, "\udc80"])
def test_it_refuses_a_wrong_password(stranger, password):
    assert log_in(stranger, password.encode("utf-8", "surrogatepass")).status_code == 401
    assert stranger.get("/api/recordings").status_code == 401


def test_it_slows_down_after_some_wrong_passwords(stranger):
    for _ in range(FREE_TRIES + 1):
        assert log_in(stranger, "wrong").status_code == 401
    answer = log_in(stranger)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert stranger.get("/").status_code == 302


def test_it_lets_another_address_in_meanwhile(stranger):
    for _ in range(FREE_TRIES + 1):
        log_in(stranger, "wrong")
    answer = stranger.post("/login", data={"password": PASSWORD}, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 303


def test_its_pause_grows_ends_by_itself_and_is_forgotten_after_success():
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    pauses = []
    for _ in range(20):
        throttle.failed("a")
        pauses.append(throttle.pause("a"))
        now[0] += pauses[-1]
        assert throttle.pause("a") == 0
    assert pauses[:6] == [0, 0, 0, 2, 4, 8] and pauses[-1] == 30
    throttle.succeeded("a")
    throttle.failed("a")
    assert throttle.pause("a") == 0


def test_it_ends_every_session_when_the_password_changes(owner, closed_services):
    assert owner.get("/api/recordings").status_code == 200
    closed_services.owner.set_password("another horse")
    assert owner.get("/api/recordings").status_code == 401


def test_it_refuses_a_cookie_that_another_installation_signed(stranger, owner):
    owner_cookie = log_in(owner).headers["Set-Cookie"].split(";")[0]
    payload, _, signature = owner_cookie.rpartition(".")
    forged = f"{payload}.{signature[:-2]}xx"
    assert stranger.get("/api/recordings", headers={"Cookie": forged}).status_code == 401


def test_it_logs_out(owner):
    assert owner.post("/logout").headers["Location"] == "/login"
    assert owner.get("/api/recordings").status_code == 401


def test_it_says_how_to_set_a_password_while_none_is_set(stranger, closed_services, tmp_path):
    (tmp_path / "state" / "owner.json").unlink()
    assert "sudo petcam password" in stranger.get("/login").get_data(as_text=True)
    assert log_in(stranger, "").status_code == 401
    assert stranger.get("/api/recordings").status_code == 401


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
