"""What the live page brings along in itself."""

import base64
import gzip
import hashlib
import html
import re
from dataclasses import replace

import pytest

from petcam.config import Web
from petcam.web.app import create_app
from petcam.web.http.inlined import Inlined

FIRST_PACKETS = 10 * 1448  # what a server may send before anything of it is confirmed
HEADERS = 1000


@pytest.mark.parametrize(("element", "policy"), [("script", "script-src"), ("style", "style-src")])
def test_the_policy_allows_the_pages_own_by_its_hash(client, element, policy):
    answer = client.get("/")
    inlined = re.findall(rf"<{element}>(.*?)</{element}>", answer.get_data(as_text=True), re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inlined]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    assert f"{policy} 'self' {allowed};" in answer.headers["Content-Security-Policy"]


def test_the_policy_is_the_same_under_a_proxys_path(services):
    app = create_app(replace(services, config=replace(services.config, web=Web(trusted_proxies=["127.0.0.1"]))))
    plain = app.test_client().get("/")
    under = app.test_client().get("/", headers={"X-Forwarded-Prefix": "/cam"})
    scripts = [
        re.search("<script>(.*?)</script>", each.get_data(as_text=True), re.DOTALL)[1] for each in (plain, under)
    ]
    assert 'data-root="/cam"' in under.get_data(as_text=True)
    assert scripts[0] == scripts[1]


def inlined_script(answer):
    return re.search("<script>(.*?)</script>", answer.get_data(as_text=True), re.DOTALL)[1]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_comes_with_the_first_packets_of_a_connection(client, language):
    answer = client.get("/", headers={"Accept-Language": language, "Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in answer.headers["Vary"]
    assert len(answer.data) < FIRST_PACKETS - HEADERS
    assert "webrtc-video" in gzip.decompress(answer.data).decode()


def test_the_page_comes_as_it_is_where_the_browser_takes_no_gzip(client):
    answer = client.get("/", headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in answer.headers
    assert "webrtc-video" in answer.get_data(as_text=True)


def test_the_page_names_no_file_that_a_browser_fetches_by_itself(client):
    page = client.get("/").get_data(as_text=True)
    assert (
        re.findall(r'<(?:script|img|link|source|iframe)\b[^>]*?(?:src|href)="(?!data:)[^"]*"[^>]*>', without(page))
        == []
    )


def without(page):
    """What is fetched only where there are no scripts, or once the page is at rest."""
    page = re.sub(r"<noscript>.*?</noscript>", "", page, flags=re.DOTALL)
    return re.sub(r'<link rel="(?:manifest|apple-touch-icon)"[^>]*>', "", page)


def test_the_icon_is_in_the_page(client):
    address = html.unescape(re.search(r'<img [^>]*src="(data:[^"]*)"', client.get("/").get_data(as_text=True))[1])
    assert address.startswith("data:image/svg+xml,%3Csvg")


@pytest.mark.parametrize(
    ("script", "style"),
    [
        ('say("</script>");', ""),
        ('say("<!--");', ""),
        ("", "a { } </style>"),
        ("", '@import "other.css";'),
        ("", "a { background: url(icon.svg); }"),
    ],
)
def test_what_would_end_the_element_or_name_a_relative_file_is_refused(script, style):
    with pytest.raises(ValueError, match="cannot be within"):
        Inlined.of(script, script, style, "")


def test_pictures_within_the_style_are_allowed():
    assert "url(" in Inlined.of("", "", 'a { background: url("data:image/svg+xml,x"); }', "").style
