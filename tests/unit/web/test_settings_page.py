"""The page of settings as petcam-web makes it; what it does is tests/browser/test_settings_page.py's."""

import json
import re
from dataclasses import replace

import pytest

from petcam.config import Detect, Events, Recording
from petcam.settings import DEFAULTS, as_document
from tests.unit.web.conftest import make_client

ENGLISH = {"Accept-Language": "en", "Accept": "text/html"}


def page_of(client):
    answer = client.get("/settings", headers=ENGLISH)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def classes(page):
    return re.findall(r'name="class" value="([\w ]+)"( checked)?', page)


def test_it_has_what_is_set(client, services):
    page = page_of(client)
    found = json.loads(re.search(r'id="document">(.*?)</script>', page)[1])
    assert found == as_document(DEFAULTS)
    services.settings.change({"home": False, "notify": {"quiet": {"from": "21:00", "to": "06:30"}}})
    page = page_of(client)
    assert re.search(r'id="home"[^>]*>', page)[0].count("checked") == 0
    assert 'id="quiet-from" required value="21:00"' in page and 'id="quiet-times">' in page


def test_the_pets_that_can_be_chosen_are_those_that_make_visits(client, services, connection):
    assert classes(page_of(client)) == [("cat", " checked"), ("dog", " checked")]
    config = replace(services.config, events=Events(classes=["cat", "person"]))
    services.settings.change({"notify": {"classes": ["cat", "parrot"]}})
    page = page_of(make_client(replace(services, config=config), connection))
    assert classes(page) == [("cat", " checked"), ("person", ""), ("parrot", " checked")]
    config = replace(services.config, detect=Detect(classes=["person"]))
    assert [name for name, _ in classes(page_of(make_client(replace(services, config=config), connection)))] == [
        "cat",
        "dog",
        "parrot",
    ]


def test_it_says_what_petcam_yaml_records(client, services, connection):
    assert "As petcam.yaml says (Off)" in page_of(client)
    config = replace(services.config, recording=Recording(mode="always"))
    assert "As petcam.yaml says (Always)" in page_of(make_client(replace(services, config=config), connection))


def test_a_name_that_is_markup_is_text(client, services):
    services.settings.change({"notify": {"classes": ["</script><b>"]}})
    page = page_of(client)
    assert "<b>" not in page and json.loads(re.search(r'id="document">(.*?)</script>', page)[1])


def test_a_viewer_is_refused_in_words_and_has_no_link_there(services_with_login, connection):
    services_with_login.owner.set_viewer_password("watching horse")
    viewer = make_client(services_with_login, connection)
    viewer.post("/login", data={"password": "watching horse"})
    refused = viewer.get("/settings", headers=ENGLISH)
    assert refused.status_code == 403 and "text/html" in refused.headers["Content-Type"]
    live = viewer.get("/", headers=ENGLISH).get_data(as_text=True)
    assert 'href="/settings"' not in live and 'href="/account"' in live


def test_the_owner_is_led_there_and_from_there_to_the_account(owner, client):
    assert 'href="/settings"' in owner.get("/", headers=ENGLISH).get_data(as_text=True)
    assert 'href="/account"' in page_of(owner)
    assert 'href="/account"' not in page_of(client)  # without a login there is none


def test_a_stranger_is_led_by_the_login(anonymous):
    answer = anonymous.get("/settings", headers=ENGLISH)
    assert answer.status_code == 302 and answer.headers["Location"].endswith("/login?next=/settings")


@pytest.mark.parametrize("path", ["/settings", "/mute/x"])
def test_nothing_in_it_is_inline(client, path):
    page = client.get(path, headers=ENGLISH).get_data(as_text=True)
    assert not re.search(r" style=| on\w+=|<style|javascript:", page)
    scripts = re.findall(r"<script[^>]*>", page)
    assert all("src=" in each or 'type="application/json"' in each for each in scripts)
