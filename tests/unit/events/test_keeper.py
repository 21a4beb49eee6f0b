"""The streamer is asked to record while something moves, and never waited for."""

import json
import threading
from collections.abc import Iterator

import pytest

from petcam.errors import Code, PetcamError
from petcam.events import keeper as module
from petcam.events.keeper import Keeper, Kept
from petcam.events.streamer import Answer

FILE = {"filename": "petcam_20261127-120000~visit.mp4", "first_ns": 95_000_000_000}


class Streamer:
    """Gives the answers one after the other, the last one for ever; keeps what it was asked."""

    def __init__(self, *answers: Answer | PetcamError) -> None:
        self.answers = list(answers)
        self.asked: list[dict] = []
        self.changed = threading.Condition()

    def control(self, path: str, body: bytes) -> Answer:
        assert path == "/keep"
        with self.changed:
            self.asked.append(json.loads(body))
            self.changed.notify()
            answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, PetcamError):
            raise answer
        return answer

    def wait(self, count: int) -> None:
        with self.changed:
            self.changed.wait_for(lambda: len(self.asked) >= count)


def kept(*files: dict) -> Answer:
    files = files or (FILE,)
    return Answer(200, json.dumps(files[-1] | {"recording": True, "files": files}).encode())


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator:
    monkeypatch.setattr(module, "RENEW_SECONDS", 0.01)
    started = []

    def make(streamer: Streamer) -> Keeper:
        made = Keeper(streamer, pre_roll=5.0, clock=lambda: 102.0)
        started.append(made)
        made.start()
        return made

    yield make
    for each in started:
        each.close()


def test_the_first_request_reaches_back_before_the_begin_and_the_next_prolong_it(start) -> None:
    streamer = Streamer(kept())
    keeper = start(streamer)
    keeper.want(100.0)
    streamer.wait(3)
    assert streamer.asked[0] == {"seconds": module.LEASE_SECONDS, "pre_roll": 7.0}
    assert {each["pre_roll"] for each in streamer.asked[1:]} == {0.0}
    keeper.close()
    assert keeper.take() == [Kept(FILE["filename"], FILE["first_ns"])]


def test_what_comes_next_reaches_back_again(start) -> None:
    streamer = Streamer(kept())
    keeper = start(streamer)
    keeper.want(100.0)
    streamer.wait(2)
    keeper.want(None)
    keeper.want(101.0)
    streamer.wait(len(streamer.asked) + 2)
    assert [each["pre_roll"] for each in streamer.asked if each["pre_roll"]] == [7.0, 6.0]


def test_it_reaches_back_no_farther_than_the_streamer_takes(start) -> None:
    streamer = Streamer(kept())
    start(streamer).want(10.0)
    streamer.wait(1)
    assert streamer.asked[0]["pre_roll"] == 30.0


def test_each_file_that_it_goes_on_in_is_named(start) -> None:
    later = FILE | {"filename": "petcam_20261127-121000~visit.mp4"}
    streamer = Streamer(kept(), kept(), kept(FILE, later))
    keeper = start(streamer)
    keeper.want(100.0)
    streamer.wait(5)
    keeper.close()
    assert [each.filename for each in keeper.take()] == [FILE["filename"], "petcam_20261127-121000~visit.mp4"]


def test_a_streamer_that_is_away_is_asked_until_it_is_there_from_the_same_begin(start, caplog) -> None:
    away = PetcamError(Code.STREAMER_UNAVAILABLE, "no answer")
    streamer = Streamer(away, away, away, kept())
    keeper = start(streamer)
    keeper.want(100.0)
    streamer.wait(5)
    assert [each["pre_roll"] for each in streamer.asked[:4]] == [7.0] * 4
    keeper.close()
    assert keeper.trouble == "" and len(keeper.take()) == 1
    assert caplog.text.count("no answer") == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"filename": 1}', b"<html>"])
def test_an_answer_that_is_none_is_trouble_and_nothing_worse(start, body: bytes) -> None:
    streamer = Streamer(Answer(200, body))
    keeper = start(streamer)
    keeper.want(100.0)
    streamer.wait(2)
    assert keeper.trouble and keeper.take() == []


def test_where_nothing_is_to_be_recorded_that_is_no_trouble(start, caplog) -> None:
    streamer = Streamer(Answer(409, b'{"error": "recording.mode is manual"}'))
    keeper = start(streamer)
    keeper.want(100.0)
    streamer.wait(2)
    assert keeper.trouble == "" and keeper.take() == [] and not caplog.text
