"""The real services behind a password, attacked from the network; their logs are read at the end."""

import json
import os

import psutil
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from real_services import OWNER, RECORDING, VIEWER, RealServices

from petcam.streamer_binary import find_streamer
from petcam.web.app import create_app
from petcam.web.command import build
from petcam.web.owner import Owner, Role

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
SAFE = METHODS[:3]
OPEN = ("/login", "/setup", "/healthz", "/static/petcam.css")
FOR_VIEWERS = (("POST", "/logout"), ("POST", "/api/webrtc/offer"))
OF_A_CAMERA = ("/stream.mjpg", "/snapshot.jpg", "/api/detections/stream")  # here there is none: they keep one waiting
WRONG = "a guess at the password"

pytestmark = pytest.mark.skipif(find_streamer() is None, reason="petcam-streamer is not built: make setup")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
FIELDS = ("type", "sdp", "filename", "session", "all")
BODIES = (
    st.binary(max_size=60)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from(FIELDS), JSON | st.just("offer")).map(lambda value: json.dumps(value).encode())
)


@pytest.fixture(scope="module")
def petcam(tmp_path_factory):
    running = RealServices(tmp_path_factory.mktemp("petcam"))
    try:
        running.start("web", "streamer")
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module")
def cookies(petcam, tmp_path_factory):
    """Of whom each attempt is; the logs must know none of them."""
    expired = petcam.log_in(OWNER)
    petcam.let_sessions_expire()
    other = RealServices(tmp_path_factory.mktemp("other"))
    try:
        other.start("web")
        foreign = other.log_in(OWNER)
    finally:
        other.close()
    owner = petcam.log_in(OWNER)
    token, _, mac = owner.rpartition(".")
    forged = f"{token}.{mac[::-1]}"
    kept = {"owner": owner, "viewer": petcam.log_in(VIEWER)}
    return {**kept, "none": "", "expired": expired, "forged": forged, "foreign": foreign}


@pytest.fixture(scope="module")
def paths(petcam):
    """Of the URL map, so that a new route is tried by itself."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STATE_DIRECTORY", str(petcam.state))
        rules = list(create_app(build(petcam.config())).url_map.iter_rules())
    found = {rule.rule.replace("<name>", RECORDING).replace("<path:filename>", "petcam.css") for rule in rules}
    assert len(found) > 20
    assert not any("<" in path for path in found), "give the new parameter a value"
    return sorted(found)


def ask(petcam, method, path, cookie="", **more):
    headers = {"Cookie": cookie, **more.pop("headers", {})}
    answer = requests.request(
        method, petcam.url + path, headers=headers, allow_redirects=False, stream=True, timeout=20, **more
    )
    answer.close()  # of a stream, the status says enough
    return answer


@pytest.mark.parametrize("whose", ["none", "expired", "forged", "foreign"])
def test_nothing_is_open_to_who_has_no_session_here(petcam, paths, cookies, whose):
    opened = []
    for path in paths:
        for method in METHODS:
            answer = ask(petcam, method, path, cookies[whose])
            to_login = answer.status_code == 302 and answer.headers["Location"].startswith("/login")
            if path not in OPEN and path != "/logout" and not to_login and answer.status_code != 401:
                opened.append((method, path, answer.status_code))
            assert answer.status_code < 500, (method, path)
    assert opened == []
    untouched(petcam)


def test_a_viewer_sees_all_and_changes_nothing(petcam, paths, cookies):
    for path in paths:
        for method in METHODS:
            silent = path in OF_A_CAMERA and method in SAFE
            if path in OPEN or (method, path) in FOR_VIEWERS or silent:
                continue
            status = ask(petcam, method, path, cookies["viewer"]).status_code
            wanted = status not in (401, 403) if method in SAFE else status in (403, 405)
            assert wanted, (method, path, status)
    untouched(petcam)
    assert ask(petcam, "GET", "/", cookies["viewer"]).status_code == 200


def untouched(petcam):
    assert os.listdir(petcam.recordings) == [RECORDING]
    owner = Owner(petcam.state)
    assert (owner.verify(OWNER), owner.verify(VIEWER)) == (Role.OWNER, Role.VIEWER)


def test_a_foreign_host_name_opens_nothing(petcam, paths, cookies):
    for path in paths:
        answer = ask(petcam, "GET", path, cookies["owner"], headers={"Host": "evil.example"})
        assert answer.status_code == 421, path
    offer = requests.post(f"{petcam.streamer_url}/start", headers={"Host": "evil.example"}, timeout=20)
    assert offer.status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"])
def test_no_header_opens_a_control_port(petcam, header):
    told = {header: {"Forwarded": "for=127.0.0.1", "Via": "1.1 localhost"}.get(header, "127.0.0.1")}
    for method, path in (("POST", "/start"), ("POST", "/stop"), ("GET", "/status"), ("POST", "/sessions/end")):
        for url in [petcam.streamer_url, *other_addresses(petcam)]:
            assert requests.request(method, url + path, headers=told, timeout=20).status_code == 403, (url, path)


def test_a_viewing_token_lets_nobody_control_or_log_in(petcam):
    token = petcam.token("add", "attacker")
    headers = {"Authorization": f"Bearer {token}"}
    for method, path in (("POST", "/start"), ("POST", "/stop"), ("GET", "/status"), ("POST", "/sessions/end")):
        for url in other_addresses(petcam):
            assert requests.request(method, url + path, headers=headers, timeout=20).status_code == 403, (url, path)
    offer = requests.post(f"{petcam.streamer_url}/api/webrtc/offer", json={}, headers=headers, timeout=20)
    assert offer.status_code == 401
    assert ask(petcam, "GET", "/api/webrtc/config", headers=headers).status_code == 401
    assert requests.post(f"{petcam.streamer_url}/whep", b"v=0", timeout=20).status_code == 401
    assert token not in petcam.said()


def other_addresses(petcam):
    """The streamer by this machine's addresses on a network, where it has any: then it does not come from loopback."""
    found = [each.address for card in psutil.net_if_addrs().values() for each in card if each.family.name == "AF_INET"]
    return [f"http://{address}:{petcam.streamer_port}" for address in found if not address.startswith("127.")]


@pytest.mark.parametrize("path", ["/api/recording/start", "/api/webrtc/offer"])
@settings(max_examples=12, deadline=None)
@given(body=BODIES)
def test_no_body_is_a_defect_to_the_web_service(petcam, cookies, path, body):
    answer = ask(petcam, "POST", path, cookies["owner"], data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code not in (500, 502), body


@pytest.mark.parametrize("path", ["/start", "/sessions/end", "/api/webrtc/offer"])
@settings(max_examples=12, deadline=None)
@given(body=BODIES)
def test_no_body_is_a_defect_to_the_streamer(petcam, path, body):
    answer = requests.post(petcam.streamer_url + path, body, headers={"Content-Type": "application/json"}, timeout=20)
    assert answer.status_code != 500, body
    assert requests.get(f"{petcam.streamer_url}/health", timeout=20).ok


def test_a_forged_address_does_not_move_the_throttle(petcam):
    """Four tries from one address; the fifth waits, whatever addresses they claim to be from."""
    statuses = []
    for number in range(8):
        headers = {"X-Forwarded-For": f"192.168.7.{number}", "Forwarded": f"for=192.168.7.{number}"}
        statuses.append(ask(petcam, "POST", "/login", data={"password": WRONG}, headers=headers).status_code)
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_no_secret_is_in_the_logs(petcam, cookies):
    """After all of the above."""
    config = requests.get(f"{petcam.url}/api/webrtc/config", headers={"Cookie": cookies["owner"]}, timeout=20).json()
    bearer = {"Authorization": f"Bearer {config['token']}", "Content-Type": "application/json"}
    for _ in range(2):
        requests.post(f"{petcam.streamer_url}/api/webrtc/offer", b"{}", headers=bearer, timeout=20)
    secrets = [OWNER, VIEWER, WRONG, config["token"], config["token"].split(".")[2]]
    for cookie in filter(None, cookies.values()):
        secrets += cookie.partition("=")[2].split(".")
    for name in ("token.key", "session.key"):
        secrets.append((petcam.state / name).read_bytes().hex())
    for file in ("owner.json", "viewer.json"):
        secrets += [word for word in json.loads((petcam.state / file).read_text()).values() if len(str(word)) > 20]
    said = petcam.said()
    assert "wrong passwords from 127.0.0.1" in said
    assert "192.168.7." not in said
    assert [secret for secret in secrets if str(secret) in said] == []
    assert "Traceback" not in said
    assert "panic" not in said
