"""What a broker is told of the events, and what its switches do."""

import json
import time
from types import SimpleNamespace

import pytest

from petcam.commands.event_home_assistant import Recorder, SeenToday
from petcam.errors import PetcamError
from petcam.events.health import Asked, Health
from petcam.events.read import Reader
from petcam.events.store import Event
from petcam.events.streamer import Answer
from petcam.home_assistant.payloads import states
from tests.unit.events.stand_ins import NOON

NOW = 1_800_000_030.0


def event(number, name="cat", is_open=True, kind="visit", ago=0.0, **more):
    ns = int((time.monotonic() - ago) * 1e9)
    return Event(number, 1, kind, name, ns, ns, is_open, **more)


@pytest.fixture
def seen(tmp_path):
    return SeenToday(Reader(tmp_path), (), lambda: NOW)


def shown(seen):
    return seen.snapshot(True, False, False, "en")


def test_who_is_there_is_there_until_its_visit_ends(seen):
    seen.take(event(1))
    seen.take(event(2, "dog"))
    seen.take(event(3, "loud", kind="sound"))
    assert shown(seen).classes_there == {"cat", "dog"} and shown(seen).classes == ("cat", "dog")
    assert shown(seen).last_seen == {"cat": NOW - 30, "dog": NOW - 30}
    seen.take(event(1, is_open=False, ago=20.0))
    assert shown(seen).classes_there == {"dog"}
    assert shown(seen).last_seen["cat"] == pytest.approx(NOW - 20, abs=5)


def test_nobody_is_there_while_the_camera_is_off(seen):
    seen.take(event(1))
    assert seen.snapshot(False, False, False, "en").classes_there == frozenset()
    assert shown(seen).classes_there == {"cat"}


def test_a_visit_that_becomes_one_of_another_class_leaves_the_first(seen):
    seen.take(event(1))
    seen.take(event(1, "dog"))
    assert shown(seen).classes_there == {"dog"}


def test_a_place_is_taken_while_a_visit_is_there(seen):
    """As the broker is told of it: for each place that there is, ON or OFF."""

    def told():
        snapshot = seen.snapshot(True, False, False, "en", ("sofa", "bowl"))
        sent = states(snapshot)
        return sent["place_sofa"], sent["place_bowl"]

    seen.take(event(1))
    assert told() == (b"OFF", b"OFF")
    seen.take(event(1, places=("sofa",), visited=("sofa",)))
    seen.take(event(2, "dog", places=("sofa", "bowl")))
    assert told() == (b"ON", b"ON")
    seen.take(event(2, "dog", places=("sofa",)))
    assert told() == (b"ON", b"OFF")
    seen.take(event(2, "dog", is_open=False, places=("sofa",)))
    assert told() == (b"ON", b"OFF")
    seen.take(event(1, visited=("sofa",)))
    assert told() == (b"OFF", b"OFF")


def test_a_snapshot_is_the_same_while_nothing_changes(seen):
    seen.take(event(1))
    assert shown(seen) == shown(seen)


class FakeStreamer:
    def __init__(self, status=200):
        self.asked, self.status = [], status

    def control(self, path, body):
        self.asked.append(path)
        return Answer(self.status, json.dumps({"error": "Disk full"}).encode())


def test_the_recording_is_as_it_was_turned_until_the_streamer_says_how_it_is():
    health = SimpleNamespace(newest=None)
    recorder = Recorder(FakeStreamer(), health)
    assert not recorder.is_on
    recorder.turn(True)
    assert recorder.is_on
    health.newest = Asked(time.monotonic() - 60, Health("live", "", recording=False))
    assert recorder.is_on
    health.newest = Asked(time.monotonic() + 1, Health("live", "", recording=False))
    assert not recorder.is_on
    health.newest = Asked(time.monotonic() + 1, None, "away")
    assert not recorder.is_on


@pytest.mark.parametrize(("status", "is_done"), [(200, True), (409, True), (507, False)])
def test_a_recording_that_cannot_begin_is_an_error(status, is_done):
    streamer = FakeStreamer(status)
    recorder = Recorder(streamer, SimpleNamespace(newest=None))
    if is_done:
        recorder.turn(True)
    else:
        with pytest.raises(PetcamError, match="507.*Disk full"):
            recorder.turn(True)
    assert recorder.is_on is is_done and streamer.asked == ["/start"]


def test_what_was_before_the_start_is_known(board, reader, monkeypatch):
    cat, dog = board.visit(600), board.visit(60, "dog")
    board.pass_time(10)
    monkeypatch.setattr(reader, "today", lambda: reader.days()[0].day)
    snapshot = shown(SeenToday(reader, (), lambda: NOW))
    assert snapshot.classes == ("cat", "dog") and snapshot.visits_today == 2
    assert snapshot.last_seen == {"cat": NOON + cat.end, "dog": NOON + dog.end}
    assert shown(SeenToday(reader, ("dog", "bird"), lambda: NOW)).classes == ("bird", "cat", "dog")
