"""The detections' reader thread and its server-sent events."""

import json
import logging
import threading
from types import SimpleNamespace

import pytest

from petcam.web.http.stream_slots import StreamSlots
from petcam.web.live import detection_feed
from petcam.web.live.detection_feed import serialise
from petcam.web.pictures.latest import Latest
from tests.unit.web.fakes import FakeConnection, bad_segment, detections
from tests.unit.web.listener import listening

STREAM = "/api/detections/stream"


@pytest.fixture
def feed(services):
    services.detections.start()
    return services.detections


def test_it_sends_each_result_in_the_documented_form(client, connection, reader, feed):
    with listening(client, STREAM, feed):
        reader.items.put(detections(frame_number=1234))
        assert connection.event() == {
            "detections": [
                {"class_name": "<cat>", "confidence": 0.93, "bbox": {"x": 412.5, "y": 300.0, "w": 180.0, "h": 120.0}}
            ],
            "frame_number": 1234,
            "capture_ns": 123400000,
            "rtp_timestamp": 123400000 * 9 // 100000 % 2**32,
            "width": 1280,
            "height": 720,
        }
        reader.items.put(detections(frame_number=1235, boxes=0))
        assert connection.event()["detections"] == []


@pytest.mark.parametrize("name", ['say "cat"', "猫", "\\", "\n\u2028"])
def test_it_sends_any_class_name_as_json(name):
    box = SimpleNamespace(class_name=name, confidence=1e-9, x=-0.004, y=1e7, w=1.0, h=2.005)
    result = SimpleNamespace(**{**vars(detections()), "boxes": (box, box)})
    event = serialise(result)
    assert event.count(b"\n") == 2
    first, second = json.loads(event[len(b"data: ") :])["detections"]
    assert first == second
    assert first["class_name"] == name and first["confidence"] == 0
    assert first["bbox"] == {"x": 0.0, "y": 10000000.0, "w": 1.0, "h": pytest.approx(2.005, abs=0.006)}


def test_it_serialises_once_for_all_clients(reader, feed, monkeypatch):
    calls = []
    monkeypatch.setattr(detection_feed, "serialise", lambda result: calls.append(result) or b"data: {}\n\n")
    connections = [FakeConnection() for _ in range(8)]
    for each in connections:
        feed.subscribers.join(each)
    reader.items.put(detections())
    assert len({id(each.sent.get(timeout=5)) for each in connections}) == 1
    assert len(calls) == 1


def test_a_subscriber_that_is_behind_misses_results_and_then_gets_the_latest(reader, feed):
    prompt, slow = FakeConnection(), FakeConnection()
    feed.subscribers.join(slow)
    feed.subscribers.join(prompt)
    slow.unread_bytes = 100_000
    for number in range(1, 6):
        reader.items.put(detections(frame_number=number))
        assert prompt.event()["frame_number"] == number
    slow.unread_bytes = 0
    reader.items.put(detections(frame_number=6))
    assert slow.event()["frame_number"] == prompt.event()["frame_number"] == 6


def test_it_sends_no_result_older_than_half_a_second(reader, feed, connection):
    feed.subscribers.join(connection)
    reader.items.put(detections(frame_number=1, age=0.6))
    reader.items.put(detections(frame_number=2))
    assert connection.event()["frame_number"] == 2


def test_it_reads_nothing_while_there_is_no_subscriber(reader, services, monkeypatch):
    iterations = threading.Semaphore(0)
    monkeypatch.setattr(services.detections.subscribers, "wait", lambda timeout: iterations.release())
    services.detections.start()
    for _ in range(3):
        assert iterations.acquire(timeout=5)
    assert not reader.asked.is_set()


def test_a_new_subscriber_is_sent_the_latest_at_once_while_it_is_fresh(feed, reader, connection, monkeypatch):
    feed.subscribers.join(connection)
    reader.items.put(detections(frame_number=1))
    assert connection.event()
    monkeypatch.setattr("petcam.web.http.subscribers.MAX_AGE_SECONDS", 100.0)
    feed.subscribers.join(second := FakeConnection())
    assert second.event()["frame_number"] == 1
    monkeypatch.setattr("petcam.web.http.subscribers.MAX_AGE_SECONDS", 0.0)
    feed.subscribers.join(third := FakeConnection())
    assert third.sent.empty()


def test_it_sends_nothing_after_unsubscribing(reader, feed, connection):
    former = FakeConnection()
    feed.subscribers.join(former)()
    feed.subscribers.join(connection)
    reader.items.put(detections())
    assert connection.event() and former.sent.empty()


def test_it_keeps_a_silent_connection_alive_with_a_comment(client, feed, monkeypatch):
    monkeypatch.setattr("petcam.web.http.server_sent_events.KEEP_ALIVE_SECONDS", 0)
    monkeypatch.setattr("petcam.web.http.server_sent_events.STREAM_CHECK_SECONDS", 0.01)
    with listening(client, STREAM, feed) as rest:
        assert rest.get(timeout=5) == b": keep-alive\n\n"


def test_it_sends_nothing_while_there_is_no_new_result(client, connection, feed, monkeypatch):
    monkeypatch.setattr("petcam.web.http.server_sent_events.STREAM_CHECK_SECONDS", 0.001)
    with listening(client, STREAM, feed) as rest:
        for _ in range(50):
            assert connection.gone_checks.acquire(timeout=5)
        assert rest.empty() and connection.sent.empty()


def test_it_continues_after_a_segment_that_could_not_be_read(reader, feed, connection, monkeypatch, caplog):
    feed.subscribers.join(connection)
    monkeypatch.setattr("petcam.shm.reading.RETRY_PAUSE", 0.0)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            reader.items.put(bad_segment())
        reader.items.put(detections())
        assert connection.event()
    assert reader.opened == 4 and reader.closed == 3
    assert caplog.text.count("ABI version 9") == 1, "the reason is logged once"
    assert feed.is_alive()


def test_stopping_it_ends_every_stream(client, feed):
    with listening(client, STREAM, feed) as rest:
        feed.stop()
        assert rest.get(timeout=5) is None
    assert not feed.is_alive()


def test_it_answers_503_while_every_stream_slot_is_taken(client, feed):
    with client.get("/api/detections/stream"), client.get("/api/detections/stream"):
        third = client.get("/api/detections/stream")
        assert (third.status_code, third.get_json()["error"]) == (503, "Too many clients")
        assert int(third.headers["Retry-After"]) > 0
    with client.get("/api/detections/stream") as answer:
        assert answer.status_code == 200


def test_it_frees_the_slot_of_a_stream_that_was_never_read(client, services):
    client.get("/api/detections/stream").close()
    client.head("/api/detections/stream").close()
    assert services.stream_slots.taken() == 0


def test_it_ends_the_stream_when_its_client_leaves(client, connection, feed, monkeypatch):
    monkeypatch.setattr("petcam.web.http.server_sent_events.STREAM_CHECK_SECONDS", 0.01)
    with listening(client, STREAM, feed) as rest:
        connection.has_left = True
        assert rest.get(timeout=5) is None


def test_it_ends_at_once_a_stream_whose_client_is_gone(client, connection, feed):
    connection.has_left = True
    with client.get("/api/detections/stream") as answer:
        assert list(answer.response) == [b"retry: 1000\n\n"]


@pytest.mark.parametrize(("threads", "limit"), [(8, 1), (9, 1), (40, 32), (256, 248)])
def test_it_keeps_eight_threads_for_pages(threads, limit):
    assert StreamSlots.for_threads(threads).limit == limit


def test_latest_gives_none_at_the_time_out_and_once_closed():
    latest = Latest()
    assert latest.wait(0, 0) is None
    latest.publish("a")
    assert latest.wait(0, 0) == (1, "a")
    assert latest.wait(1, 0) is None
    latest.close()
    assert latest.wait(0, 0) is None
