"""The last page of the first visit: the way for the family's other devices."""

import html
import re
import sys
from dataclasses import replace

import pytest

from petcam import qr_code
from petcam.config import Web
from petcam.web.app import create_app
from petcam.web.http import CONNECTION_KEY, own_address
from tests.unit.web.conftest import make_client
from tests.unit.web.fakes import PASSWORD

LAN, NAME = "192.168.1.20", "petcam-box.local:8080"


@pytest.fixture
def visit(services_with_login, connection, monkeypatch):
    """``visit(host, web)``: what the owner sees who has come by ``host``; the board has the address LAN."""
    monkeypatch.setattr(own_address, "lan_address", lambda: LAN)

    def show(host, web=None, query=""):
        config = replace(services_with_login.config, web=web or Web())
        client = make_client(replace(services_with_login, config=config), connection)
        host = {"Host": host}
        assert client.post("/login", data={"password": PASSWORD}, headers=host).status_code == 303
        return client.get(f"/setup/done{query}", headers={**host, "Accept-Language": "en"}).get_data(as_text=True)

    return show


def address(page):
    found = re.search(r"<code>(.*?)</code>", page)
    return found and html.unescape(found[1])


def test_it_has_the_address_by_which_the_owner_came_as_text_and_as_qr_code(visit):
    page = visit(NAME)
    assert address(page) == f"http://{NAME}/"
    assert qr_code.svg(f"http://{NAME}/") in page
    assert f'role="img" aria-label="QR code that opens http://{NAME}/"' in page


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "cam.localhost"])
def test_on_the_board_itself_it_has_the_address_in_the_lan(visit, host):
    assert address(visit(host)) == f"http://{LAN}:8080/"


def test_where_petcam_listens_on_one_address_it_has_that(visit):
    assert address(visit("localhost", Web(host="fd00::7", port=80))) == "http://[fd00::7]:80/"


def test_where_nobody_else_can_come_it_has_none(visit):
    page = visit("localhost", Web(host="127.0.0.1"))
    assert address(page) is None and "<svg" not in page and "Watch now" in page


def test_under_a_proxys_path_the_address_has_that_path_and_its_scheme(services_with_login, connection):
    web = Web(trusted_proxies=["127.0.0.1"])
    config = replace(services_with_login.config, web=web)
    client = create_app(replace(services_with_login, config=config)).test_client(use_cookies=False)
    client.environ_base[CONNECTION_KEY] = connection
    headers = {"Host": "petcam-box.home.arpa", "X-Forwarded-Prefix": "/cam", "X-Forwarded-Proto": "https"}
    admitted = client.post("/login", data={"password": PASSWORD}, headers=headers)
    cookie = {"Cookie": admitted.headers["Set-Cookie"].partition(";")[0]}
    page = client.get("/setup/done", headers={**headers, **cookie}).get_data(as_text=True)
    assert address(page) == "https://petcam-box.home.arpa/cam/"
    assert 'class="button primary" href="/cam/"' in page


def test_without_segno_it_says_to_open_the_address(visit, monkeypatch):
    monkeypatch.setitem(sys.modules, "segno", None)
    page = visit(NAME)
    assert address(page) == f"http://{NAME}/" and 'role="img"' not in page
    assert "Open this address on a phone" in page and "Point a phone" not in page


@pytest.mark.parametrize(("query", "way"), [("?next=/recordings", "/recordings"), ("?next=//evil.example/", "/")])
def test_it_leads_on_to_where_the_visitor_wanted_to_go(visit, query, way):
    assert f'<a class="button primary" href="{way}">' in visit(NAME, query=query)


def test_strangers_do_not_see_it(anonymous):
    answer = anonymous.get("/setup/done")
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/login")
