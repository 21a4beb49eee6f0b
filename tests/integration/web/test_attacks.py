"""The real services behind a password, attacked from the network."""

import importlib.util
import json
import os
from urllib.parse import urlencode

import psutil
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from petcam.access.owner import Owner, Role
from petcam.commands.web import build
from petcam.system.streamer_binary import find_streamer
from petcam.web.app import create_app
from petcam.web.signaling.offer_token import LIFETIME_MS, OfferTokens, boottime_ms, read_boot_id
from tests.real_services import OWNER, RECORDING, VIEWER, RealServices

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
SAFE = METHODS[:3]
OPEN = ("/login", "/setup", "/healthz", "/static/petcam.css")
FOR_VIEWERS = (("POST", "/logout"), ("POST", "/api/webrtc/offer"))
WRONG = "a guess at the password"
CONTROL = (("POST", "/start"), ("POST", "/stop"), ("GET", "/status"), ("POST", "/sessions/end"), ("GET", "/metrics"))
# Without PyAV there are no pictures, and no demo that would make any.
PICTURES = {"/stream.mjpg": "multipart/x-mixed-replace", "/snapshot.jpg": "image/jpeg"}
HAS_PYAV = importlib.util.find_spec("av") is not None

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
KINDS = st.sampled_from(
    (
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "text/plain",
        'x/y;;="',
    )
)
FORMS = st.dictionaries(st.sampled_from(("password", "again", "current", "next")), st.text(max_size=30)).map(
    lambda fields: urlencode(fields).encode()
)


@pytest.fixture(scope="module")
def petcam(tmp_path_factory):
    running = RealServices(tmp_path_factory.mktemp("petcam"))
    try:
        running.start("web", "streamer", *(["feed"] if HAS_PYAV else []))
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
    if "Content-Length" in answer.headers:
        _ = answer.content
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
            if path in OPEN or (method, path) in FOR_VIEWERS:
                continue
            status = ask(petcam, method, path, cookies["viewer"]).status_code
            wanted = status not in (401, 403) if method in SAFE else status in (403, 405)
            assert wanted, (method, path, status)
    untouched(petcam)
    assert ask(petcam, "GET", "/", cookies["viewer"]).status_code == 200


@pytest.mark.parametrize("path", ["/api/detections/stream", *PICTURES])
@pytest.mark.parametrize("whose", ["viewer", "none", "expired", "forged", "foreign"])
def test_who_is_let_in_has_the_streams_and_nobody_else(petcam, cookies, path, whose):
    answer = ask(petcam, "GET", path, cookies[whose])
    if whose != "viewer":
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/json"
    elif path in PICTURES and not HAS_PYAV:
        assert answer.status_code == 501
    else:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(PICTURES.get(path, "text/event-stream"))


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
    for method, path in CONTROL:
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


def test_the_network_gets_nothing_of_the_streamer_without_a_token(petcam):
    """Each of its routes by each method, as from another machine."""
    addresses = other_addresses(petcam)
    if not addresses:
        pytest.skip("this machine has no address besides those of the loopback")
    opened = []
    for url in addresses:
        for path in (*(path for _, path in CONTROL), "/api/webrtc/offer", "/whep", "/whep/1", "/health", "/nothing"):
            for method in METHODS:
                answer = requests.request(method, url + path, json={}, timeout=20)
                if answer.status_code not in (401, 403, 404, 405):
                    opened.append((method, path, answer.text))
    assert {entry[:2] for entry in opened} == {
        ("OPTIONS", "/api/webrtc/offer"),
        ("OPTIONS", "/whep"),
        *((method, path) for method in ("GET", "HEAD") for path in ("/health", "/whep", "/whep/1")),
    }
    assert {text for *_, text in opened} == {'{"status":"ok"}\n', ""}  # that of /health, and else that it is there


def other_addresses(petcam):
    """The streamer by this machine's addresses on a network, where it has any: then it does not come from loopback."""
    found = [each.address for card in psutil.net_if_addrs().values() for each in card if each.family.name == "AF_INET"]
    return [f"http://{address}:{petcam.streamer_port}" for address in found if not address.startswith("127.")]


def offer(petcam, token, host="127.0.0.1", body="{}"):
    """400: the token is good and the offer is not."""
    headers = {"Authorization": f"Bearer {token}", "Host": host, "Content-Type": "application/json"}
    return requests.post(f"{petcam.streamer_url}/api/webrtc/offer", body, headers=headers, timeout=20)


def config_of(petcam, cookie):
    return requests.get(f"{petcam.url}/api/webrtc/config", headers={"Cookie": cookie}, timeout=20).json()


@pytest.mark.parametrize("whose", ["owner", "viewer"])
def test_a_token_is_good_once(petcam, cookies, whose):
    token = config_of(petcam, cookies[whose])["token"]
    assert [offer(petcam, token).status_code for _ in range(3)] == [400, 401, 401]


@pytest.mark.parametrize("host", ["camera.local", "evil.example", "localhost", "192.0.2.9"])
def test_a_token_is_good_for_the_host_of_its_page_only(petcam, cookies, host):
    token = config_of(petcam, cookies["owner"])["token"]
    assert offer(petcam, token, host).status_code == 401
    assert offer(petcam, token).status_code == 400  # nor did that spend it


def test_a_token_is_good_for_a_minute_and_with_our_signature(petcam):
    key, boot = (petcam.state / "token.key").read_bytes(), read_boot_id()
    for seconds_ago, status in ((0, 400), (LIFETIME_MS / 1000 - 10, 400), (LIFETIME_MS / 1000 + 1, 401)):
        made_at = boottime_ms() - int(seconds_ago * 1000)
        tokens = OfferTokens(key, boot, lambda made_at=made_at: made_at)
        assert offer(petcam, tokens.make("127.0.0.1", "s", 3600)).status_code == status, seconds_ago
    for tokens in (OfferTokens(bytes(32), boot), OfferTokens(key, "another boot")):
        assert offer(petcam, tokens.make("127.0.0.1", "s", 3600)).status_code == 401


@pytest.mark.parametrize("path", [f"/api/{name}" for name in ("recording/start", "recording/stop", "webrtc/offer")])
@settings(max_examples=12, deadline=None)
@given(body=BODIES, kind=KINDS)
def test_no_body_is_a_defect_to_the_web_service(petcam, cookies, path, body, kind):
    answer = ask(petcam, "POST", path, cookies["owner"], data=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 401, 409, 413, 415, 503) or answer.ok, (kind, body)
    assert isinstance(answer.json(), dict)


@pytest.mark.parametrize("path", ["/login", "/setup", "/account/password", "/account/viewer"])
@settings(max_examples=12, deadline=None)
@given(body=BODIES | FORMS, kind=KINDS)
def test_no_form_is_a_defect_to_the_web_service(petcam, cookies, path, body, kind):
    answer = ask(petcam, "POST", path, cookies["owner"], data=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 401, 403, 413, 429), (kind, body)


@pytest.mark.parametrize("path", ["/start", "/sessions/end", "/api/webrtc/offer"])
@settings(max_examples=12, deadline=None)
@given(body=BODIES)
def test_no_body_is_a_defect_to_the_streamer(petcam, path, body):
    answer = requests.post(petcam.streamer_url + path, body, headers={"Content-Type": "application/json"}, timeout=20)
    assert answer.status_code != 500, body
    assert requests.get(f"{petcam.streamer_url}/health", timeout=20).ok


def test_a_forged_address_does_not_move_the_throttle(petcam, cookies):
    """Four tries from one address; the fifth waits, whatever addresses they claim to be from."""
    assert [answer.status_code for answer in guess(petcam)][-1] == 429


def guess(petcam):
    """As from many addresses."""
    for number in range(8):
        headers = {"X-Forwarded-For": f"192.168.7.{number}", "Forwarded": f"for=192.168.7.{number}"}
        yield ask(petcam, "POST", "/login", data={"password": WRONG}, headers=headers)


def test_no_secret_is_said(petcam, cookies):
    """Neither in the logs, nor in the errors that strangers get, nor in the metrics."""
    token = config_of(petcam, cookies["owner"])["token"]
    answers = [*guess(petcam), offer(petcam, token), offer(petcam, token), offer(petcam, token, "evil.example")]
    for whose, path in (
        ("none", "/?x"),
        ("forged", "/api/recordings"),
        ("expired", "/account"),
        ("viewer", "/nothing"),
    ):
        answers.append(ask(petcam, "GET", path, cookies[whose]))
    answers.append(ask(petcam, "DELETE", f"/api/recordings/{RECORDING}", cookies["viewer"]))
    answers.append(ask(petcam, "GET", "/", cookies["owner"], headers={"Host": "evil.example"}))
    answers.append(requests.get(f"{petcam.streamer_url}/metrics", timeout=20))
    said = petcam.said()
    told = "".join(f"{answer.status_code} {answer.headers}\n{answer.text}\n" for answer in answers)
    assert "wrong passwords from 127.0.0.1" in said
    assert "192.168.7." not in said
    hidden = secrets_of(petcam, cookies, token)
    assert len(hidden) > 15
    assert [secret for secret in hidden if secret in said + told] == []
    assert "Traceback" not in said
    assert "panic" not in said


def secrets_of(petcam, cookies, token):
    secrets = [OWNER, VIEWER, WRONG, token, token.split(".")[2]]
    for cookie in filter(None, cookies.values()):
        secrets += cookie.partition("=")[2].split(".")
    for name in ("token.key", "session.key"):
        secrets.append((petcam.state / name).read_bytes().hex())
    for file in ("owner.json", "viewer.json"):
        secrets += [word for word in json.loads((petcam.state / file).read_text()).values() if len(str(word)) > 20]
    return secrets
