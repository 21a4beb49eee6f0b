"""The detections' reader thread and its server-sent events."""

import json
import logging
import threading

import pytest
from web_fakes import bad_segment, detections

from petcam.web import detection_feed
from petcam.web.newest import Newest
from petcam.web.places import Places


@pytest.fixture
def feed(services):
    services.detections.start()
    return services.detections


def events(answer):
    """The JSON of each event, as they come."""
    for part in answer.response:
        if part.startswith(b"data: "):
            assert part.endswith(b"\n\n") and part.count(b"\n") == 2
            yield json.loads(part[len("data: ") :])


def test_it_sends_each_result_in_the_shape_of_the_document(client, reader, feed):
    with client.get("/api/detections/stream") as answer:
        assert answer.mimetype == "text/event-stream"
        reader.news.put(detections(frame_number=1234))
        assert next(events(answer)) == {
            "detections": [
                {"class_name": "<cat>", "confidence": 0.93, "bbox": {"x": 412.5, "y": 300.0, "w": 180.0, "h": 120.0}}
            ],
            "frame_number": 1234,
            "capture_ns": 123400000,
            "rtp_timestamp": 123400000 * 9 // 100000 % 2**32,
            "width": 1280,
            "height": 720,
        }
        reader.news.put(detections(frame_number=1235, boxes=0))
        assert next(events(answer))["detections"] == []


def test_it_tells_the_browser_first_when_to_come_back(client, feed):
    with client.get("/api/detections/stream") as answer:
        assert next(iter(answer.response)) == b"retry: 1000\n\n"


def test_it_sends_the_newest_and_no_backlog(client, reader, feed):
    for number in range(1, 6):
        reader.news.put(detections(frame_number=number))
    seen = 0
    while seen < 5:
        seen, _ = feed.newest.wait(seen, 5)
    with client.get("/api/detections/stream") as answer:
        assert next(events(answer))["frame_number"] == 5


def test_it_sends_nothing_that_is_old(client, reader, feed):
    reader.news.put(detections(frame_number=1, age=0.6))
    assert feed.newest.wait(0, 5)
    with client.get("/api/detections/stream") as answer:
        reader.news.put(detections(frame_number=2))
        assert next(events(answer))["frame_number"] == 2


def test_it_serialises_once_for_all_clients(reader, feed, monkeypatch):
    calls = []
    monkeypatch.setattr(detection_feed, "serialise", lambda result: calls.append(result) or b"data: {}\n\n")
    got = []
    waiters = [threading.Thread(target=lambda: got.append(feed.newest.wait(0, 5))) for _ in range(8)]
    for waiter in waiters:
        waiter.start()
    reader.news.put(detections())
    for waiter in waiters:
        waiter.join(5)
    assert len(got) == 8 and len({id(item[1]) for item in got}) == 1
    assert len(calls) == 1


def test_it_keeps_the_connection_alive_with_a_comment(client, feed, monkeypatch):
    monkeypatch.setattr("petcam.web.detections.KEEP_ALIVE_SECONDS", 0)
    monkeypatch.setattr("petcam.web.detections.LOOK_UP", 0.01)
    with client.get("/api/detections/stream") as answer:
        parts = iter(answer.response)
        next(parts)
        assert next(parts) == b": keep-alive\n\n"


def test_it_goes_on_after_a_segment_that_could_not_be_read(reader, feed, monkeypatch, caplog):
    monkeypatch.setattr(detection_feed, "RETRY_PAUSE", 0.0)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            reader.news.put(bad_segment())
        reader.news.put(detections())
        assert feed.newest.wait(0, 5)
    assert reader.opened == 4 and reader.closed == 3
    assert caplog.text.count("ABI version 9") == 1, "the reason is logged once"
    assert feed.goes_round()


def test_it_wakes_every_waiter_at_its_end(client, feed):
    with client.get("/api/detections/stream") as answer:
        ended = threading.Event()
        thread = threading.Thread(target=lambda: (list(answer.response), ended.set()))
        thread.start()
        feed.stop()
        assert ended.wait(5)
        thread.join()
    assert not feed.goes_round()


def test_it_says_503_when_every_place_is_taken_and_frees_it_again(client, feed):
    with client.get("/api/detections/stream"), client.get("/api/detections/stream"):
        third = client.get("/api/detections/stream")
        assert (third.status_code, third.get_json()["error"]) == (503, "Too many clients")
        assert int(third.headers["Retry-After"]) > 0
    with client.get("/api/detections/stream") as answer:
        assert answer.status_code == 200


def test_it_frees_the_place_of_a_stream_that_was_never_read(client, services):
    client.get("/api/detections/stream").close()
    client.head("/api/detections/stream").close()
    assert services.places.taken() == 0


def test_it_ends_the_stream_of_a_client_that_is_gone(client, feed):
    with client.get(
        "/api/detections/stream", environ_overrides={"waitress.client_disconnected": lambda: True}
    ) as answer:
        assert list(answer.response) == [b"retry: 1000\n\n"]


@pytest.mark.parametrize(("threads", "limit"), [(8, 1), (9, 1), (40, 32), (256, 248)])
def test_it_keeps_eight_threads_for_pages(threads, limit):
    assert Places.of_threads(threads).limit == limit


def test_the_newest_is_none_at_the_time_out_and_after_the_end():
    newest = Newest()
    assert newest.wait(0, 0) is None
    newest.publish("a")
    assert newest.wait(0, 0) == (1, "a")
    assert newest.wait(1, 0) is None
    newest.close()
    assert newest.wait(0, 0) is None
