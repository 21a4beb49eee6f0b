"""The link of a message leads to the visit's film, or to where the pet is seen now."""

import pytest

from tests.unit.events.stand_ins import ns
from tests.unit.web.event_book import BEGIN_NS, EventBook

NAME = "petcam_20260101-000000~visit.mp4"


@pytest.fixture
def book(tmp_path):
    return EventBook(tmp_path / "events")


def lead(client, event):
    answer = client.get(f"/visits/{event}")
    return answer.status_code, answer.headers.get("Location")


def test_a_visit_that_is_over_is_played_from_shortly_before_its_begin(client, book, recordings):
    (recordings / NAME).write_bytes(b"film")
    event = book.put(None, recordings=[(NAME, BEGIN_NS - ns(5))])
    assert lead(client, event) == (302, "/recordings#petcam_20260101-000000~visit.mp4&at=3.0")


def test_while_it_goes_on_it_is_seen_live(client, book, recordings):
    (recordings / NAME).write_bytes(b"film")
    assert lead(client, book.put(None, recordings=[(NAME, BEGIN_NS)], is_open=True)) == (302, "/")


def test_one_that_has_no_film_or_is_gone_leads_to_the_live_page(client, book):
    assert lead(client, book.put(None)) == (302, "/")
    assert lead(client, book.put(None, recordings=[(NAME, BEGIN_NS)], number=1)) == (302, "/")
    assert lead(client, 12345) == (302, "/")


def test_what_is_no_number_is_not_found(client, book):
    assert lead(client, "x")[0] == 404


def test_who_is_not_logged_in_is_led_there_by_the_login(anonymous):
    answer = anonymous.get("/visits/7", headers={"Accept": "text/html"})
    assert answer.status_code == 302 and answer.headers["Location"].endswith("?next=/visits/7")
