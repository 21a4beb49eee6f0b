"""Recordings by hand, of visits, and what is recorded always: told apart by their names."""

import os

import pytest

from petcam.web.recordings import directory, names
from tests.unit.web.mp4_file import write_growing_mp4

HAND, VISIT, ALWAYS = (f"petcam_20260101-00000{n}{mark}.mp4" for n, mark in enumerate(("", "~visit", "~always")))
GROWS = "petcam_20260102-000000~always-2.mp4"
BECOMES = "petcam_20260102-000000~visit-2.mp4"


@pytest.fixture
def four(recordings):
    for second, name in enumerate((HAND, VISIT, ALWAYS)):
        (recordings / name).write_bytes(b"x")
        os.utime(recordings / name, (1_767_225_600 + second,) * 2)
    write_growing_mp4(recordings / f"{GROWS}.part", frames=2)
    return recordings


def rows(client, query=""):
    answer = client.get(f"/api/recordings{query}").get_json()
    return [(row["name"], row["kind"]) for row in answer["recordings"]]


def film_of(client, name):
    with client.get(f"/api/recordings/{name}") as answer:
        return answer.data


def test_a_row_says_who_wanted_the_recording(client, four):
    assert rows(client) == [(GROWS, "always"), (ALWAYS, "always"), (VISIT, "visit"), (HAND, "hand")]


def test_lists_and_days_are_of_the_kind_that_is_asked_for(client, four):
    assert rows(client, "?kind=hand") == [(HAND, "hand")]
    assert rows(client, "?kind=visit") == [(VISIT, "visit")]
    assert rows(client, "?kind=always&day=2026-01-01") == [(ALWAYS, "always")]
    assert client.put(f"/api/recordings/{VISIT}/pin").status_code == 204
    assert rows(client, "?kind=visit&kept=no") == []
    days = client.get("/api/recordings/days?kind=visit").get_json()["days"]
    assert days == [{"day": "2026-01-01", "count": 1, "pinned": 1}]


@pytest.mark.parametrize("path", ["/api/recordings", "/api/recordings/days"])
@pytest.mark.parametrize("kind", ["", "~visit", "sound", "Visit"])
def test_it_refuses_a_kind_that_there_is_not(client, path, kind):
    assert client.get(f"{path}?kind={kind}").status_code == 400


@pytest.mark.parametrize("name", [HAND, VISIT, ALWAYS])
def test_each_kind_is_played_pinned_unpinned_and_deleted(client, four, name):
    url = f"/api/recordings/{name}"
    assert film_of(client, name) == b"x"
    with client.get(f"{url}?download") as answer:
        assert f'filename="{name}"' in answer.headers["Content-Disposition"]
    assert client.put(f"{url}/pin").status_code == 204
    assert (four / f"{name}.pin").exists() and client.delete(url).status_code == 409
    assert client.delete(f"{url}/pin").status_code == 204
    assert client.delete(url).status_code == 204 and not (four / name).exists()


@pytest.mark.parametrize(
    "name",
    [
        "petcam_20260101-000000~sound.mp4",
        "petcam_20260101-000000~.mp4",
        "petcam_20260101-000000~visit~always.mp4",
        "petcam_20260101-000000~visit_cat.mp4",
        "petcam_20260101-000000_a~b.mp4",
        "petcam_20260101-000000-2~visit.mp4",
        "~visit.mp4",
    ],
)
def test_other_kinds_are_no_recordings(client, recordings, name):
    (recordings / name).write_bytes(b"x")
    assert rows(client) == [] and client.get(f"/api/recordings/{name}").status_code == 404


def test_a_label_is_none_of_a_kind():
    assert names.kind_of("petcam_20260101-000000_visit.mp4") == "hand"
    assert names.name_key("petcam_20260101-000000_cat-2~visit-3.mp4") == (
        20260101000000,
        3,
        "petcam_20260101-000000_cat-2~visit-3.mp4",
    )


def test_what_is_recorded_always_is_found_by_the_name_that_it_has_as_a_visits_and_the_other_way_round(client, four):
    film = (four / f"{GROWS}.part").read_bytes()
    for name in (GROWS, BECOMES):
        assert film_of(client, name) == film
    (four / f"{GROWS}.part").rename(four / f"{BECOMES}.part")
    for name in (GROWS, BECOMES):
        assert film_of(client, name) == film
    (four / f"{BECOMES}.part").rename(four / BECOMES)
    for name in (GROWS, BECOMES):
        assert film_of(client, name) == film
    assert client.put(f"/api/recordings/{GROWS}/pin").status_code == 204
    assert (four / f"{BECOMES}.pin").exists() and not (four / f"{GROWS}.pin").exists()
    assert client.delete(f"/api/recordings/{GROWS}/pin").status_code == 204
    assert client.delete(f"/api/recordings/{GROWS}").status_code == 204 and not (four / BECOMES).exists()
    assert client.get(f"/api/recordings/{BECOMES}").status_code == 404


@pytest.mark.parametrize("moves_pin", [True, False])
def test_a_pin_that_comes_while_the_recording_becomes_a_visits_is_not_lost(client, four, monkeypatch, moves_pin):
    make_pin = directory._make_pin

    def renamed_first(name, folder):
        """The streamer renames just before the pin is made, and finds it or not when it looks for it afterwards."""
        if (four / f"{GROWS}.part").exists():
            (four / f"{GROWS}.part").rename(four / f"{BECOMES}.part")
            make_pin(name, folder)
            if moves_pin:
                (four / f"{name}.pin").rename(four / f"{BECOMES}.pin")
        else:
            make_pin(name, folder)

    monkeypatch.setattr(directory, "_make_pin", renamed_first)
    assert client.put(f"/api/recordings/{GROWS}/pin").status_code == 204
    assert (four / f"{BECOMES}.pin").exists() and not (four / f"{GROWS}.pin").exists()


@pytest.mark.parametrize("path", ["/keep", "/api/keep", "/api/recording/keep", "/api/recordings/keep", "/api/go/keep"])
def test_nobody_asks_for_a_lease_by_way_of_the_page(client, streamer, path):
    assert client.post(path, json={"seconds": 15}).status_code in (404, 405)
    assert all("keep" not in asked for _, asked, _ in streamer.asked)
