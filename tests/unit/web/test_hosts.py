"""The names by which petcam is opened, and what proxies say: neither is believed from anybody."""

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
def test_it_answers_under_no_foreign_name(client, host, path):
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert "web.hosts" in answer.get_data(as_text=True)


def wrong(client, forwarded, peer="127.0.0.1", **headers):
    headers = {"X-Forwarded-For": forwarded, **headers}
    return client.post("/login", data={"password": "no"}, headers=headers, environ_overrides={"REMOTE_ADDR": peer})


def test_a_forged_address_is_no_way_around_the_slowing_down(anonymous):
    answers = [wrong(anonymous, f"192.0.2.{n}").status_code for n in range(MAX_TRIES_WITHOUT_PAUSE + 2)]
    assert answers[-1] == 429


def test_it_believes_the_tls_end_and_listed_proxies_as_far_as_they_know(closed_services):
    web = Web(trusted_proxies=["10.0.0.0/8"])
    app = create_app(replace(closed_services, config=replace(closed_services.config, web=web)))
    word = {"X-Petcam-Tls": tls_proof(bytes(32)), "X-Forwarded-Proto": "https"}
    client = app.test_client(use_cookies=False)
    good = {"X-Forwarded-For": "192.0.2.1", **word}
    answer = client.post("/login", data={"password": PASSWORD}, headers=good)
    assert answer.headers["Set-Cookie"].startswith("__Host-")
    for peer, headers in (("192.0.2.9", good), ("127.0.0.1", {**good, "X-Petcam-Tls": "0" * 64})):
        answer = client.post(
            "/login", data={"password": PASSWORD}, headers=headers, environ_overrides={"REMOTE_ADDR": peer}
        )
        assert answer.headers["Set-Cookie"].startswith("petcam_session=")
    answers = [wrong(client, f"198.51.100.{n}, 192.0.2.7, 10.0.0.2", "10.0.0.1").status_code for n in range(5)]
    assert answers == [401] * 4 + [429]


def test_it_believes_the_tls_end_at_the_one_address_that_the_page_has(closed_services):
    web = Web(host="192.0.2.5")
    client = create_app(replace(closed_services, config=replace(closed_services.config, web=web))).test_client()
    good = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "X-Petcam-Tls": tls_proof(bytes(32))}
    for peer, name in (("192.0.2.5", "__Host-petcam_session="), ("192.0.2.6", "petcam_session=")):
        answer = client.post(
            "/login", data={"password": PASSWORD}, headers=good, environ_overrides={"REMOTE_ADDR": peer}
        )
        assert answer.headers["Set-Cookie"].startswith(name)
