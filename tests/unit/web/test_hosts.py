"""The host names by which petcam may be opened, and the headers of proxies, which are trusted from few."""

from dataclasses import replace

import pytest

from petcam.config import Web
from petcam.web.app import create_app
from petcam.web.http.forwarded import tls_proof
from petcam.web.login.throttle import MAX_TRIES_WITHOUT_PAUSE
from tests.unit.web.fakes import PASSWORD

OWN = ["localhost:8080", "127.0.0.1", "[::1]:8080", "petcam-box", "PETCAM-BOX.local", "any.local.", "petcam-box.lan"]
FOREIGN = ["evil.example", "petcam-box.evil.example", "203.0.113.9", "0.0.0.0", "", "evil.lan", "a b", "[2001:db8::9]"]


@pytest.mark.parametrize("host", OWN)
def test_it_answers_under_its_own_names_and_addresses(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/", "/login", "/healthz", "/api/recordings", "/static/petcam.css"])
def test_it_refuses_foreign_names(client, host, path):
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert "web.hosts" in answer.get_data(as_text=True)


def post_wrong_password(client, forwarded, peer="127.0.0.1", **headers):
    headers = {"X-Forwarded-For": forwarded, **headers}
    return client.post("/login", data={"password": "no"}, headers=headers, environ_overrides={"REMOTE_ADDR": peer})


def test_a_forged_forwarded_address_does_not_avoid_the_throttle(anonymous):
    answers = [post_wrong_password(anonymous, f"192.0.2.{n}").status_code for n in range(MAX_TRIES_WITHOUT_PAUSE + 2)]
    assert answers[-1] == 429


def test_it_trusts_forwarded_headers_of_the_tls_proxy_and_of_configured_proxies_only(services_with_login):
    web = Web(trusted_proxies=["10.0.0.0/8"])
    app = create_app(replace(services_with_login, config=replace(services_with_login.config, web=web)))
    tls_headers = {"X-Petcam-Tls": tls_proof(bytes(32)), "X-Forwarded-Proto": "https"}
    client = app.test_client(use_cookies=False)
    headers_of_proxy = {"X-Forwarded-For": "192.0.2.1", **tls_headers}
    answer = client.post("/login", data={"password": PASSWORD}, headers=headers_of_proxy)
    assert answer.headers["Set-Cookie"].startswith("__Host-")
    for peer, headers in (
        ("192.0.2.9", headers_of_proxy),
        ("127.0.0.1", {**headers_of_proxy, "X-Petcam-Tls": "0" * 64}),
    ):
        answer = client.post(
            "/login", data={"password": PASSWORD}, headers=headers, environ_overrides={"REMOTE_ADDR": peer}
        )
        assert answer.headers["Set-Cookie"].startswith("petcam_session=")
    answers = [
        post_wrong_password(client, f"198.51.100.{n}, 192.0.2.7, 10.0.0.2", "10.0.0.1").status_code for n in range(5)
    ]
    assert answers == [401] * 4 + [429]


def test_it_trusts_the_tls_proxy_at_the_address_in_web_host(services_with_login):
    web = Web(host="192.0.2.5")
    client = create_app(replace(services_with_login, config=replace(services_with_login.config, web=web))).test_client()
    headers_of_proxy = {
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Proto": "https",
        "X-Petcam-Tls": tls_proof(bytes(32)),
    }
    for peer, name in (("192.0.2.5", "__Host-petcam_session="), ("192.0.2.6", "petcam_session=")):
        answer = client.post(
            "/login", data={"password": PASSWORD}, headers=headers_of_proxy, environ_overrides={"REMOTE_ADDR": peer}
        )
        assert answer.headers["Set-Cookie"].startswith(name)
