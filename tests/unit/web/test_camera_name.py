"""The camera's own name: on the pages, and in the names of files that are downloaded."""

import re
from dataclasses import replace
from urllib.parse import unquote

import pytest

from petcam.config import Auth, Camera
from petcam.web.http.downloads import Downloads
from tests.unit.web.conftest import make_client

NAME = "ミケの部屋 & <b>2</b>"
ESCAPED = "ミケの部屋 &amp; &lt;b&gt;2&lt;/b&gt;"


def named(services):
    return replace(services, config=replace(services.config, camera=Camera(name=NAME)))


@pytest.mark.parametrize(("path", "title"), [("/", ESCAPED), ("/recordings", f"{ESCAPED} · Recordings")])
def test_pages_have_the_cameras_name_as_title_and_heading(services, connection, path, title):
    page = make_client(named(services), connection).get(path, headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert f"<title>{title}</title>" in page
    assert re.search(rf"<h1[^>]*>.*<span>{re.escape(ESCAPED)}</span>.*</h1>", page)


def test_so_has_the_login(services_with_login, connection):
    page = make_client(named(services_with_login), connection).get("/login", headers={"Accept-Language": "en"})
    assert f"<title>{ESCAPED} · Log in</title>" in page.get_data(as_text=True)
    assert f"<span>{ESCAPED}</span></h1>" in page.get_data(as_text=True)


def test_so_has_the_first_visit(services, connection):
    services.first_hour.begin()
    services = replace(services, config=replace(services.config, auth=Auth(mode="password")))
    page = make_client(named(services), connection).get("/setup").get_data(as_text=True)
    assert f"<span>{ESCAPED}</span></h1>" in page


def test_without_a_name_of_its_own_it_is_called_petcam(client):
    page = client.get("/").get_data(as_text=True)
    assert "<title>petcam</title>" in page and "<span>petcam</span></h1>" in page


@pytest.mark.parametrize("host", ["localhost", "foreign.example"])
def test_a_page_that_says_an_error_does_not_tell_the_name(services, connection, host):
    answer = make_client(named(services), connection).get("/nothing", headers={"Host": host, "Accept": "text/html"})
    page = answer.get_data(as_text=True)
    assert answer.status_code >= 400 and "<title>petcam · " in page and "ミケ" not in page


@pytest.mark.parametrize(
    ("camera", "file"),
    [
        ("ミケの部屋", "ミケの部屋_20260101-000000.mp4"),
        ("Cat & dog: 1/2", "Cat-&-dog-1-2_20260101-000000.mp4"),
        ("../..\\C:", "C_20260101-000000.mp4"),
        ('"; x="', ";-x=_20260101-000000.mp4"),
        ("क्या 👩‍👦", "क्या-👩‍👦_20260101-000000.mp4"),
    ],
)
def test_a_downloaded_file_is_named_after_the_camera(camera, file):
    header = Downloads(camera).disposition("attachment", "petcam_20260101-000000.mp4")
    plain, _, extended = header.partition("; filename*=UTF-8''")
    assert plain == 'attachment; filename="petcam_20260101-000000.mp4"'
    assert re.fullmatch(r"[A-Za-z0-9._~%-]+", extended) and unquote(extended) == file


@pytest.mark.parametrize("camera", ["", "...", "/ : /"])
def test_a_camera_without_a_name_that_files_can_have_leaves_them_theirs(camera):
    assert Downloads(camera).disposition("inline", "petcam_1.mp4") == 'inline; filename="petcam_1.mp4"'


def test_another_programs_file_keeps_its_name():
    assert Downloads("Mike").disposition("inline", "other.mp4") == 'inline; filename="other.mp4"'
