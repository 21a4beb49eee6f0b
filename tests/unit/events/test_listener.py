"""Levels become events: with the rules, a real store, and packets that come as they are put."""

from collections import deque
from typing import NamedTuple

import pytest

from petcam.errors import Code, PetcamError
from petcam.events.listener import Listener
from petcam.events.rules import Sounds
from tests.unit.events.stand_ins import NOON, ns


class Packet(NamedTuple):
    capture_ns: int
    rms_db: float


class Microphone:
    """A reader of what it is given."""

    def __init__(self, board):
        self.board, self.packets, self.refusal, self.is_on = board, deque(), None, True
        self.listener = Listener(self, Sounds(15), board.store, lambda: self.is_on, lambda: board.now)

    def read(self, timeout):
        assert timeout == 0
        if self.refusal is not None:
            raise self.refusal
        return self.packets.popleft() if self.packets else None

    def hear(self, seconds, db=-58.0):
        """50 packets a second, taken twice a second."""
        for _ in range(round(seconds * 2)):
            for n in range(25):
                self.packets.append(Packet(ns(self.board.now + 0.02 * n), db))
            self.nothing(0.5)

    def nothing(self, seconds):
        for _ in range(round(seconds * 2)):
            self.board.now += 0.5
            self.listener.step()
            self.board.store.write(ns(self.board.now))


@pytest.fixture
def microphone(board):
    return Microphone(board)


def sounds(reader):
    return [event for event in reader.page().events if event.kind == "sound"]


def test_what_is_loud_is_an_event_from_its_begin_to_its_end(microphone, reader):
    microphone.hear(20)
    microphone.hear(3, -20)
    microphone.hear(1)
    (event,) = sounds(reader)
    assert event.is_open and event.class_name == "loud" and event.begin == NOON + 120
    microphone.hear(30)
    (event,) = sounds(reader)
    assert not event.is_open and event.end == pytest.approx(NOON + 123, abs=0.05)
    assert (event.top_score, event.detail) == (38.0, "38 dB over the room's -58 dBFS")
    assert (event.most, event.best, event.recordings) == (0, None, [])


def test_it_ends_where_no_sound_comes_any_more(microphone, reader):
    microphone.hear(20)
    microphone.hear(3, -20)
    microphone.nothing(20)
    assert [event.is_open for event in sounds(reader)] == [False]


def test_it_ends_when_the_owner_turns_the_camera_off(microphone, reader):
    microphone.hear(20)
    microphone.hear(3, -20)
    microphone.is_on = False
    microphone.nothing(6)
    assert [event.is_open for event in sounds(reader)] == [False]


def test_a_service_that_stood_still_tells_of_one_sound_as_one(microphone, board, reader):
    microphone.hear(20)
    begin = board.now
    for n in range(50 * 40):
        microphone.packets.append(Packet(ns(begin + 0.02 * n), -20 if n % 400 < 50 else -58))
    board.now += 40
    microphone.nothing(20)
    (event,) = sounds(reader)
    assert event.begin == pytest.approx(NOON + begin) and 32 < event.end - event.begin < 34


def test_it_looks_twice_a_second_however_often_it_is_asked(microphone):
    microphone.hear(1)
    microphone.packets.append(Packet(ns(microphone.board.now), -58))
    for _ in range(10):
        microphone.board.now += 0.04
        microphone.listener.step()
    assert len(microphone.packets) == 1
    microphone.board.now += 0.2
    microphone.listener.step()
    assert not microphone.packets


def test_a_segment_that_cannot_be_read_is_said_once(microphone, reader, caplog):
    microphone.refusal = PetcamError(Code.BAD_SEGMENT, "of version 9")
    microphone.nothing(10)
    assert caplog.text.count("of version 9") == 1
    microphone.refusal = None
    microphone.hear(20)
    microphone.hear(3, -20)
    microphone.hear(2)
    assert len(sounds(reader)) == 1


def test_what_comes_from_the_future_is_passed_over(microphone, reader):
    microphone.hear(20)
    microphone.packets.extend(Packet(ns(9e6 + 0.02 * n), -5.0) for n in range(100))
    microphone.hear(3)
    assert sounds(reader) == []
    microphone.hear(3, -20)
    microphone.hear(1)
    assert len(sounds(reader)) == 1


def test_after_the_machine_was_suspended_it_begins_anew(microphone, board, reader):
    microphone.hear(20)
    microphone.hear(3, -20)
    board.slept, board.wall = 3600.0, NOON + 3600
    assert board.store.look_at_clock(board.reading())
    microphone.hear(5, -20)
    assert [event.is_open for event in sounds(reader)] == [False]
    microphone.hear(10)
    microphone.hear(3, -5)
    assert len(sounds(reader)) == 2
