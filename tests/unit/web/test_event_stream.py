"""What is noticed, as server-sent events: a real database, written while somebody listens."""

import json
import threading

import pytest

from petcam.web.events import event_feed
from tests.unit.events.stand_ins import NOON, ns
from tests.unit.web.fakes import FakeConnection
from tests.unit.web.listener import listening

STREAM = "/api/events/stream"
VIDEO = "petcam_20261127-120145~visit.mp4"


@pytest.fixture
def feed(services, monkeypatch):
    monkeypatch.setattr(event_feed, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(event_feed, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr("petcam.web.http.server_sent_events.STREAM_CHECK_SECONDS", 0.01)
    services.event_feed.start()
    return services.event_feed


def told(connection):
    """The events of the next message: kind and object."""
    data = connection.sent.get(timeout=10)
    assert data.endswith(b"\n\n")
    found = []
    for event in data.decode()[:-2].split("\n\n"):
        kind, body = event.split("\n")
        assert kind.startswith("event: ") and body.startswith("data: ")
        found.append((kind.removeprefix("event: "), json.loads(body.removeprefix("data: "))))
    return found


def only(connection):
    (event,) = told(connection)
    return event


def test_a_sound_and_trouble_are_told_as_they_begin_and_end(client, connection, feed, board):
    board.visit(5)
    with listening(client, STREAM, feed):
        for is_over, kind in ((False, "begin"), (True, "end")):
            board.store.heard("loud", ns(board.now), ns(board.now), 30, ns(board.now), is_over=is_over)
            board.pass_time(7)
            told_kind, event = only(connection)
            assert (told_kind, event["kind"], event["class"]) == (kind, "sound", "loud")
        board.store.trouble_begins("disk_full", ns(board.now))
        board.pass_time(2)
        assert only(connection)[0] == "begin"
        board.store.trouble_ends("disk_full", ns(board.now))
        board.pass_time(31)
        kind, event = only(connection)
        assert (kind, event["kind"], event["class"]) == ("end", "trouble", "disk_full")


def test_begin_change_and_end_of_a_visit_are_told_as_the_list_has_them(client, connection, feed, board, recordings):
    (recordings / VIDEO).touch()
    board.visit(5)  # of the past: it is not told
    with listening(client, STREAM, feed):
        visit = board.come()
        kind, event = only(connection)
        assert (kind, event["id"], event["open"], event["begin"]) == ("begin", visit.id, True, NOON + visit.begin)
        assert event == client.get(f"/api/events/{visit.id}").get_json()
        board.store.kept(visit.number, VIDEO, ns(visit.begin - 5), ns(board.now))
        board.pass_time(12, [visit])
        kind, event = only(connection)
        assert (kind, event["video"], event["recordings"]) == ("change", "here", [{"name": VIDEO, "offset": 5.0}])
        board.leave(visit)
        kind, event = only(connection)
        assert (kind, event["open"], event["end"]) == ("end", False, NOON + visit.end)
        assert event == client.get(f"/api/events/{visit.id}").get_json()
        assert connection.sent.empty()


def test_an_event_that_is_over_when_it_is_first_seen_comes_as_its_end(client, connection, feed, board):
    with listening(client, STREAM, feed):
        board.store.heard("bark", ns(board.now), ns(board.now), 3, ns(board.now))
        board.pass_time(10)
        kind, event = only(connection)
        assert (kind, event["kind"], event["class"]) == ("end", "sound", "bark")


def test_times_that_are_corrected_are_told(client, connection, feed, make_board):
    board = make_board(wall=0.0, synchronised=False)
    past, visit = board.visit(5), board.come()
    with listening(client, STREAM, feed):
        board.wall, board.synchronised = NOON, True
        board.store.look_at_clock(board.reading())
        board.pass_time(2)
        changes = [(kind, event["begin"], event["sure"]) for kind, event in told(connection)]
        assert changes == [("change", NOON + each.begin, "sure") for each in (past, visit)]


def test_nothing_is_missed_between_the_answer_and_the_first_look(client, connection, feed, board):
    with client.get("/api/events/stream") as answer:
        visit = board.come()  # nobody has read the answer yet, so nobody is subscribed
        parts = iter(answer.response)
        next(parts)
        thread = threading.Thread(target=lambda: list(parts))
        thread.start()
        kind, event = only(connection)
        assert (kind, event["id"]) == ("begin", visit.id)
        feed.ended.set()
        thread.join()


def test_an_open_event_far_behind_the_newest_is_told_when_it_ends(client, connection, feed, board, monkeypatch):
    monkeypatch.setattr(event_feed, "WATCHED", 3)
    visit = board.come("dog")
    for _ in range(5):
        board.visit(1)
    with listening(client, STREAM, feed):
        board.leave(visit)
        kind, event = only(connection)
        assert (kind, event["id"]) == ("end", visit.id)


def test_what_comes_into_sight_since_a_newer_one_was_deleted_is_not_told(client, connection, feed, board, monkeypatch):
    monkeypatch.setattr(event_feed, "WATCHED", 3)
    visits = [board.visit(1) for _ in range(6)]
    with listening(client, STREAM, feed):
        board.store.delete(visits[5].id)
        board.store.delete(visits[4].id)
        new = board.come("dog")
        assert [(kind, event["id"]) for kind, event in told(connection)] == [("begin", new.id)]


def test_all_who_listen_are_sent_the_same_bytes_by_one_thread(feed, board, services):
    connections = [FakeConnection() for _ in range(4)]
    feed.prepare()
    for each in connections:
        feed.subscribers.join(each)
    board.come()
    assert len({id(each.sent.get(timeout=10)) for each in connections}) == 1


def test_the_database_is_not_read_while_nobody_listens(services, board, monkeypatch):
    rounds, looks = threading.Semaphore(0), []
    monkeypatch.setattr(services.event_feed.subscribers, "wait", lambda timeout: rounds.release())
    monkeypatch.setattr(services.events, "state", lambda: looks.append(1))
    services.event_feed.start()
    for _ in range(3):
        assert rounds.acquire(timeout=10)
    assert not looks


def test_it_is_read_again_only_when_it_has_changed(feed, board, services, connection, monkeypatch):
    pages, looks = [], threading.Semaphore(0)
    page, state = services.events.page, services.events.state
    monkeypatch.setattr(services.events, "page", lambda *args, **more: pages.append(1) or page(*args, **more))
    monkeypatch.setattr(services.events, "state", lambda: looks.release() or state())
    feed.prepare()
    feed.subscribers.join(connection)

    def look_ten_times():
        for _ in range(10):
            assert looks.acquire(timeout=10)
        return len(pages)

    assert look_ten_times() == 1
    board.come()
    assert only(connection)[0] == "begin"
    looks = threading.Semaphore(0)
    look_ten_times()  # one of these may be behind the commit
    assert look_ten_times() == look_ten_times()


def test_a_client_that_is_behind_is_let_go_so_that_it_asks_for_the_list(client, connection, feed, board):
    with listening(client, STREAM, feed) as rest:
        connection.unread_bytes = 100_000
        board.come()
        assert rest.get(timeout=10) is None
        assert connection.sent.empty()
        assert not feed.subscribers.are_there()


def test_a_new_subscriber_is_sent_nothing_of_before(client, connection, feed, board):
    first = FakeConnection()
    feed.prepare()
    feed.subscribers.join(first)
    board.come()
    assert only(first)[0] == "begin"
    with listening(client, STREAM, feed):
        board.come("dog")
        assert only(connection)[1]["class"] == only(first)[1]["class"] == "dog"


def test_it_goes_on_after_a_database_that_could_not_be_read(client, connection, feed, board, make_board, caplog):
    board.visit(5)
    board.close()
    (board.directory / "events.db").write_bytes(b"\xff" * 4096)
    with listening(client, STREAM, feed):
        again = make_board(now=1_000.0)
        while connection.sent.empty():  # the first look at what took its place tells nothing
            visit = again.come()
            again.pass_time(2)
        kind, event = told(connection)[-1]
        assert (kind, event["class"]) == ("begin", "cat") and event["id"] <= visit.id
    assert "cannot be read" in caplog.text


def test_a_silent_stream_is_kept_alive_with_a_comment(client, feed, monkeypatch):
    monkeypatch.setattr("petcam.web.http.server_sent_events.KEEP_ALIVE_SECONDS", 0)
    with listening(client, STREAM, feed) as rest:
        assert rest.get(timeout=5) == b": keep-alive\n\n"


def test_it_takes_a_slot_of_open_streams(client, feed):
    with client.get("/api/detections/stream"), client.get("/api/events/stream"):
        third = client.get("/api/events/stream")
        assert (third.status_code, third.get_json()["error"]) == (503, "Too many clients")


def test_stopping_it_ends_every_stream(client, feed):
    with listening(client, STREAM, feed) as rest:
        feed.stop()
        assert rest.get(timeout=5) is None
    assert not feed.is_alive()


def test_it_ends_the_stream_when_its_client_leaves(client, connection, feed):
    with listening(client, STREAM, feed) as rest:
        connection.has_left = True
        assert rest.get(timeout=5) is None


def test_a_disk_of_recordings_that_hangs_is_no_reason_to_start_anew(
    client, connection, feed, board, services, monkeypatch
):
    monkeypatch.setattr("petcam.web.http.feed.MAX_ROUND_SECONDS", 0.0)
    hangs, looks = threading.Event(), threading.Event()

    def names_now(names):
        looks.set()
        assert hangs.wait(30)
        return {}

    monkeypatch.setattr(services.recordings, "names_now", names_now)
    with listening(client, STREAM, feed):
        visit = board.come()
        only(connection)
        board.store.kept(visit.number, VIDEO, ns(visit.begin - 5), ns(board.now))
        board.pass_time(12, [visit])
        assert looks.wait(10)
        assert feed.is_alive()
        hangs.set()
        only(connection)
