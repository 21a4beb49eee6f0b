"""Behind a proxy that serves petcam under a path of its own."""

import re
from dataclasses import replace

import pytest

from petcam.config import Web
from petcam.web.app import create_app
from petcam.web.http.channel import CONNECTION_KEY
from petcam.web.http.forwarded import tls_proof
from tests.unit.web.fakes import PASSWORD

PROXY, STRANGER = "10.0.0.1", "192.0.2.9"
PREFIX = {"X-Forwarded-Prefix": "/cam"}
PATHS = re.compile(r'(?:href|src|action|data-words|data-root)="(/[^"]*)"')


@pytest.fixture
def open_client(services_with_login, connection):
    """Makes clients that come by the address ``peer``."""
    config = replace(services_with_login.config, web=Web(trusted_proxies=[f"{PROXY}/32"]))
    app = create_app(replace(services_with_login, config=config))

    def make(peer=PROXY, **headers):
        client = app.test_client(use_cookies=False)
        client.environ_base[CONNECTION_KEY] = connection
        client.environ_base["REMOTE_ADDR"] = peer
        for name, value in headers.items():
            client.environ_base[f"HTTP_{name}"] = value
        return client

    return make


def login_page(client, **headers):
    """Where the live page leads who is not logged in."""
    return client.get("/", headers=headers).headers["Location"].partition("?")[0]


@pytest.mark.parametrize(
    ("said", "prefix"),
    [
        ("/cam", "/cam"),
        ("/cam/", "/cam"),
        ("/pets/cat-cam_2/v1.0", "/pets/cat-cam_2/v1.0"),
        ("/" + "a" * 199, "/" + "a" * 199),
        ("/" + "a" * 200, ""),
        ("", ""),
        ("/", ""),
        ("cam", ""),
        ("//evil.example", ""),
        ("/cam//x", ""),
        ("/\\evil.example", ""),
        ("https://evil.example/cam", ""),
        ("/cam:8080", ""),
        ("/cam?x", ""),
        ("/cam#x", ""),
        ("/a b", ""),
        ('/"><script>', ""),
        ("/%2e%2e/x", ""),
        ("/cam/..", ""),
        ("/./cam", ""),
        ("/cam, /cam", ""),
        ("/日本", ""),
    ],
)
def test_it_takes_a_plain_path_and_nothing_else(open_client, said, prefix):
    headers = {"X-Forwarded-Prefix": said.encode().decode("latin-1")}
    assert login_page(open_client(), **headers) == f"{prefix}/login"


def test_only_a_trusted_proxy_may_say_it(open_client):
    tls = {"X-Petcam-Tls": tls_proof(bytes(32)), "X-Forwarded-Proto": "https"}
    assert login_page(open_client(STRANGER), **PREFIX) == "/login"
    by_tls = open_client("127.0.0.1")
    assert login_page(by_tls, **PREFIX, **tls, **{"X-Forwarded-For": STRANGER}) == "/login"
    claimed = {"X-Forwarded-For": f"{PROXY}, {STRANGER}"}
    assert login_page(by_tls, **PREFIX, **tls, **claimed) == "/login"
    assert login_page(by_tls, **PREFIX, **tls, **{"X-Forwarded-For": PROXY}) == "/cam/login"


@pytest.mark.parametrize("proto", ["http", "https"])
def test_all_addresses_and_the_cookie_are_below_it(open_client, proto):
    client = open_client(X_FORWARDED_PREFIX="/cam", X_FORWARDED_PROTO=proto)
    form = client.get("/login?next=/recordings").get_data(as_text=True)
    assert 'value="/recordings"' in form, "the form's own path is petcam's, or it would get the prefix twice"
    answer = client.post("/login", data={"password": PASSWORD, "next": "/recordings"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cam/recordings")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("petcam_session=" if proto == "http" else "__Secure-petcam_session=")
    assert "Path=/cam" in cookie.split("; ")
    cookie = cookie.partition(";")[0]
    for page in ("/", "/recordings", "/account"):
        shown = client.get(page, headers={"Cookie": cookie})
        assert shown.status_code == 200
        paths = PATHS.findall(shown.get_data(as_text=True))
        assert paths and [path for path in paths if not re.match("/cam(/|$)", path)] == []
    config = client.get("/api/webrtc/config", headers={"Cookie": cookie}).get_json()
    assert config["signaling_url"] == "/cam/api/webrtc/offer"
    assert client.post("/logout", headers={"Cookie": cookie}).headers["Location"] == "/cam/login"


def test_the_first_visit_leads_below_it(services, connection):
    config = replace(
        services.config, web=Web(trusted_proxies=[PROXY]), auth=replace(services.config.auth, mode="password")
    )
    services.first_hour.begin()
    client = create_app(replace(services, config=config)).test_client()
    client.environ_base.update({CONNECTION_KEY: connection, "REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_PREFIX": "/cam"})
    assert client.get("/login").headers["Location"].startswith("/cam/setup?")
    form = {"password": PASSWORD, "again": PASSWORD, "next": "/"}
    assert client.post("/setup", data=form).headers["Location"] == "/cam/setup/done?next=/"


def test_no_module_has_an_address_of_its_own():
    """Each address of petcam's in a module is one that ``sitePath`` makes."""
    from petcam.system.assets import assets_folder

    found = []
    for module in (assets_folder() / "static").rglob("*.js"):
        for line in module.read_text().splitlines():
            code = line.partition("//")[0]
            if re.search(r'["`]/[a-z]', code) and "sitePath(" not in code and "import" not in code:
                found.append(f"{module.name}: {line.strip()}")
    assert found == []
