"""The routes for places, and their page as petcam-web makes it; what it does is tests/browser/test_places_page.py's."""

import json
import re

from petcam.errors import Code, PetcamError

SQUARE = [[0.1, 0.5], [0.4, 0.5], [0.4, 0.8], [0.1, 0.8]]
SOFA, BOWL = {"name": "ソファ", "points": SQUARE}, {"name": "bowl", "points": SQUARE}
ENGLISH = {"Accept-Language": "en", "Accept": "text/html"}


def put(client, *places, **more):
    return client.put("/api/places", json={"places": places}, **more)


def chosen(services):
    return services.settings.read().notify.places


def test_it_answers_what_there_is_and_replaces_all_of_it(client, services):
    assert client.get("/api/places").get_json() == {"places": []}
    answer = put(client, SOFA, BOWL)
    wanted = {"places": [{"id": "p1", **SOFA}, {"id": "p2", **BOWL}]}
    assert answer.status_code == 200 and answer.get_json() == wanted == client.get("/api/places").get_json()
    assert put(client, {"id": "p2", **BOWL}).get_json() == {"places": [{"id": "p2", **BOWL}]}
    assert [place.name for place in services.places.read()] == ["bowl"]


def test_what_is_wrong_is_named_and_nothing_is_changed(client, services):
    put(client, SOFA)
    answer = put(client, {**SOFA, "points": SQUARE[:2]})
    assert answer.status_code == 400 and '"places[0].points"' in answer.get_json()["message"]
    assert client.put("/api/places", data=b"[]").status_code == 400
    assert client.put("/api/places", data=b"x" * 40_000).status_code == 413
    assert [place.name for place in services.places.read()] == ["ソファ"]


def test_viewers_see_them_and_only_the_owner_draws(owner, viewer, anonymous, services):
    assert put(owner, SOFA).status_code == 200
    assert viewer.get("/api/places").get_json()["places"][0]["name"] == "ソファ"
    assert anonymous.get("/api/places").status_code == 401
    assert put(viewer).status_code == 403 and put(anonymous).status_code == 401
    assert put(owner, headers={"Origin": "http://evil.example"}).status_code == 403
    assert len(services.places.read()) == 1


def test_the_settings_go_on_with_a_place_that_is_called_otherwise(client, services):
    put(client, SOFA, BOWL)
    services.settings.change({"notify": {"places": ["ソファ", "gone"], "sound": True}})
    put(client, {"id": "p1", **SOFA, "name": "couch"}, {"id": "p2", **BOWL})
    assert chosen(services) == ("couch", "gone") and services.settings.read().notify.sound
    put(client, {"id": "p1", **SOFA, "name": "gone"}, {"id": "p2", **BOWL})
    assert chosen(services) == ("gone",)
    put(client, {"id": "p2", **BOWL})  # it is deleted: as it was if that is taken back
    assert chosen(services) == ("gone",)
    put(client, {**SOFA, "name": "window"}, {"id": "p2", **BOWL})
    assert chosen(services) == ("gone",)


def test_what_the_disk_does_not_take_is_said(client, services, monkeypatch):
    def refuse(*_):
        raise PetcamError(Code.STATE_NOT_WRITTEN, "the disk is full")

    monkeypatch.setattr(services.places._file, "write_document", refuse)
    assert put(client, SOFA).status_code == 507


def test_a_damaged_file_is_said_and_mended_by_a_change(client, services):
    services.places.path.parent.mkdir(exist_ok=True)
    services.places.path.write_text("{")
    assert client.get("/api/places").get_json() == {"places": []}
    assert "places.json" in str(client.get("/healthz").get_json())
    assert "sudo petcam doctor" in client.get("/places", headers=ENGLISH).get_data(as_text=True)
    assert put(client, SOFA).status_code == 200
    assert "places.json" not in str(client.get("/healthz").get_json())


def test_the_page_has_what_there_is_and_nothing_inline(client):
    put(client, {**SOFA, "name": "</script><b>"})
    page = client.get("/places", headers=ENGLISH).get_data(as_text=True)
    found = json.loads(re.search(r'id="document">(.*?)</script>', page)[1])
    assert found["places"][0]["name"] == "</script><b>" and "<b>" not in page
    assert not re.search(r" style=| on\w+=|<style|javascript:", page)
    scripts = re.findall(r"<script[^>]*>", page)
    assert all("src=" in each or 'type="application/json"' in each for each in scripts)


def test_the_page_is_the_owner_s(owner, viewer, anonymous):
    assert owner.get("/places", headers=ENGLISH).status_code == 200
    assert viewer.get("/places", headers=ENGLISH).status_code == 403
    assert anonymous.get("/places", headers=ENGLISH).headers["Location"].endswith("/login?next=/places")


def test_the_settings_offer_the_places_that_there_are(client, services):
    def offered():
        page = client.get("/settings", headers=ENGLISH).get_data(as_text=True)
        assert 'href="/places"' in page
        return re.findall(r'name="place" value="([^"]+)"( checked)?', page)

    assert offered() == []
    put(client, SOFA, BOWL)
    services.settings.change({"notify": {"places": ["bowl", "gone"]}})
    assert offered() == [("ソファ", ""), ("bowl", " checked")]
