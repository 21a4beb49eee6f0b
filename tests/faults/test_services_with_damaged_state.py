"""The real services start with damaged state files and stay closed: a crash loop would help nobody."""

import json
import socket
import ssl

import pytest

from petcam.access import Owner, Role, ViewingTokens, secret_key
from tests.faults import changes
from tests.faults.conftest import TRY_ALL
from tests.faults.services import Service
from tests.ports import free_port

STATE = {
    "owner.json": [b"", b"{", b'{"salt": "", "hash": "00", "generation": "00"}', b"[" * 100_000],
    "viewer.json": [b"{}"],
    "sessions.json": [b"\xff" * 40, b'{"sessions": [[]]}', b"[" * 100_000],
    "viewing_tokens.json": [b'{"version": 1', b"[" * 100_000],
    "session.key": [b"", b"x" * 31],
    "token.key": [b"x" * 31],
}
CASES = [(name, content) for name, contents in STATE.items() for content in contents]
if not TRY_ALL:
    CASES = [(name, STATE[name][-1]) for name in ("owner.json", "sessions.json", "viewing_tokens.json", "session.key")]
FOR_STREAMER = [("token.key", content) for content in (b"", b"x" * 31)]
FOR_STREAMER += [
    ("viewing_tokens.json", content) for content in (b"", b"[" * 100_000, b'{"version": 1, "tokens": [[]]}')
]


@pytest.fixture(autouse=True)
def fast_hashes():
    """None here: the services compute real ones."""


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "state"
    changes.visited(folder).claim("the owner's words")
    Owner(folder).set_viewer_password("the viewers' words")
    ViewingTokens(folder).add("recorder")
    changes.begin_session(folder, Role.OWNER)
    for name in ("session.key", "token.key"):
        secret_key(name, folder)
    return folder


@pytest.fixture
def service(tmp_path, state):
    """Makes a service; it ends with the test."""
    made = []

    def make(name, **sections):
        made.append(Service(name, tmp_path, state, sections))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("name, content", CASES)
def test_petcam_web_starts_and_lets_nobody_in(state, service, name, content):
    (state / name).write_bytes(content)
    web = service("web")
    web.start()
    assert web.get("/").headers["Location"].startswith("/login")
    assert web.post("/login", data={"password": "words of a stranger"}).status_code == 401
    assert web.post("/setup", data={"password": "strangers", "again": "strangers"}).status_code == 403
    assert web.get("/snapshot.jpg").status_code == 401
    web.stop()
    assert "Traceback" not in web.log.read_text()


@pytest.mark.parametrize("name, content", FOR_STREAMER)
def test_petcam_streamer_starts_and_lets_nobody_in(state, service, name, content):
    (state / name).write_bytes(content)
    streamer = service("streamer")
    streamer.start()
    assert streamer.post("/whep", data="v=0", headers={"Authorization": "Bearer guess"}).status_code == 401
    assert streamer.post("/api/webrtc/offer", json={"sdp": "v=0", "type": "offer"}).status_code == 401
    streamer.stop()
    assert "panic" not in streamer.log.read_text()


@pytest.mark.parametrize("cut", [0, 1, 300, -1])
def test_a_damaged_certificate_is_made_anew(state, service, cut):
    tls_port = free_port()
    streamer = service("streamer", web={"tls": "auto", "tls_port": tls_port})
    streamer.start()
    streamer.stop()
    whole = (state / "tls.pem").read_bytes()
    (state / "tls.pem").write_bytes(whole[:cut])
    streamer.start()
    assert handshake(tls_port)
    assert (state / "tls.pem").stat().st_mode & 0o077 == 0
    streamer.stop()


def handshake(port):
    """Returns the version of TLS that was agreed on."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as secure:
        return secure.version()


def test_the_state_that_is_damaged_here_is_good_otherwise(state, service):
    assert all(json.loads((state / name).read_bytes()) for name in STATE if name.endswith(".json"))
    web = service("web")
    web.start()
    assert web.post("/login", data={"password": "the owner's words"}).status_code == 303
    web.stop()
