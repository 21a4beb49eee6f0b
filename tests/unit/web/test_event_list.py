"""Events by the API: list, one, and deleting, over a real database."""

import json
import os
import threading
from contextlib import closing, contextmanager

import pytest

from petcam.errors import Code
from petcam.events.control import Control, State
from petcam.streamer_client import Answer
from petcam.web.events import videos
from tests.unit.events.stand_ins import NOON, OTHER_BOOT, Board, ns
from tests.unit.web.conftest import make_client

VIDEO = "petcam_20261127-120145~visit.mp4"


def listed(client, query=""):
    answer = client.get(f"/api/events{query}")
    assert answer.status_code == 200, answer.data
    return answer.get_json()["events"]


def keep(board, visit, name, before=5.0):
    board.store.kept(visit.number, name, ns(visit.begin - before), ns(board.now))
    board.pass_time(12)


@contextmanager
def service(services, board):
    """petcam-events as it goes on with the board's database."""
    board.close()
    ended, opened = threading.Event(), threading.Event()

    def run():
        again = Board(board.directory, now=board.now)
        with closing(Control(services.events_service._path)) as control:
            control.start()
            while not ended.wait(0.005):
                control.turn(State("nobody there"), again.store.delete)
                opened.set()
        again.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert opened.wait(10)
    try:
        yield
    finally:
        ended.set()
        thread.join()


# Lists


def test_an_event_is_told_in_the_documented_form(client, board, recordings):
    (recordings / VIDEO).touch()
    visit = board.come()
    keep(board, visit, VIDEO, before=5.25)
    visit.asleep = [(board.now, board.now + 10)]
    asleep = [NOON + board.now, NOON + board.now + 10]
    board.pass_time(30, [visit])
    visit.is_still, visit.most, visit.top_score = True, 2, 0.93
    board.leave(visit)
    (event,) = listed(client)
    assert event == {
        "id": visit.id,
        "kind": "visit",
        "class": "cat",
        "begin": NOON + 100.0,
        "end": NOON + visit.end,
        "sure": "sure",
        "open": False,
        "most": 2,
        "top_score": 0.93,
        "still": True,
        "asleep": [asleep],
        "best": {"time": NOON + 100.0, "score": 0.9, "box": [0.1, 0.2, 0.3, 0.4]},
        "recordings": [{"name": VIDEO, "offset": 5.25}],
        "video": "here",
        "detail": "",
    }
    assert client.get(f"/api/events/{visit.id}").get_json() == event


def test_sounds_and_trouble_have_the_same_form_and_no_picture(client, board):
    nothing = {"sure": "sure", "most": 0, "still": False, "asleep": [], "best": None, "recordings": [], "video": "none"}
    sound = board.store.heard("loud", ns(board.now), ns(board.now + 2), 31.4159, ns(board.now), "31 dB over the room")
    trouble = board.store.trouble_begins("disk_full", ns(board.now), "The disk is full")
    board.pass_time(6)
    (event,) = listed(client, "?kind=sound")
    assert event == {
        **{"id": sound, "kind": "sound", "class": "loud", "begin": NOON + 100.0, "end": NOON + 102.0, "open": False},
        **{"top_score": 31.416, "detail": "31 dB over the room", **nothing},
    }
    (event,) = listed(client, "?kind=trouble&class=disk_full")
    assert event == {
        **{"id": trouble, "kind": "trouble", "class": "disk_full", "begin": NOON + 100.0, "end": NOON + 100.0},
        **{"open": True, "top_score": 0.0, "detail": "The disk is full", **nothing},
    }
    for event_id in (sound, trouble):
        assert client.get(f"/api/events/{event_id}/picture.jpg").status_code == 404


def test_before_anything_was_noticed_the_list_is_empty(client):
    body = client.get("/api/events").get_json()
    assert (body["events"], body["next"]) == ([], None)
    assert body["now"] > 1_700_000_000
    assert client.get("/api/events/1795432561").status_code == 404
    assert client.get("/api/days").get_json()["days"] == []


def test_pages_follow_each_other_by_the_cursor(client, board):
    ids = [board.visit(2).id for _ in range(5)]
    first = client.get("/api/events?limit=3").get_json()
    second = client.get(f"/api/events?limit=3&cursor={first['next']}").get_json()
    assert [event["id"] for event in first["events"] + second["events"]] == ids[::-1]
    assert second["next"] is None


def test_only_what_is_asked_for_is_listed(client, board):
    cat, dog = board.visit(60), board.visit(60, "dog")
    board.store.heard("bark", ns(board.now), ns(board.now), 3, ns(board.now))
    board.pass_time(10)
    kinds = [event["class"] for event in listed(client, "?kind=visit")]
    assert kinds == ["dog", "cat"]
    assert [event["class"] for event in listed(client, "?class=cat")] == ["cat"]
    assert [event["class"] for event in listed(client, f"?after={NOON + cat.end + 1}")] == ["bark", "dog"]
    assert [event["class"] for event in listed(client, f"?before={NOON + dog.begin:.3f}")] == ["cat"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "kind=pet",
        "after=yesterday",
        "before=-1",
        "before=1e9",
        "after=999999999999999",
        "cursor=-1",
        "cursor=1.5",
        f"class={'c' * 65}",
    ],
)
def test_what_cannot_be_asked_for_is_refused(client, query):
    answer = client.get(f"/api/events?{query}")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Bad request")


@pytest.mark.parametrize("number", ["0", "-1", "01", "x", "1.0", "9" * 19, "9" * 5000, "１", "1%00"])
def test_what_no_event_is_called_is_not_found(client, number):
    for method in ("GET", "DELETE"):
        answer = client.open(f"/api/events/{number}", method=method)
        assert (answer.status_code, answer.get_json()["error"]) == (404, "Not found")


# Recordings


def test_a_recording_that_was_deleted_is_gone_and_one_of_two_is_still_here(client, board, recordings):
    visit = board.come()
    keep(board, visit, VIDEO)
    second = VIDEO.replace("120145", "123145")
    keep(board, visit, second)
    (event,) = listed(client)
    assert (event["recordings"], event["video"]) == ([], "gone")
    (recordings / second).touch()
    (event,) = listed(client)
    assert [each["name"] for each in event["recordings"]] == [second]
    assert event["video"] == "here"
    (recordings / second).unlink()
    assert listed(client)[0]["video"] == "gone"


def test_an_event_that_never_had_a_recording_says_so(client, board):
    board.visit(5)
    assert listed(client)[0]["video"] == "none"


def test_a_recording_that_got_another_kind_is_told_by_its_name_of_now(client, board, recordings):
    always = VIDEO.replace("visit", "always")
    (recordings / always).touch()
    keep(board, board.come(), always)
    assert [each["name"] for each in listed(client)[0]["recordings"]] == [always]
    os.rename(recordings / always, recordings / VIDEO)
    (event,) = listed(client)
    assert event["recordings"] == [{"name": VIDEO, "offset": 5.0}]
    assert event["video"] == "here"


def test_a_recording_that_grows_is_here(client, board, recordings):
    (recordings / f"{VIDEO}.part").touch()
    keep(board, board.come(), VIDEO)
    assert listed(client)[0]["recordings"] == [{"name": VIDEO, "offset": 5.0}]


def test_what_a_missing_disk_has_is_not_called_gone(client, board, streamer):
    keep(board, board.come(), VIDEO)
    status = {"reason": "Disk not mounted", "error": "mount it"}
    streamer.answer = Answer(200, json.dumps(status).encode())
    assert listed(client)[0]["video"] == "away"
    streamer.fail(Code.STREAMER_UNAVAILABLE)
    assert listed(client)[0]["video"] == "gone"


def test_the_streamer_is_not_asked_while_every_recording_is_there(client, board, recordings, streamer):
    (recordings / VIDEO).touch()
    keep(board, board.come(), VIDEO)
    board.visit(5)
    listed(client)
    assert streamer.asked == []


def test_a_disk_that_hangs_holds_one_request_for_events_and_no_others(client, board, services, monkeypatch):
    keep(board, board.come(), VIDEO)
    monkeypatch.setattr(videos, "MAX_WAIT_SECONDS", 0.01)
    hangs, looks = threading.Event(), threading.Semaphore(0)

    def names_now(names):
        looks.release()
        assert hangs.wait(30)
        return {}

    monkeypatch.setattr(services.recordings, "names_now", names_now)
    held = threading.Thread(target=lambda: client.application.test_client().get("/api/events"))
    held.start()
    try:
        assert looks.acquire(timeout=10)
        assert [event["video"] for event in listed(client)] == ["away"]
        assert not looks.acquire(blocking=False)
    finally:
        hangs.set()
        held.join()


# Deleting


def test_an_event_is_deleted_and_its_recording_stays(client, services, board, recordings):
    (recordings / VIDEO).touch()
    visit = board.come()
    keep(board, visit, VIDEO)
    board.leave(visit)
    other = board.visit(5)
    with service(services, board):
        assert client.delete(f"/api/events/{visit.id}").status_code == 204
        again = client.delete(f"/api/events/{visit.id}")
        assert (again.status_code, again.get_json()["error"]) == (404, "Not found")
    assert client.get(f"/api/events/{visit.id}").status_code == 404
    assert [event["id"] for event in listed(client, "?kind=visit")] == [other.id]
    assert (recordings / VIDEO).exists()


def test_an_event_that_goes_on_is_not_deleted(client, services, board):
    visit = board.come()
    with service(services, board):
        answer = client.delete(f"/api/events/{visit.id}")
        assert (answer.status_code, answer.get_json()["error"]) == (409, "Conflict")
    assert "goes on" in answer.get_json()["message"]


def test_while_the_service_is_down_deleting_says_what_to_do_and_reading_goes_on(client, board):
    visit = board.visit(5)
    answer = client.delete(f"/api/events/{visit.id}")
    assert (answer.status_code, answer.get_json()["error"]) == (503, "Events service unavailable")
    assert answer.get_json()["message"] == "petcam-events does not run: sudo systemctl start petcam.target"
    assert [event["id"] for event in listed(client)] == [visit.id]


def test_what_the_disk_refuses_to_delete_is_said(client, services):
    with closing(Control(services.events_service._path)) as control:
        control.start()
        control._delete = lambda *_: {"error": "the event stays: the disk is full"}
        answer = client.delete("/api/events/7")
    assert (answer.status_code, answer.get_json()["error"]) == (507, "State not written")
    assert answer.get_json()["message"] == "the event stays: the disk is full"


def test_only_the_owner_deletes_and_viewers_may_read(services_with_login, connection, owner, board):
    visit = board.visit(5)
    path = f"/api/events/{visit.id}"
    services_with_login.owner.set_viewer_password("only watching")
    viewer, stranger = (make_client(services_with_login, connection) for _ in range(2))
    assert viewer.post("/login", data={"password": "only watching"}).status_code == 303
    token = services_with_login.viewing_tokens.add("a player")
    bearer = {"Authorization": f"Bearer {token}"}
    with service(services_with_login, board):
        for path_ in ("/api/events", path, "/api/days", "/api/days/2026-11-27"):
            assert owner.get(path_).status_code == viewer.get(path_).status_code == 200
            assert stranger.get(path_).status_code == stranger.get(path_, headers=bearer).status_code == 401
        connection.has_left = True  # so that the stream ends
        for client, headers, status in ((viewer, {}, 200), (stranger, {}, 401), (stranger, bearer, 401)):
            with client.get("/api/events/stream", headers=headers) as answer:
                assert answer.status_code == status
        assert viewer.delete(path).get_json()["error"] == "Forbidden"
        assert stranger.delete(path).status_code == stranger.delete(path, headers=bearer).status_code == 401
        assert owner.delete(path, headers={"Origin": "http://elsewhere.example"}).status_code == 403
        assert owner.get(path).status_code == 200
        assert owner.delete(path).status_code == 204


# A bad database, a clock that was wrong


def test_a_damaged_database_is_said_and_one_that_takes_its_place_is_read(client, board, make_board):
    board.visit(5)
    board.close()
    database = board.directory / "events.db"
    database.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    for path in ("/api/events", "/api/events/1795432561", "/api/days", "/api/days/2026-11-27"):
        answer = client.get(path)
        assert (answer.status_code, answer.get_json()["error"]) == (503, "Events not readable")
        assert "cannot be read" in answer.get_json()["message"]
    restarted = make_board(now=1_000.0)  # it sets the damaged one aside
    restarted.pass_time(60)
    assert [event["class"] for event in listed(client)] == ["database"]


def test_a_board_that_began_in_1970_shows_the_right_times_once_it_has_learnt_them(client, make_board):
    before = make_board(boot=OTHER_BOOT, wall=NOON - 10_000)
    before.visit(10)
    before.close()
    board = make_board(wall=0.0, synchronised=False)
    visit = board.visit(60)
    (event,) = listed(client, f"?class=cat&after={NOON - 9_850}")
    assert event["sure"] == "guessed"
    assert event["begin"] < NOON - 9_000, "at the earliest that is possible"
    board.wall, board.synchronised = NOON, True
    assert board.store.look_at_clock(board.reading()) is False
    board.pass_time(2)
    event = client.get(f"/api/events/{visit.id}").get_json()
    assert (event["begin"], event["end"], event["sure"]) == (NOON + visit.begin, NOON + visit.end, "sure")
    assert client.get("/api/days/2026-11-27").get_json()["visits"] == {"cat": 2}
    assert listed(client, f"?after={NOON}&class=cat") == [event]


def test_health_says_how_noticing_goes(client, services, board):
    away = client.get("/api/go/health").get_json()["events"]
    assert away["running"] is False
    assert away["trouble"] == "petcam-events does not run: sudo systemctl start petcam.target"
    noticing = make_client(services, None)
    with service(services, board):
        assert noticing.get("/api/go/health").get_json()["events"] == {
            "running": True,
            "status": "nobody there",
            "trouble": "",
        }
