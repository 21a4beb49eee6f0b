"""Damaged state files: what reads them starts, answers in words, and lets nobody in who could not get in before."""

import logging
import os
import random
from dataclasses import dataclass

import pytest

from petcam.access import FirstHour, Role, ViewingTokens, secret_key
from petcam.access.keys import MIN_KEY_BYTES
from petcam.commands.web import build
from petcam.config import Config, Recording
from petcam.errors import Code, PetcamError
from petcam.system.boot_time import read_boot_id
from petcam.web.app import create_app
from petcam.web.http.channel import CONNECTION_KEY
from tests.faults import changes
from tests.faults.conftest import TRY_ALL
from tests.unit.web.fakes import FakeConnection

OWNERS, VIEWERS, STRANGERS = "the owner's words", "the viewers' words", "words of a stranger"
FILES = changes.FILES
FLIPS = 3000 if TRY_ALL else 150  # of each file
APP_EVERY = 1 if TRY_ALL else 100  # of that many cases one is tried on the whole app, too
CONTENTS = {
    "nothing": b"",
    "null": b"null",
    "an empty object": b"{}",
    "a list": b"[]",
    "lists in place of entries": b'{"version": 1, "sessions": [[]], "tokens": [[]]}',
    "empty fields": b'{"salt": "", "hash": "", "generation": "", "version": 1, "sessions": [{}], "tokens": [{}]}',
    "one empty field": b'{"salt": "", "hash": "00", "generation": "00"}',
    "fields of another type": b'{"salt": 1, "hash": [], "generation": {}, "version": 1, "sessions": 1, "tokens": {}}',
    "deep nesting": b"[" * 100_000,
    "a number too long to read": b'{"version": ' + b"9" * 5000 + b', "sessions": [], "tokens": []}',
    "no text": bytes(range(256)),
}


@dataclass
class State:
    """A folder with all state files, and what opens what: the tokens of a session of each role, a viewing token."""

    folder: object
    owner_session: str
    viewer_session: str
    viewing: str
    whole: dict  # content by file

    def damage(self, name, content):
        """Put ``content`` into one file; all others are as they should be."""
        for each, whole in {**self.whole, name: content}.items():
            (self.folder / each).write_bytes(whole)


@pytest.fixture(autouse=True)
def fast_disk(monkeypatch):
    """Thousands of files are written here, and none has to last."""
    monkeypatch.setattr(os, "fsync", lambda fd: None)


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    folder = tmp_path / "state"
    owner = changes.visited(folder)
    owner.claim(OWNERS)
    owner.set_viewer_password(VIEWERS)
    viewing = ViewingTokens(folder).add("recorder")
    tokens = [changes.begin_session(folder, role) for role in (Role.OWNER, Role.VIEWER)]
    for name in ("session.key", "token.key"):
        secret_key(name, folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    return State(folder, *tokens, viewing, {name: (folder / name).read_bytes() for name in FILES})


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_at_any_length_lets_nobody_in(state, name):
    whole = state.whole[name]
    for length in range(len(whole)):
        state.damage(name, whole[:length])
        assert_closed(state, f"{name} cut at {length}")


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_flipped_bits_lets_nobody_in(state, name):
    chance = random.Random(name)
    for _ in range(FLIPS):
        content = bytearray(state.whole[name])
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        state.damage(name, content)
        assert_closed(state, bytes(content))


@pytest.mark.parametrize("name, content", [(name, content) for name in FILES for content in CONTENTS])
def test_a_file_with_something_else_in_it_lets_nobody_in(state, name, content):
    state.damage(name, CONTENTS[content])
    assert_closed(state, f"{name} with {content}")


def test_a_first_hour_that_cannot_be_read_is_over(state):
    (state.folder / "owner.json").unlink()
    whole = state.whole["first_visit.json"]
    for content in [*(whole[:length] for length in range(len(whole))), *CONTENTS.values()]:
        (state.folder / "first_visit.json").write_bytes(content)
        first_hour = FirstHour(state.folder, read_boot_id())
        first_hour.begin()
        assert not first_hour.is_open(), content[:1000]
        assert first_hour.trouble is not None


@pytest.mark.parametrize("name", FILES)
def test_the_app_answers_a_damaged_file_in_words(state, name, caplog):
    whole = state.whole[name]
    cuts = [whole[:length] for length in range(0, len(whole), APP_EVERY)]
    for content in [*cuts, *CONTENTS.values()]:
        state.damage(name, content)
        assert_app_closed(state, content[:1000])
    assert not [each for each in caplog.records if each.exc_info or each.levelno > logging.ERROR]


def assert_closed(state, what):
    """Asks objects that have just been made."""
    owner, sessions, viewing = (
        changes.visited(state.folder),
        changes.sessions(state.folder),
        ViewingTokens(state.folder),
    )
    assert [owner.verify(password) for password in ("", STRANGERS)] == [None, None], what
    assert owner.verify(OWNERS) in (Role.OWNER, None), what
    assert owner.verify(VIEWERS) in (Role.VIEWER, None), what
    assert not owner.is_first_visit(), what
    with pytest.raises(PetcamError) as refused:
        owner.claim(STRANGERS)
    assert refused.value.code is Code.FORBIDDEN, what
    for token, role in [
        ("", None),
        ("guess", None),
        (state.owner_session, Role.OWNER),
        (state.viewer_session, Role.VIEWER),
    ]:
        assert getattr(sessions.find(token), "role", None) in (role, None), what
    assert not viewing.accepts("") and not viewing.accepts("guess"), what
    for name in ("session.key", "token.key"):
        assert len(secret_key(name, state.folder).secret) >= MIN_KEY_BYTES, what


def assert_app_closed(state, what):
    services = build(Config(recording=Recording(directory=str(state.folder.with_name("recordings")))))
    try:
        client = create_app(services).test_client()
        client.environ_base[CONNECTION_KEY] = FakeConnection()
        asked = [client.get("/"), client.get("/setup"), client.post("/login", data={"password": STRANGERS})]
        asked.append(client.post("/setup", data={"password": STRANGERS, "again": STRANGERS}))
        asked.append(client.get("/api/recordings"))
        asked.append(client.get("/snapshot.jpg", headers={"Authorization": "Bearer guess"}))
        assert [each.status_code for each in asked] == [302, 302, 401, 403, 401, 401], what
        assert asked[0].location.startswith("/login") and asked[1].location.startswith("/login"), what
        assert client.get("/login").status_code == 200
        assert client.post("/login", data={"password": OWNERS}).status_code in (303, 401), what
    finally:
        services.streamer.close()
