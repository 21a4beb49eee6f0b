"""Every page in the pseudo-language: no word that a person sees is written into a template or the code."""

from dataclasses import replace

import pytest

from petcam.config import Auth, Web
from petcam.web.app import create_app
from tests import pseudo_locale
from tests.unit.web.fakes import PASSWORD

ASKED = {"Accept-Language": pseudo_locale.LANGUAGE}
SHORT, OTHER = "short", "another one"


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    return pseudo_locale.make_assets(tmp_path_factory.mktemp("assets"))


@pytest.fixture
def open_client(services, assets):
    """Without a login, on the whole network."""
    return create_app(replace(services, config=replace(services.config, web=Web(host="0.0.0.0"))), assets).test_client()


@pytest.fixture
def first_client(services, assets):
    """At the first visit."""
    services.first_hour.begin()
    return create_app(replace(services, config=replace(services.config, auth=Auth())), assets).test_client()


@pytest.fixture
def client(services_with_login, assets):
    """With a login, and nobody logged in."""
    return create_app(services_with_login, assets).test_client()


def log_in(client, password=PASSWORD):
    assert client.post("/login", data={"password": password}).status_code == 303


def said(answer):
    """The page, which has words, and none but those of the catalogue."""
    text = answer.get_data(as_text=True)
    assert "⟦" in text
    assert pseudo_locale.hard_coded(text) == []
    return text


@pytest.mark.parametrize("path", ["/", "/recordings", "/settings", "/places", "/mute/x", "/nothing"])
def test_the_pages_that_everybody_may_see(open_client, path):
    said(open_client.get(path, headers=ASKED))


def test_the_first_visit(first_client, services):
    said(first_client.get("/setup", headers=ASKED))
    for password, again in ((SHORT, SHORT), (OTHER, PASSWORD)):
        said(first_client.post("/setup", data={"password": password, "again": again}, headers=ASKED))
    services.owner.set_password(PASSWORD)
    log_in(first_client)
    said(first_client.get("/setup/done", headers={**ASKED, "Host": "192.168.1.20"}))
    late = first_client.post("/setup", data={"password": OTHER, "again": OTHER}, headers=ASKED)
    assert late.status_code == 403
    said(late)


def test_the_login(client, services_with_login):
    said(client.get("/login", headers=ASKED))
    problems = {client.post("/login", data={"password": "no"}, headers=ASKED).status_code for _ in range(5)}
    assert problems == {401, 429}
    for _ in range(5):
        said(client.post("/login", data={"password": "no"}, headers=ASKED))


def test_the_login_without_a_password(services, assets):
    config = replace(services.config, auth=Auth())
    services.first_hour._mark = None  # the hour of the first visit is over
    client = create_app(replace(services, config=config), assets).test_client()
    assert "sudo petcam password" in said(client.get("/login", headers=ASKED))


def test_the_settings_where_all_is_set_and_where_they_are_damaged(client, services_with_login):
    settings = services_with_login.settings
    log_in(client)
    notify = {"classes": ["cat", "dragon"], "quiet": {"from": "22:00", "to": "07:00"}, "cooldown_minutes": 77}
    settings.change({"notify": notify, "recording_mode": "visits", "language": "ja"})
    said(client.get("/settings", headers=ASKED))
    settings.path.write_text("{")
    assert "sudo petcam doctor" in said(client.get("/settings", headers=ASKED))


def test_a_message_s_link(client, services_with_login):
    path = f"/mute/{services_with_login.mute_token.make()}"
    said(client.get(path, headers=ASKED))
    said(client.post(path, data=b"minutes=60", headers={**ASKED, "Accept": "text/html"}))
    said(client.post(path, data=b"until=tomorrow", headers={**ASKED, "Accept": "text/html"}))
    services_with_login.settings.change({"mute_until": "2099-01-01T00:00:00Z"})
    said(client.post(path, data=b"minutes=60", headers={**ASKED, "Accept": "text/html"}))


@pytest.mark.parametrize("form", ["password", "viewer"])
def test_the_account_and_what_is_wrong_with_its_forms(client, form):
    log_in(client)
    said(client.get("/account", headers=ASKED))

    def send(password, again, current=PASSWORD):
        data = {"current": current, "password": password, "again": again}
        return client.post(f"/account/{form}", data=data, headers=ASKED)

    for answer in (send(OTHER, SHORT), send(SHORT, SHORT), send(OTHER, OTHER, current="no")):
        assert answer.status_code in (400, 403)
        said(answer)
    said(client.get("/", headers=ASKED))


def test_the_account_once_something_was_done(client, services_with_login):
    log_in(client)
    services_with_login.owner.set_viewer_password(OTHER)
    for done in ("password", "viewer", "removed"):
        said(client.get(f"/account?done={done}", headers=ASKED))
    viewers = {"current": PASSWORD, "password": PASSWORD, "again": PASSWORD}
    said(client.post("/account/viewer", data=viewers, headers=ASKED))


def test_a_viewer_and_what_a_viewer_may_not(client, services_with_login):
    services_with_login.owner.set_viewer_password(OTHER)
    log_in(client, OTHER)
    said(client.get("/account", headers=ASKED))
    refused = client.post("/account/password", headers=ASKED)
    assert refused.status_code == 403
    said(refused)


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_what_is_refused(client, services_with_login, accept):
    log_in(client)
    asked = {**ASKED, "Accept": accept}
    too_much = {"password": "x" * 100_000}
    for status, answer in (
        (404, client.get("/nothing", headers=asked)),
        (421, client.get("/", headers={**asked, "Host": "petcam.example"})),
        (403, client.post("/login", headers={**asked, "Origin": "http://elsewhere.example"})),
        (405, client.put("/login", headers=asked)),
        (413, client.post("/login", data=too_much, headers=asked)),
    ):
        assert answer.status_code == status
        said(answer)


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_a_defect(client, services_with_login, monkeypatch, accept):
    monkeypatch.setattr(services_with_login.owner, "verify", lambda password: 1 / 0)
    answer = client.post("/login", data={"password": PASSWORD}, headers={**ASKED, "Accept": accept})
    assert answer.status_code == 500
    said(answer)


FILES = ("owner.json", "viewer.json", "sessions.json", "viewing_tokens.json", "first_visit.json")


def test_what_is_wrong_with_the_state(client, services_with_login, tmp_path, assets):
    log_in(client)
    for name in FILES[1:]:
        (tmp_path / "state" / name).write_text("{")
    said(client.get("/account", headers=ASKED))
    (tmp_path / "state" / "owner.json").write_text("{")
    said(client.get("/login", headers=ASKED))


def test_what_the_disk_does_not_take(client, first_client, services_with_login, monkeypatch):
    log_in(client)

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("petcam.access.state_file.StateFile._write_temporary", refuse)
    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    change = {"current": PASSWORD, "password": OTHER, "again": OTHER}
    for path in ("/account/password", "/account/viewer", "/account/viewer/remove", "/logout"):
        answer = client.post(path, data=change, headers=ASKED)
        assert answer.status_code == 507
        said(answer)
