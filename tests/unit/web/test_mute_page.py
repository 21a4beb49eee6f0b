"""A message's link that mutes further ones: without login, for a day, and for nothing else."""

import hashlib
import re
from datetime import datetime, timedelta, timezone

import pytest
from itsdangerous import TimestampSigner

from petcam.access import SecretKey
from petcam.errors import Code, PetcamError
from petcam.settings.document import TIME_FORMAT
from petcam.web.login.cookie import SALTS
from petcam.web.settings import MuteToken, mute_page
from petcam.web.settings.mute_token import MAX_AGE_SECONDS, SALT
from tests.unit.web.conftest import make_client

BROWSER = {"Accept": "text/html"}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def path(services_with_login):
    return f"/mute/{services_with_login.mute_token.make()}"


@pytest.fixture
def muted_for(services):
    """How long it is muted from now on."""

    def find():
        until = services.settings.read().mute_until
        if until is None:
            return None
        found = datetime.strptime(until, TIME_FORMAT).replace(tzinfo=timezone.utc)
        return found - datetime.now(timezone.utc)

    return find


@pytest.fixture
def later(monkeypatch):
    """Has the links made so many seconds ago."""

    def make(seconds):
        now = TimestampSigner(b"k").get_timestamp()
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now + seconds)

    return make


def test_the_page_has_two_buttons_that_do_it_without_login(anonymous, path, muted_for):
    page = anonymous.get(path, headers=BROWSER)
    assert page.status_code == 200 and muted_for() is None
    assert re.findall(r'<button[^>]* name="(\w+)" value="(\w+)"', page.text) == [
        ("minutes", "60"),
        ("until", "tomorrow"),
    ]
    assert page.text.count('<form method="post">') == 2 and "<script" not in page.text
    done = anonymous.post(path, data={"minutes": "60"}, headers={**BROWSER, "Origin": "http://localhost"})
    assert done.status_code == 200 and abs(muted_for() - timedelta(hours=1)) < MINUTE


def test_a_message_s_button_needs_neither_origin_nor_content_type(anonymous, path, muted_for):
    answer = anonymous.post(path, data=b"minutes=60")
    assert answer.status_code == 200 and list(answer.get_json()) == ["mute_until"]
    assert abs(muted_for() - timedelta(hours=1)) < MINUTE
    answer = anonymous.post(path, data=b"until=tomorrow\n", content_type="text/plain; charset=utf-8")
    assert answer.status_code == 200 and timedelta(hours=3) - MINUTE <= muted_for() <= timedelta(hours=27)


def test_it_never_shortens_what_somebody_has_set_longer(anonymous, path, services, muted_for):
    services.settings.change({"mute_until": "2099-01-01T00:00:00Z"})
    assert anonymous.post(path, data=b"minutes=60").get_json() == {"mute_until": "2099-01-01T00:00:00Z"}
    assert "2099-01-01" in anonymous.post(path, data=b"minutes=60", headers=BROWSER).text


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_cannot_have_a_browser_do_it(anonymous, path, headers, muted_for):
    assert anonymous.post(path, data=b"minutes=60", headers=headers).status_code == 403
    assert muted_for() is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"minutes=0",
        b"minutes=-1",
        b"minutes=1441",
        b"minutes=1e2",
        b"minutes=%D9%A3",
        b"minutes=99999",
        b"until=x",
    ],
)
def test_it_is_good_for_muting_alone(anonymous, path, body, muted_for):
    assert anonymous.post(path, data=body).status_code == 400
    assert muted_for() is None


def test_a_body_is_small(anonymous, path):
    assert anonymous.post(path, data=b"minutes=60&" + b"x" * 300).status_code == 413


def test_no_other_signature_passes_for_one(anonymous, services_with_login, muted_for, owner):
    key = b"k" * 32  # the services' session.key
    cookie = owner.get_cookie("petcam_session").value
    forged = [
        "mute",
        cookie,
        TimestampSigner(key, salt=b"another", digest_method=hashlib.sha256).sign("mute").decode(),
        TimestampSigner(key, salt=SALT, digest_method=hashlib.sha256).sign("another").decode(),
        MuteToken(SecretKey(b"x" * 32)).make(),
        services_with_login.mute_token.make()[:-1],
        "x" * 500,
        "é",
    ]
    for token in forged:
        assert anonymous.post(f"/mute/{token}", data=b"minutes=60").status_code == 403
        page = anonymous.get(f"/mute/{token}", headers=BROWSER)
        assert page.status_code == 403 and "<form" not in page.text
    assert muted_for() is None


def test_its_salt_is_its_own():
    assert SALT not in SALTS.values()


def test_it_is_over_after_a_day_and_not_before(anonymous, path, later, muted_for):
    later(MAX_AGE_SECONDS - 60)
    assert anonymous.get(path, headers=BROWSER).status_code == 200
    later(120)
    assert anonymous.post(path, data=b"minutes=60").status_code == 403
    assert muted_for() is None


def test_it_opens_nothing_else(anonymous, path):
    anonymous.get(path)
    token = path.rpartition("/")[2]
    assert anonymous.get("/api/settings").status_code == 401
    assert anonymous.get("/api/events", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_so_many_at_once_and_then_some_a_minute(services, connection):
    now = [0.0]
    page = mute_page.MutePage(services.settings, services.mute_token, lambda: now[0])
    for _ in range(mute_page.MAX_AT_ONCE):
        page._require_pace()
    with pytest.raises(PetcamError, match="too many"):
        page._require_pace()
    now[0] += mute_page.REFILL_SECONDS
    page._require_pace()
    with pytest.raises(PetcamError, match="too many"):
        page._require_pace()


def test_a_flood_is_told_when_to_come_again(anonymous, path):
    answers = [anonymous.post(path, data=b"minutes=60") for _ in range(mute_page.MAX_AT_ONCE + 5)]
    assert answers[0].status_code == 200 and answers[-1].status_code == 503
    assert answers[-1].headers["Retry-After"]


def test_what_the_disk_does_not_take_is_said(services_with_login, connection, path, monkeypatch):
    def refuse(*_):
        raise PetcamError(Code.STATE_NOT_WRITTEN, "the disk is full", key="trouble.not_written")

    monkeypatch.setattr(services_with_login.settings._file, "write_document", refuse)
    client = make_client(services_with_login, connection)
    assert client.post(path, data=b"minutes=60").status_code == 507
