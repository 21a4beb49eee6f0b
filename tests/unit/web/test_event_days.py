"""Days by the API, by the board's local time: also those of 23 and 25 hours."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.unit.events.stand_ins import NOON

HOUR = 3600


@pytest.fixture
def in_zone(monkeypatch):
    """The board's time zone, as the running service sees it."""

    def put(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield put
    monkeypatch.undo()
    time.tzset()


def moment(zone, text):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def make_visits(make_board, wall, *spans):
    """From so many seconds after ``wall`` on, for so many seconds."""
    board = make_board(now=0.0, wall=wall)
    visits = []
    for begin, seconds in spans:
        board.pass_time(begin - board.now)
        visits.append(board.visit(seconds))
    return visits


def day(client, name):
    answer = client.get(f"/api/days/{name}")
    assert answer.status_code == 200
    return answer.get_json()


def test_the_days_are_counted_and_one_is_told_in_the_documented_form(client, make_board, in_zone):
    in_zone("UTC")
    (visit,) = make_visits(make_board, NOON, (100, 60))
    days = client.get("/api/days").get_json()
    assert days["days"] == [{"day": "2026-11-27", "visits": {"cat": 1}, "sounds": 0, "troubles": 0}]
    assert days["today"] == time.strftime("%Y-%m-%d")
    found = day(client, "2026-11-27")
    assert found.pop("now") > NOON - 400 * 86_400 and found.pop("today") == days["today"]
    span = {"id": visit.id, "class": "cat", "begin": NOON + 100.0, "end": NOON + visit.end, "open": False, "asleep": []}
    assert found == {
        "day": "2026-11-27",
        "begin": NOON - 12 * HOUR,
        "end": NOON + 12 * HOUR,
        "visits": {"cat": 1},
        "seconds": {"cat": visit.end - visit.begin},
        "asleep": {"cat": 0},
        "sounds": 0,
        "troubles": 0,
        "spans": [span],
        "whole": True,
    }


def test_the_night_in_which_summer_time_ends_has_the_hour_twice_and_the_day_25(client, make_board, in_zone):
    in_zone("Europe/Berlin")
    midnight = moment("Europe/Berlin", "2026-10-25T00:00")
    # 02:30 in summer time and, an hour later, 02:30 in winter time; and one over the midnight at the day's end
    visits = make_visits(make_board, midnight, (2.5 * HOUR, 60), (3.5 * HOUR, 60), (25 * HOUR - 30, 60))
    found = day(client, "2026-10-25")
    assert found["begin"] == midnight and found["end"] - found["begin"] == 25 * HOUR
    assert found["visits"] == {"cat": 3}
    begins = [span["begin"] for span in found["spans"]]
    assert begins[1] - begins[0] == HOUR
    assert found["spans"][2]["end"] == found["end"], "cut at midnight"
    after = day(client, "2026-10-26")
    assert (after["begin"], after["visits"]) == (found["end"], {})
    assert [(span["id"], span["begin"]) for span in after["spans"]] == [(visits[2].id, found["end"])]
    assert after["end"] - after["begin"] == 24 * HOUR


def test_the_night_in_which_summer_time_begins_has_no_third_hour_and_the_day_23(client, make_board, in_zone):
    in_zone("Europe/Berlin")
    midnight = moment("Europe/Berlin", "2027-03-28T00:00")
    # 01:59:50 to 03:00:10 by the clock, and the last minute of the day
    make_visits(make_board, midnight, (2 * HOUR - 10, 19), (23 * HOUR - 60, 30))
    found = day(client, "2027-03-28")
    assert found["begin"] == midnight and found["end"] - found["begin"] == 23 * HOUR
    assert found["visits"] == {"cat": 2}
    first = found["spans"][0]
    assert datetime.fromtimestamp(first["begin"]).strftime("%H:%M:%S") == "01:59:50"
    assert datetime.fromtimestamp(first["end"]).strftime("%H:%M:%S") == "03:00:10"
    assert client.get("/api/days").get_json()["days"][0]["day"] == "2027-03-28"


def test_a_day_in_tokyo_is_not_that_of_utc(client, make_board, in_zone):
    in_zone("Asia/Tokyo")
    midnight = moment("Asia/Tokyo", "2026-11-27T00:00")
    make_visits(make_board, midnight - 60, (30, 10), (90, 10), (60 + 24 * HOUR - 20, 10))
    found = day(client, "2026-11-27")
    assert (found["begin"], found["end"]) == (midnight, midnight + 24 * HOUR)
    assert found["visits"] == {"cat": 2}
    days = client.get("/api/days").get_json()["days"]
    assert [(each["day"], each["visits"]) for each in days] == [("2026-11-27", {"cat": 2}), ("2026-11-26", {"cat": 1})]


@pytest.mark.parametrize("name", ["2026-02-30", "2026-1-1", "today", "20261127", "2026-11-27T00", "0000-00-00"])
def test_what_is_no_day_is_refused(client, name):
    answer = client.get(f"/api/days/{name}")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Bad request")


def test_a_day_without_events_is_empty(client):
    found = day(client, "2026-11-27")
    assert (found["visits"], found["spans"], found["whole"]) == ({}, [], True)


def test_days_of_a_board_in_the_west_whose_clock_was_never_set_are_told(client, make_board, in_zone):
    in_zone("America/New_York")
    board = make_board(now=0.0, wall=0, synchronised=False)
    board.pass_time(100)
    board.visit(60)
    (told,) = client.get("/api/days").get_json()["days"]
    assert (told["day"], told["visits"]) == ("1969-12-31", {"cat": 1})
    assert len(day(client, told["day"])["spans"]) == 1
