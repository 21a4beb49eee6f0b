"""Viewing tokens as in docs/http-api.md; the streamer's tests use the same file of examples."""

import json
import stat
from pathlib import Path

import pytest

from petcam import cli
from petcam.access.viewing_tokens import MAX_FILE_BYTES, ViewingTokens
from petcam.errors import PetcamError
from petcam.web.app import make_visitors
from petcam.web.http import OpenStreams
from petcam.web.http.channel import CONNECTION_KEY

EXAMPLES = json.loads((Path(__file__).parents[2] / "viewing-tokens.json").read_text())
PICTURE_PATHS = ("/stream.mjpg", "/snapshot.jpg")
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux)"}


@pytest.fixture
def tokens(tmp_path):
    return ViewingTokens(tmp_path)


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Runs ``petcam token WORDS``; returns its exit status, stdout and stderr."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))

    def run(*words):
        status = cli.main(["token", *words])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def put(tokens, text):
    new = tokens.path.with_suffix(".new")
    new.write_text(text)
    new.replace(tokens.path)


def test_it_accepts_the_tokens_in_the_file(tokens):
    assert not any(map(tokens.accepts, EXAMPLES["good"]))
    put(tokens, EXAMPLES["file"])
    assert all(map(tokens.accepts, EXAMPLES["good"]))
    assert not any(map(tokens.accepts, EXAMPLES["bad"]))
    assert [each.id for each in tokens.all()] == list(EXAMPLES["good"].values())
    tokens.path.unlink()
    assert not any(map(tokens.accepts, EXAMPLES["good"]))


@pytest.mark.parametrize("text", [*EXAMPLES["damaged"], EXAMPLES["file"] + " " * MAX_FILE_BYTES])
def test_a_damaged_file_lets_nobody_in_and_is_not_overwritten(tokens, text):
    put(tokens, EXAMPLES["file"])
    assert all(map(tokens.accepts, EXAMPLES["good"]))
    put(tokens, text)
    assert not any(map(tokens.accepts, EXAMPLES["good"]))
    for change in (lambda: tokens.add(""), lambda: tokens.revoke("mediamtx"), tokens.all):
        with pytest.raises(PetcamError, match="sudo rm .*viewing_tokens.json; sudo petcam token add"):
            change()
    assert tokens.path.read_text() == text


def test_it_stores_hashes_that_it_can_read_and_never_a_token(tokens):
    made = [tokens.add("mediamtx"), tokens.add(""), tokens.add("居間のタブレット")]
    assert len(set(made)) == 3 and all(len(token) == 50 and token.startswith("petcam_") for token in made)
    assert all(map(ViewingTokens(tokens.path.parent).accepts, made))
    text = tokens.path.read_text()
    assert not any(token in text or token[7:] in text for token in made)
    assert stat.S_IMODE(tokens.path.stat().st_mode) == 0o640
    assert tokens.revoke("mediamtx").label == "mediamtx"
    assert list(map(tokens.accepts, made)) == [False, True, True]
    tokens.revoke(tokens.all()[0].id)
    assert list(map(tokens.accepts, made)) == [False, False, True]


@pytest.mark.parametrize("label", [" ", "a\nb", " a", "a" * 65, "0123abcd", "\x7f", "a\u202eb"])
def test_it_refuses_ambiguous_labels(tokens, label):
    with pytest.raises(PetcamError):
        tokens.add(label)
    assert not tokens.path.exists()


def test_labels_are_unique_and_the_number_of_tokens_is_limited(tokens, monkeypatch):
    tokens.add("a")
    with pytest.raises(PetcamError, match="revoke it first"):
        tokens.add("a")
    monkeypatch.setattr("petcam.access.viewing_tokens.MAX_TOKENS", 2)
    tokens.add("")
    with pytest.raises(PetcamError, match="revoke some"):
        tokens.add("")


def test_the_command_adds_lists_and_revokes(command):
    status, token, said = command("add", "kitchen tablet")
    assert status == 0 and token.startswith("petcam_") and token.count("\n") == 1 and "interop" in said
    status, listed, _ = command("list")
    name = listed.splitlines()[1].split()[0]
    assert status == 0 and listed.splitlines()[1].endswith("  kitchen tablet") and token.strip() not in listed
    assert command("revoke", "kitchen tablet") == (
        0,
        f"{name} (kitchen tablet) is revoked; its streams end within 10 seconds.\n",
        "",
    )
    assert command("list")[1] == "There are no viewing tokens.\n"
    status, _, said = command("revoke", "kitchen tablet")
    assert status == 1 and "petcam token list" in said


def test_the_command_says_that_it_needs_sudo(command, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError

    monkeypatch.setattr("petcam.access.state_file.StateFile._write_temporary", refuse)
    status, _, said = command("add")
    assert status == 1 and "run it with sudo" in said


@pytest.fixture
def without_camera(services_with_login, monkeypatch):
    """No pictures come, so that answers end soon."""
    monkeypatch.setattr("petcam.web.pictures.mjpeg.MAX_SNAPSHOT_WAIT_SECONDS", 0.01)
    monkeypatch.setattr("petcam.web.pictures.mjpeg._parts", lambda *_: iter((b"end",)))


@pytest.mark.parametrize("path", PICTURE_PATHS)
def test_a_token_opens_the_pictures_by_bearer_and_basic(anonymous, services_with_login, path, without_camera):
    token = services_with_login.viewing_tokens.add("card")
    headers_of_clients = [bearer(token), {"Authorization": f"bearer  {token} "}]
    for headers in headers_of_clients:
        with anonymous.get(path, headers=headers) as answer:
            assert answer.status_code in (200, 503)  # there is no picture here
            assert "Set-Cookie" not in answer.headers
    with anonymous.get(path, auth=("anybody", token)) as answer:
        assert answer.status_code in (200, 503)


@pytest.mark.parametrize("path", PICTURE_PATHS)
def test_without_a_valid_token_the_pictures_are_answered_with_a_challenge(anonymous, services_with_login, path):
    token = services_with_login.viewing_tokens.add("card")
    for given in ("", "Bearer petcam_x", "Bearer", f"Token {token}", "Basic %"):
        answer = anonymous.get(path, headers={"Authorization": given})
        assert answer.status_code == 401 and answer.get_json()["error"] == "Login required"
        assert answer.headers.getlist("WWW-Authenticate") == ['Bearer realm="petcam"', 'Basic realm="petcam"']
    assert anonymous.get(path, auth=(token, "")).status_code == 401
    answer = anonymous.get(path, headers=BROWSER)
    assert answer.headers.getlist("WWW-Authenticate") == ['Bearer realm="petcam"']
    services_with_login.viewing_tokens.revoke("card")
    assert anonymous.get(path, headers=bearer(token)).status_code == 401


def test_a_token_opens_nothing_else(anonymous, services_with_login):
    headers = bearer(services_with_login.viewing_tokens.add("card"))
    app = anonymous.application
    others = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in ("mjpeg", "snapshot")]
    assert len(others) > 20
    for rule in others:
        with app.test_request_context():
            path = rule.rule.replace("<name>", "x").replace("<path:filename>", "x").replace("<version>", "x")
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            with_token = anonymous.open(path, method=method, headers=headers)
            without = anonymous.open(path, method=method)
            assert (with_token.status_code, with_token.location) == (without.status_code, without.location), path
    for path in PICTURE_PATHS:
        assert anonymous.post(path, headers=headers).status_code == anonymous.post(path).status_code != 200


def test_a_stream_ends_when_its_token_is_revoked(services_with_login, anonymous, connection):
    visitors = make_visitors(services_with_login)
    streams = OpenStreams(services_with_login.stream_slots, visitors.holders, visitors.admission)
    token = services_with_login.viewing_tokens.add("card")
    with anonymous.application.test_request_context(
        "/stream.mjpg", headers=bearer(token), environ_overrides={CONNECTION_KEY: connection}
    ):
        seen = []
        streams.answer("text/plain", lambda gone: seen.append(gone) or iter(())).close()
        (gone,) = seen
    assert not gone()
    services_with_login.viewing_tokens.revoke("card")
    assert gone()
