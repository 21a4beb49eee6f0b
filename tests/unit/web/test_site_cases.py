"""What stands in front of every route answers as ``tests/site-cases.json`` says; a Go test does so for the page that
the streamer serves (``streamer/internal/site/login``).

Each line of the file is a request and its answer. ``as``: stranger, viewer or owner, or free, where no login is needed.
``state``: set, first visit, or without (there is no password, and the first hour is over). ``headers`` of the answer
are those of NAMES that it has; ``text`` is its body, but of HTML.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from petcam.config import Auth, Web
from petcam.web.app import Services, create_app
from petcam.web.http import CONNECTION_KEY, own_address
from petcam.web.http.forwarded import tls_proof
from tests.unit.web.fakes import PASSWORD, FakeConnection

FILE = Path(__file__).parents[2] / "site-cases.json"
PASSWORDS = {"owner": PASSWORD, "viewer": "watching horse"}
PEER = "192.0.2.50"  # unless the case has another
GROUPS = [
    *[(who, "set") for who in ("stranger", "viewer", "owner", "free")],
    ("stranger", "first visit"),
    ("stranger", "without"),
]
NAMES = (
    *("Content-Type", "Location", "Set-Cookie", "Vary", "Allow", "Retry-After", "WWW-Authenticate"),
    *("Cache-Control", "Content-Encoding"),
)


@pytest.fixture
def open_client(
    services: Services, connection: FakeConnection, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], tuple[FlaskClient, str]]:
    """Makes a client, and gives the cookie of its session too."""
    monkeypatch.setattr(own_address, "lan_address", lambda: "192.168.1.20")

    def make(who: str, state: str) -> tuple[FlaskClient, str]:
        auth, web = Auth(mode="none" if who == "free" else "password"), Web(trusted_proxies=["10.0.0.0/8"])
        if state != "without":
            services.first_hour.begin()
        if state == "set":
            services.owner.set_password(PASSWORD)
            services.owner.set_viewer_password(PASSWORDS["viewer"])
        app = create_app(replace(services, config=replace(services.config, auth=auth, web=web)))
        client = app.test_client(use_cookies=False)
        client.environ_base.update({CONNECTION_KEY: connection})
        if who not in PASSWORDS:
            return client, ""
        admitted = client.post("/login", data={"password": PASSWORDS[who]})
        return client, admitted.headers["Set-Cookie"].partition(";")[0]

    return make


def ask(client: FlaskClient, cookie: str, case: dict[str, Any]) -> TestResponse:
    path, _, query = case["path"].partition("#")[0].partition("?")
    environ = {
        "REMOTE_ADDR": case.get("peer", PEER),
        "PATH_INFO": "/" + unquote_to_bytes(path.encode("latin-1")).decode("latin-1").lstrip("/"),
        "QUERY_STRING": query,
    }
    headers = {"Host": "localhost", **({"Cookie": cookie} if cookie else {}), **case.get("sent", {})}
    headers = {name: value.replace("PROOF", tls_proof(bytes(32))) for name, value in headers.items()}
    data = case.get("body", "").encode()
    return client.open("/", method=case["method"], headers=headers, data=data or None, environ_overrides=environ)


def said(answer: TestResponse) -> dict[str, Any]:
    headers = {name: _comparable(name, answer.headers.getlist(name)) for name in NAMES if name in answer.headers}
    is_html, is_packed = answer.mimetype == "text/html", "Content-Encoding" in answer.headers
    text = "" if is_html or is_packed or answer.mimetype == "text/css" else answer.get_data(as_text=True)
    return {"status": answer.status_code, "headers": headers, **({"text": text} if text else {})}


def _comparable(name: str, values: list[str]) -> str:
    """As a text that does not depend on the order, or on the time."""
    if name == "Allow":
        return ", ".join(sorted(values[0].split(", ")))
    if name == "Set-Cookie":
        first, *rest = values[0].split("; ")
        return "; ".join([first, *sorted(each for each in rest if not each.startswith("Expires="))])
    return " | ".join(values)


@pytest.mark.parametrize(("who", "state"), GROUPS)
def test_the_page_answers_as_the_shared_cases_say(
    open_client: Callable[[str, str], tuple[FlaskClient, str]], who: str, state: str
) -> None:
    cases = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    cases = [case for case in cases if case["as"] == who and case.get("state", "set") == state]
    assert cases
    client, cookie = open_client(who, state)
    for case in cases:
        answer = ask(client, cookie, case)
        assert said(answer) == case["answer"], case
        answer.close()
