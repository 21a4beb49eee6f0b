"""The language that somebody chose on a page: by a link, kept in a cookie."""

import re

import pytest

from petcam.web.app import create_app

JAPANESE = {"Accept-Language": "ja"}


def language_of(answer):
    return re.search(r'<html lang="(\w+)"', answer.get_data(as_text=True))[1]


@pytest.mark.parametrize("path", ["/", "/recordings", "/account"])
def test_what_was_chosen_at_the_login_holds_on_every_page(owner, path):
    assert language_of(owner.get(path, headers=JAPANESE)) == "ja"
    assert owner.get("/account?language=en", headers=JAPANESE).headers["Set-Cookie"].startswith("petcam_language=en;")
    answer = owner.get(path, headers=JAPANESE)
    assert language_of(answer) == "en"
    assert "Set-Cookie" not in answer.headers
    owner.post("/logout")
    assert language_of(owner.get("/login", headers=JAPANESE)) == "en"
    assert language_of(owner.get("/static/nothing", headers={**JAPANESE, "Accept": "text/html"})) == "en"
    assert language_of(owner.get("/login?language=ja", headers=JAPANESE)) == "ja"


def test_a_page_links_to_itself_in_each_language(anonymous):
    page = anonymous.get("/login?next=/%3Fcamera%3D1&language=en", headers=JAPANESE).get_data(as_text=True)
    links = re.findall(r'<a href="(\?[^"]+)" lang="(\w+)" hreflang="\w+" rel="nofollow"( aria-current="true")?>', page)
    assert links == [
        ("?next=%2F%3Fcamera%3D1&amp;language=en", "en", ' aria-current="true"'),
        ("?next=%2F%3Fcamera%3D1&amp;language=ja", "ja", ""),
    ]
    assert 'value="/?camera=1"' in page
    for path in ("/setup", "/static/nothing"):
        assert anonymous.get(path).status_code != 500


def test_the_first_visit_has_the_choice_too(services, services_with_login, tmp_path):
    (tmp_path / "state" / "owner.json").unlink()
    page = create_app(services_with_login).test_client().get("/setup?language=en", headers=JAPANESE)
    assert language_of(page) == "en" and 'hreflang="ja"' in page.text


@pytest.mark.parametrize("tag", ["fr", "", "EN", "../en", "en\r\nX: y", "\u3042"])
def test_a_language_that_there_is_not_changes_nothing(anonymous, tag):
    answer = anonymous.get("/login", query_string={"language": tag}, headers=JAPANESE)
    assert language_of(answer) == "ja"
    assert "Set-Cookie" not in answer.headers
    anonymous.set_cookie("petcam_language", "fr")
    assert language_of(anonymous.get("/login", headers=JAPANESE)) == "ja"


def test_the_cookie_says_nothing_but_the_language_and_lasts(anonymous):
    cookie = anonymous.get("/login?language=en").headers["Set-Cookie"].split("; ")
    assert {"petcam_language=en", "Max-Age=31536000", "Path=/", "HttpOnly", "SameSite=Lax"} <= set(cookie)


def test_what_depends_on_the_language_says_so_and_nothing_else_does(client):
    assert set(client.get("/").headers["Vary"].split(", ")) == {"Accept-Encoding", "Accept-Language", "Cookie"}
    for path in ("/api/recordings?language=en", "/api/nothing?language=en", "/healthz?language=en"):
        answer = client.get(path)
        assert "Vary" not in answer.headers and "Set-Cookie" not in answer.headers
    assert client.get("/static/petcam.css?language=en").headers["Vary"] == "Accept-Encoding"
