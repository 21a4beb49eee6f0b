"""The real services with a password, attacked from the network."""

import importlib.util
import json
import re
from urllib.parse import urlencode

import psutil
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from petcam.access.owner import Owner, Role
from petcam.commands.web import build
from petcam.system.boot_time import boottime_ms, read_boot_id
from petcam.system.streamer_binary import find_streamer
from petcam.web.app import create_app
from petcam.web.signaling.offer_token import LIFETIME_MS, OfferTokens
from tests.left_out import is_left_out
from tests.real_services import OWNER, RECORDING, VIEWER, RealServices

PARAMETERS = {
    "<name>": RECORDING,
    "<path:filename>": "petcam.css",
    "<event>": "1795432561",
    "<day>": "2026-11-27",
    "<token>": "bXV0ZQ.aSmFpw.forged",
}
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
SAFE_METHODS = METHODS[:3]
OPEN_PATHS = ("/login", "/setup", "/healthz", "/static/petcam.css", "/mute/bXV0ZQ.aSmFpw.forged")
OWNERS_PATHS = ("/settings", "/api/settings", "/api/settings/ways", "/api/settings/test", "/places")
CHANGES_FOR_VIEWERS = (("POST", "/logout"), ("POST", "/api/webrtc/offer"), ("POST", "/api/webrtc/sound"))
WRONG = "a guess at the password"
CONTROL_ROUTES = (
    ("POST", "/start"),
    ("POST", "/stop"),
    ("GET", "/status"),
    ("POST", "/sessions/end"),
    ("GET", "/metrics"),
)
# Without PyAV there are no pictures, and the demo, which would be their source, does not run.
PICTURE_TYPES = {"/stream.mjpg": "multipart/x-mixed-replace", "/snapshot.jpg": "image/jpeg"}
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
CONTENT_TYPES = st.sampled_from(
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
    with RealServices(tmp_path_factory.mktemp("petcam")) as running:
        running.start("web", "streamer", *(["feed"] if HAS_PYAV else []))
        yield running


@pytest.fixture(scope="module")
def cookies(petcam, tmp_path_factory):
    """The cookies of valid and invalid sessions; none of them may appear in the logs."""
    expired = petcam.log_in(OWNER)
    petcam.let_sessions_expire()
    with RealServices(tmp_path_factory.mktemp("other")) as other:
        other.start("web")
        foreign = other.log_in(OWNER)
    owner = petcam.log_in(OWNER)
    token, _, mac = owner.rpartition(".")
    forged = f"{token}.{mac[::-1]}"
    kept = {"owner": owner, "viewer": petcam.log_in(VIEWER)}
    return {**kept, "none": "", "expired": expired, "forged": forged, "foreign": foreign}


@pytest.fixture(scope="module")
def paths(petcam):
    """All paths of the app's URL map, so that a new route is tried too."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STATE_DIRECTORY", str(petcam.state))
        rules = list(create_app(build(petcam.config())).url_map.iter_rules())
    found = {rule.rule for rule in rules}
    for parameter, value in PARAMETERS.items():
        found = {path.replace(parameter, value) for path in found}
    assert len(found) > 20
    assert not any("<" in path for path in found), "give the new parameter a value"
    return sorted(found)


def send_request(petcam, method, path, cookie="", **more):
    headers = {"Cookie": cookie, **more.pop("headers", {})}
    answer = requests.request(
        method, petcam.url + path, headers=headers, allow_redirects=False, stream=True, timeout=20, **more
    )
    if "Content-Length" in answer.headers:
        _ = answer.content
    answer.close()  # of a stream only the status is needed
    return answer


def is_refused_as_left_out(petcam, path, answer):
    return petcam.server == "go" and is_left_out(path) and answer.status_code == 501


@pytest.mark.parametrize("whose", ["none", "expired", "forged", "foreign"])
def test_without_a_valid_session_only_the_listed_paths_are_open(petcam, paths, cookies, whose):
    open_routes = []
    for path in paths:
        for method in METHODS:
            answer = send_request(petcam, method, path, cookies[whose])
            to_login = answer.status_code == 302 and answer.headers["Location"].startswith("/login")
            if path not in OPEN_PATHS and path != "/logout" and not to_login and answer.status_code != 401:
                open_routes.append((method, path, answer.status_code))
            assert answer.status_code < 500 or is_refused_as_left_out(petcam, path, answer), (method, path)
    assert open_routes == []
    assert_nothing_changed(petcam)


def test_a_viewer_can_read_everything_and_change_nothing(petcam, paths, cookies):
    for path in paths:
        for method in METHODS:
            if path in OPEN_PATHS or (method, path) in CHANGES_FOR_VIEWERS:
                continue
            status = send_request(petcam, method, path, cookies["viewer"]).status_code
            is_open = method in SAFE_METHODS and path not in OWNERS_PATHS
            as_expected = status not in (401, 403) if is_open else status in (403, 405)
            assert as_expected, (method, path, status)
    assert_nothing_changed(petcam)
    assert send_request(petcam, "GET", "/", cookies["viewer"]).status_code == 200


@pytest.mark.parametrize("path", ["/api/detections/stream", "/api/events/stream", *PICTURE_TYPES])
@pytest.mark.parametrize("whose", ["viewer", "none", "expired", "forged", "foreign"])
def test_streams_are_open_only_with_a_valid_session(petcam, cookies, path, whose):
    answer = send_request(petcam, "GET", path, cookies[whose])
    if whose != "viewer":
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/json"
    elif petcam.server == "go" and is_left_out(path):
        assert answer.status_code == 501
    elif path in PICTURE_TYPES and not HAS_PYAV:
        assert answer.status_code == 501
    else:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(PICTURE_TYPES.get(path, "text/event-stream"))


def assert_nothing_changed(petcam):
    assert petcam.recorded() == [RECORDING]
    owner = Owner(petcam.state)
    assert (owner.verify(OWNER), owner.verify(VIEWER)) == (Role.OWNER, Role.VIEWER)


def test_a_foreign_host_name_opens_nothing(petcam, paths, cookies):
    for path in paths:
        answer = send_request(petcam, "GET", path, cookies["owner"], headers={"Host": "evil.example"})
        assert answer.status_code == 421, path
    offer = requests.post(f"{petcam.streamer_url}/start", headers={"Host": "evil.example"}, timeout=20)
    assert offer.status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"])
def test_no_forwarding_header_opens_the_control_routes(petcam, header):
    forwarding_headers = {header: {"Forwarded": "for=127.0.0.1", "Via": "1.1 localhost"}.get(header, "127.0.0.1")}
    for method, path in CONTROL_ROUTES:
        for url in [petcam.streamer_url, *other_addresses(petcam)]:
            assert requests.request(method, url + path, headers=forwarding_headers, timeout=20).status_code == 403, (
                url,
                path,
            )


def test_a_viewing_token_allows_neither_control_nor_login(petcam):
    token = petcam.token("add", "attacker")
    headers = {"Authorization": f"Bearer {token}"}
    for method, path in (("POST", "/start"), ("POST", "/stop"), ("GET", "/status"), ("POST", "/sessions/end")):
        for url in other_addresses(petcam):
            assert requests.request(method, url + path, headers=headers, timeout=20).status_code == 403, (url, path)
    offer = requests.post(f"{petcam.streamer_url}/api/webrtc/offer", json={}, headers=headers, timeout=20)
    assert offer.status_code == 401
    assert send_request(petcam, "GET", "/api/webrtc/config", headers=headers).status_code == 401
    assert requests.post(f"{petcam.streamer_url}/whep", b"v=0", timeout=20).status_code == 401
    assert token not in petcam.all_logs()


def test_without_a_token_the_streamer_refuses_requests_from_the_network(petcam):
    """Each route is tried with each method, from an address that is not loopback."""
    addresses = other_addresses(petcam)
    if not addresses:
        pytest.skip("this machine has no address besides those of the loopback")
    open_routes = []
    for url in addresses:
        for path in (
            *(path for _, path in CONTROL_ROUTES),
            "/api/webrtc/offer",
            "/whep",
            "/whep/1",
            "/health",
            "/nothing",
        ):
            for method in METHODS:
                answer = requests.request(method, url + path, json={}, timeout=20)
                if answer.status_code not in (401, 403, 404, 405):
                    open_routes.append((method, path, answer.text))
    assert {entry[:2] for entry in open_routes} == {
        ("OPTIONS", "/api/webrtc/offer"),
        ("OPTIONS", "/whep"),
        *((method, path) for method in ("GET", "HEAD") for path in ("/health", "/whep", "/whep/1")),
    }
    assert {text for *_, text in open_routes} == {'{"status":"ok"}\n', ""}  # /health says no more than that


def other_addresses(petcam):
    """The streamer's URLs by this machine's addresses on a network, so that requests do not come from loopback."""
    found = [each.address for card in psutil.net_if_addrs().values() for each in card if each.family.name == "AF_INET"]
    return [f"http://{address}:{petcam.streamer_port}" for address in found if not address.startswith("127.")]


def offer(petcam, token, host="127.0.0.1", body="{}"):
    """The answer's status is 400 where the token is valid, since the offer is not."""
    headers = {"Authorization": f"Bearer {token}", "Host": host, "Content-Type": "application/json"}
    return requests.post(f"{petcam.streamer_url}/api/webrtc/offer", body, headers=headers, timeout=20)


def viewer_config(petcam, cookie):
    return requests.get(f"{petcam.url}/api/webrtc/config", headers={"Cookie": cookie}, timeout=20).json()


@pytest.mark.parametrize("whose", ["owner", "viewer"])
def test_an_offer_token_can_be_used_once(petcam, cookies, whose):
    token = viewer_config(petcam, cookies[whose])["token"]
    assert [offer(petcam, token).status_code for _ in range(3)] == [400, 401, 401]


@pytest.mark.parametrize("host", ["camera.local", "evil.example", "localhost", "192.0.2.9"])
def test_an_offer_token_is_valid_only_for_the_host_of_its_page(petcam, cookies, host):
    token = viewer_config(petcam, cookies["owner"])["token"]
    assert offer(petcam, token, host).status_code == 401
    assert offer(petcam, token).status_code == 400  # the refused attempt did not use it up


def test_an_offer_token_is_valid_for_a_minute_and_with_petcams_signature_only(petcam):
    key, boot = (petcam.state / "token.key").read_bytes(), read_boot_id()
    for seconds_ago, status in ((0, 400), (LIFETIME_MS / 1000 - 10, 400), (LIFETIME_MS / 1000 + 1, 401)):
        made_at = boottime_ms() - int(seconds_ago * 1000)
        tokens = OfferTokens(key, boot, lambda made_at=made_at: made_at)
        assert offer(petcam, tokens.make("127.0.0.1", "s", 3600)).status_code == status, seconds_ago
    for tokens in (OfferTokens(bytes(32), boot), OfferTokens(key, "another boot")):
        assert offer(petcam, tokens.make("127.0.0.1", "s", 3600)).status_code == 401


@pytest.mark.parametrize("path", [f"/api/{name}" for name in ("recording/start", "recording/stop", "webrtc/offer")])
@settings(max_examples=12, deadline=None)
@given(body=BODIES, content_type=CONTENT_TYPES)
def test_no_json_body_makes_the_web_service_fail(petcam, cookies, path, body, content_type):
    answer = send_request(petcam, "POST", path, cookies["owner"], data=body, headers={"Content-Type": content_type})
    assert answer.status_code in (400, 401, 409, 413, 415, 503) or answer.ok, (content_type, body)
    assert isinstance(answer.json(), dict)


@pytest.mark.parametrize("path", ["/login", "/setup", "/account/password", "/account/viewer"])
@settings(max_examples=12, deadline=None)
@given(body=BODIES | FORMS, content_type=CONTENT_TYPES)
def test_no_form_makes_the_web_service_fail(petcam, cookies, path, body, content_type):
    answer = send_request(petcam, "POST", path, cookies["owner"], data=body, headers={"Content-Type": content_type})
    assert answer.status_code in (400, 401, 403, 413, 429), (content_type, body)


@pytest.mark.parametrize("path", ["/start", "/sessions/end", "/api/webrtc/offer"])
@settings(max_examples=12, deadline=None)
@given(body=BODIES)
def test_no_body_makes_the_streamer_fail(petcam, path, body):
    answer = requests.post(petcam.streamer_url + path, body, headers={"Content-Type": "application/json"}, timeout=20)
    assert answer.status_code != 500, body
    assert requests.get(f"{petcam.streamer_url}/health", timeout=20).ok


def test_forged_forwarded_addresses_do_not_avoid_the_throttle(petcam, cookies):
    """The fifth try from one address has to wait, whatever addresses the headers claim."""
    assert [answer.status_code for answer in guess_passwords(petcam)][-1] == 429


def guess_passwords(petcam):
    """Wrong passwords, with a different forwarded address each time."""
    for number in range(8):
        headers = {"X-Forwarded-For": f"192.168.7.{number}", "Forwarded": f"for=192.168.7.{number}"}
        yield send_request(petcam, "POST", "/login", data={"password": WRONG}, headers=headers)


def test_no_secret_appears_in_logs_answers_or_metrics(petcam, cookies):
    """Secrets are passwords, cookies, tokens, keys and hashes."""
    token = viewer_config(petcam, cookies["owner"])["token"]
    answers = [
        *guess_passwords(petcam),
        offer(petcam, token),
        offer(petcam, token),
        offer(petcam, token, "evil.example"),
    ]
    for whose, path in (
        ("none", "/?x"),
        ("forged", "/api/recordings"),
        ("expired", "/account"),
        ("viewer", "/nothing"),
    ):
        answers.append(send_request(petcam, "GET", path, cookies[whose]))
    answers.append(send_request(petcam, "DELETE", f"/api/recordings/{RECORDING}", cookies["viewer"]))
    answers.append(send_request(petcam, "GET", "/", cookies["owner"], headers={"Host": "evil.example"}))
    answers.append(requests.get(f"{petcam.streamer_url}/metrics", timeout=20))
    all_logs = petcam.all_logs()
    forwarding_headers = "".join(f"{answer.status_code} {answer.headers}\n{answer.text}\n" for answer in answers)
    assert re.search(r"wrong passwords.*\b127\.0\.0\.1\b", all_logs)
    assert "192.168.7." not in all_logs
    secrets = secrets_of(petcam, cookies, token)
    assert len(secrets) > 15
    assert [secret for secret in secrets if secret in all_logs + forwarding_headers] == []
    assert "Traceback" not in all_logs
    assert "panic" not in all_logs


def secrets_of(petcam, cookies, token):
    secrets = [OWNER, VIEWER, WRONG, token, token.split(".")[2]]
    for cookie in filter(None, cookies.values()):
        secrets += cookie.partition("=")[2].split(".")
    for name in ("token.key", "session.key"):
        secrets.append((petcam.state / name).read_bytes().hex())
    for file in ("owner.json", "viewer.json"):
        secrets += [word for word in json.loads((petcam.state / file).read_text()).values() if len(str(word)) > 20]
    return secrets
