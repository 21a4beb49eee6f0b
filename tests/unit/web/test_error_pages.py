"""Pages that say to a person what went wrong, and what programs get instead."""

import re
from dataclasses import replace

import pytest

from petcam.errors import Code, PetcamError
from petcam.web.app import create_app
from tests.unit.web.fakes import PASSWORD

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
WORDS = {
    "nothing there": {"ja": "ページが見つかりません。", "en": "This page does not exist."},
    "not by this method": {"ja": "このアドレスは直接開けません。", "en": "This address cannot be opened directly."},
    "from elsewhere": {
        "ja": "petcam のページからのみ行えます。",
        "en": "This can only be done from petcam’s own page.",
    },
    "too large": {"ja": "送信された内容が大きすぎます。", "en": "What was sent is too large."},
    "a defect": {"ja": "サーバーで問題が起きました。", "en": "Something went wrong on the server."},
    "no place": {"ja": "同時に開ける画面の数の上限に達しています。", "en": "Too many pages are open at once."},
    "away": {"ja": "ストリーミングサーバーに接続できません。", "en": "The streaming server is not running."},
}
BACK = {"ja": "カメラに戻る", "en": "Back to the camera"}
AGAIN = {"ja": "もう一度試す", "en": "Try again"}


def ask(client, path, method="GET", language="ja", accept=BROWSER, **options):
    headers = {"Accept": accept, "Accept-Language": language, **options.pop("headers", {})}
    return client.open(path, method=method, headers=headers, **options)


def fail(error):
    def read(path):
        raise error

    return read


@pytest.fixture
def cause(client, streamer, monkeypatch):
    """A function that asks for what fails in one of these ways; gives the answer."""
    failures = {
        "a defect": RuntimeError("the secret inside"),
        "no place": PetcamError(Code.BUSY, "all taken"),
        "away": PetcamError(Code.STREAMER_UNAVAILABLE, "away"),
    }

    def by(name, **options):
        if name in failures:
            monkeypatch.setattr(streamer, "read", fail(failures[name]))
            return ask(client, "/api/go/health", **options)
        requests = {
            "nothing there": ("/nothing", {}),
            "not by this method": ("/login", {"method": "PUT"}),
            "from elsewhere": ("/login", {"method": "POST", "headers": {"Origin": "http://evil.example"}}),
            "too large": ("/login", {"method": "POST", "data": {"password": "x" * 100_000}}),
        }
        path, more = requests[name]
        return ask(client, path, **more, **options)

    return by


STATUSES = {
    "nothing there": 404,
    "not by this method": 405,
    "from elsewhere": 403,
    "too large": 413,
    "a defect": 500,
    "no place": 503,
    "away": 503,
}


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", STATUSES)
def test_a_person_gets_a_page_in_words_with_a_way_back(cause, name, language):
    answer = cause(name, language=language)
    assert (answer.status_code, answer.mimetype) == (STATUSES[name], "text/html")
    page = answer.get_data(as_text=True)
    assert f'<html lang="{language}">' in page
    assert WORDS[name][language] in page and BACK[language] in page and 'href="/"' in page
    assert "secret" not in page and "Traceback" not in page


def test_what_may_go_well_later_can_be_tried_again_and_says_when(cause):
    page = cause("no place", language="en")
    assert page.headers["Retry-After"] == "5"
    assert "Try again in 5 s." in page.text and 'href="/api/go/health"' in page.text
    assert AGAIN["en"] not in cause("nothing there", language="en").text
    assert AGAIN["en"] not in cause("too large", language="en").text


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "image/avif,image/webp,*/*;q=0.8", "text/html;q=0"])
@pytest.mark.parametrize("name", ["a defect", "no place", "away"])
def test_programs_and_images_get_json(cause, name, accept):
    answer = cause(name, accept=accept)
    assert answer.status_code == STATUSES[name]
    assert set(answer.get_json()) == {"error", "message"}


@pytest.mark.parametrize("name", ["nothing there", "not by this method", "from elsewhere", "too large"])
def test_a_program_that_opens_a_page_gets_words(cause, name):
    answer = cause(name, accept="*/*")
    assert (answer.status_code, answer.mimetype) == (STATUSES[name], "text/plain")
    assert WORDS[name]["ja"] in answer.get_data(as_text=True)


def test_a_recording_that_is_gone_is_said_on_a_page_to_whoever_opened_its_link(client):
    answer = ask(client, "/api/recordings/petcam_20260101-000000.mp4")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_before_the_login_an_error_says_nothing_that_it_does_not_say_after_it(anonymous, owner):
    foreign = {"method": "POST", "headers": {"Origin": "http://evil.example"}}
    for path, status, options in (("/static/nothing.js", 404, {}), ("/login", 403, foreign), ("/", 403, foreign)):
        before, after = (ask(client, path, **options) for client in (anonymous, owner))
        assert before.status_code == after.status_code == status
        assert before.data == after.data
        assert before.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/nothing", "/account/password", "/api/recordings", "/api/nothing"])
def test_before_the_login_whatever_a_person_opens_leads_to_the_login(anonymous, path):
    answer = ask(anonymous, path)
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/login")


def test_a_foreign_name_gets_words_and_no_links(anonymous):
    answer = ask(anonymous, "/", language="en", headers={"Host": "petcam.example"})
    assert (answer.status_code, answer.mimetype) == (421, "text/html")
    page = answer.get_data(as_text=True)
    assert "petcam is not known as petcam.example" in page
    assert "<a " not in page and "<img" not in page and "<form" not in page


def test_what_is_wrong_with_the_state_is_said_with_the_command_that_helps(client, streamer, monkeypatch):
    damaged = PetcamError(Code.STATE_DAMAGED, "damaged", key="trouble.token_key", command="sudo petcam doctor")
    monkeypatch.setattr(streamer, "read", fail(damaged))
    page = ask(client, "/api/go/health", language="en").get_data(as_text=True)
    assert "This command says what to do:" in page and "<code>sudo petcam doctor</code>" in page


def test_an_error_is_said_also_where_its_page_cannot_be_made(services, tmp_path, caplog):
    app = create_app(services)
    app.jinja_env.loader = None
    answer = ask(app.test_client(), "/nothing")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert WORDS["nothing there"]["ja"] in answer.get_data(as_text=True)
    assert "cannot be made" in caplog.text


def test_what_an_address_holds_is_never_markup(client):
    page = ask(client, "/<script>alert(1)</script>?a=<script>").get_data(as_text=True)
    assert "<script" not in page


@pytest.mark.parametrize("path", ["password", "viewer", "viewer/remove", "logout-everywhere"])
def test_the_address_of_a_form_of_the_account_opens_the_account(owner, path):
    answer = ask(owner, f"/account/{path}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account")
    assert ask(owner, "/logout").headers["Location"] == "/account"
    assert owner.get("/api/recordings").status_code == 200, "it logs nobody out"


FIELDS = {  # the field at which it is said, by what is typed
    "current": {"current": "no", "password": "another one", "again": "another one"},
    "again": {"current": PASSWORD, "password": "another one", "again": "another two"},
    "new": {"current": PASSWORD, "password": "short", "again": "short"},
}


@pytest.mark.parametrize("form", ["password", "viewer"])
@pytest.mark.parametrize("field", FIELDS)
def test_what_is_wrong_with_a_form_is_said_at_its_field_which_has_the_focus(owner, form, field):
    page = owner.post(f"/account/{form}", data=FIELDS[field]).get_data(as_text=True)
    [wrong] = re.findall(r"<input[^>]*aria-invalid[^>]*>", page)
    assert f'id="{form}-{field}"' in wrong and "autofocus" in wrong
    [described] = re.findall(r'aria-describedby="([^"]+)"', wrong)
    assert re.search(rf'<p id="{described}" class="problem" role="alert">[^<]+</p>', page)
    assert page.count("autofocus") == 1 and page.count("<details open>") == 1


def test_a_request_that_fails_in_the_login_itself_is_a_page_too(services_with_login, monkeypatch):
    client = create_app(replace(services_with_login)).test_client()
    monkeypatch.setattr(services_with_login.owner, "verify", lambda password: 1 / 0)
    answer = ask(client, "/login", "POST", language="en", data={"password": PASSWORD})
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert WORDS["a defect"]["en"] in answer.text
