"""Trouble of the other services, kept with its begin and its end."""

import pytest

from petcam.events.health import Asked, Fault, Health
from petcam.events.warden import Warden
from tests.unit.events.stand_ins import NOON

WELL = Health("live", "")


class House:
    """Its services, as they are said to be; a clock that stands where it is put, and a real store."""

    def __init__(self, board):
        self.board, self.camera_is_on, self.detector, self.health = board, True, "", WELL
        self.start()

    def start(self):
        self.warden = Warden(self, self.board.store, lambda: self.camera_is_on, lambda: self.detector, clock=self.now)

    def now(self):
        return self.board.now

    @property
    def newest(self):
        return Asked(self.board.now, self.health, "" if self.health else "cannot be reached")

    def pass_time(self, seconds):
        for _ in range(seconds):
            self.board.now += 1
            self.warden.step()
            self.board.pass_time(0.1)
            self.board.now -= 0.1


@pytest.fixture
def house(make_board, told):
    return House(make_board(tell=told))


@pytest.fixture
def told():
    class Told(list):
        def __call__(self, event, state):
            self.append(f"{event.class_name} {state}")

    return Told()


def test_a_camera_that_is_unplugged_is_trouble_from_then_until_it_is_back(house, reader, told):
    house.pass_time(30)
    house.health = Health("silent", "")
    house.pass_time(59)
    assert told == []
    house.pass_time(3600)
    assert told == ["camera_silent begin"]
    house.health = WELL
    house.pass_time(60)
    assert told == ["camera_silent begin", "camera_silent end"]
    (event,) = reader.page().events
    assert (event.kind, event.class_name, event.detail) == ("trouble", "camera_silent", "no picture comes any more")
    assert (event.begin, event.end) == (NOON + 131, NOON + 100 + 30 + 59 + 3600 + 1)
    assert event.best is None and not event.is_open


def test_a_restart_of_the_streamer_is_none(house, told):
    house.health = None
    house.pass_time(20)
    house.health = Health("waiting", "")
    house.pass_time(39)
    house.health = WELL
    house.pass_time(100)
    assert told == []


def test_one_that_stays_away_is(house, told):
    house.health = None
    house.pass_time(120)
    assert told == ["streamer_silent begin"]


def test_nothing_is_in_the_first_minute_after_boot(make_board, told):
    board = make_board(now=10.0, tell=told)
    house = House(board)
    house.health = Health("waiting", "")
    house.pass_time(105)
    assert told == []
    house.pass_time(20)
    assert told == ["camera_silent begin"]


def test_a_camera_that_the_owner_turns_off_and_on_is_none(house, told):
    house.camera_is_on, house.health, house.detector = False, Health("waiting", ""), "no detector"
    house.pass_time(8 * 3600)
    house.camera_is_on = True
    house.pass_time(20)
    house.health = WELL
    house.pass_time(30)
    house.detector = ""
    house.pass_time(100)
    assert told == []


def test_trouble_ends_when_the_owner_turns_the_camera_off(house, told):
    house.health = Health("silent", "")
    house.pass_time(100)
    house.camera_is_on = False
    house.pass_time(20)
    assert told == ["camera_silent begin", "camera_silent end"]


def test_one_trouble_is_told_once_over_a_restart_of_this_service(house, told, make_board, tmp_path):
    house.health = WELL._replace(by_itself=Fault("Disk full", "The disk is full"))
    house.pass_time(100)
    house.board = make_board(house.board.as_killed(tmp_path / "left"), now=house.board.now + 5, tell=told)
    house.start()
    house.pass_time(300)
    assert [each for each in told if "disk" in each] == ["disk_full begin"]
    house.health = WELL
    house.pass_time(60)
    assert [each for each in told if "disk" in each] == ["disk_full begin", "disk_full end"]


def test_a_disk_that_is_full_now_and_then_is_told_once_each_time_five_minutes_apart(house, told):
    full = WELL._replace(by_itself=Fault("Disk full", "The disk is full"))
    for _ in range(5):
        for house.health in (full, WELL):
            house.pass_time(100)
    assert told.count("disk_full begin") == 1


def test_a_detector_that_says_nothing_is_trouble_and_not_while_the_camera_is_silent(house, told):
    house.detector, house.health = "no detector has said anything", Health("silent", "")
    house.pass_time(300)
    assert told == ["camera_silent begin"]
    house.health = WELL
    house.pass_time(100)
    assert told == ["camera_silent begin", "camera_silent end", "detector_silent begin"]
