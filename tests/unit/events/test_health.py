"""The streamer's health as petcam-events asks for it, in a thread of its own."""

import json
import threading

import pytest

from petcam.errors import Code, PetcamError
from petcam.events import health as module
from petcam.events.health import Fault, Health, HealthWatch
from petcam.events.streamer import Answer

SAID = {
    **{
        "status": "ok",
        "uptime": 12.5,
        "recording": False,
        "recording_error": "full up",
        "recording_reason": "Disk full",
    },
    "by_itself": {"recording": True, "error": "", "reason": ""},
    **{"camera": {"state": "silent", "message": "why", "age_ms": 1200}, "faults": []},
}


class Streamer:
    """Gives the answers one after the other, the last one for ever."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), threading.Semaphore(0)

    def read(self, path):
        assert path == "/health"
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        self.asked.release()
        if isinstance(answer, PetcamError):
            raise answer
        return answer


@pytest.fixture
def newest(monkeypatch):
    """What is known after the answer was given, and asked for again."""
    monkeypatch.setattr(module, "ASK_SECONDS", 0.01)
    started = []

    def ask(*answers):
        streamer = Streamer(*answers)
        watch = HealthWatch(streamer, lambda: 77.0)
        assert watch.newest is None
        watch.start()
        started.append(watch)
        for _ in range(len(answers) + 1):
            assert streamer.asked.acquire(timeout=20)
        return watch.newest

    yield ask
    for each in started:
        each.close()


def answer(said):
    return Answer(200, json.dumps(said).encode())


def test_what_it_says_is_known(newest):
    assert newest(answer(SAID)) == (77.0, Health("silent", "why", Fault("Disk full", "full up"), Fault()), "")


def test_where_nothing_is_recorded_by_itself_nothing_is_wrong_with_that(newest):
    assert newest(answer(SAID | {"by_itself": None})).health.by_itself == Fault()


def test_what_does_not_answer_has_none(newest):
    asked = newest(PetcamError(Code.STREAMER_UNAVAILABLE, "cannot be reached"))
    assert (asked.health, asked.why) == (None, "cannot be reached")


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"[]", b"null", b"[" * 50_000, b'{"camera": {}}', json.dumps(SAID | {"camera": 5}).encode()]
    + [json.dumps(SAID | {"by_itself": 5}).encode(), json.dumps(SAID | {"recording_reason": None}).encode()],
)
def test_what_makes_no_sense_is_no_health(newest, body):
    asked = newest(Answer(200, body))
    assert asked.health is None and "makes no sense" in asked.why


def test_it_goes_on_after_any_of_these(newest):
    asked = newest(Answer(200, b"x"), PetcamError(Code.STREAMER_TIMEOUT, "late"), answer(SAID))
    assert asked.health is not None
