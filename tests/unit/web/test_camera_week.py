"""The camera turned off and on by the week's schedule, and on again once its time is over."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from petcam.access import CameraSwitch, SwitchState
from petcam.errors import Code, PetcamError
from petcam.settings import OffTime, SettingsFile
from petcam.web.camera import Timer
from petcam.web.camera import timer as timer_module
from petcam.web.camera.week import off_since

TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
WORK = OffTime((0, 1, 2, 3, 4), "09:00", "17:00")


def at(text, zone=TOKYO, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


def span(off, day, zone):
    """When it is off around that day, found by asking for each minute."""
    begin = int(at(f"{day}T00:00", zone)) - 86400
    inside = [moment for moment in range(begin, begin + 3 * 86400, 60) if off_since([off], moment, zone) is not None]
    return [datetime.fromtimestamp(each, zone).isoformat() for each in (inside[0], inside[-1] + 60)]


# When it is off


@pytest.mark.parametrize(
    ("moment", "since"),
    [
        ("2026-11-27T08:59:59", None),  # a Friday
        ("2026-11-27T09:00", "2026-11-27T09:00"),
        ("2026-11-27T16:59:59", "2026-11-27T09:00"),
        ("2026-11-27T17:00", None),
        ("2026-11-28T10:00", None),
    ],
)
def test_it_is_off_from_its_begin_to_its_end_on_its_days(moment, since):
    assert off_since([WORK], at(moment), TOKYO) == (since and at(since))


def test_a_night_belongs_to_the_day_on_which_it_begins():
    friday = OffTime((4,), "22:00", "07:00")
    assert off_since([friday], at("2026-11-28T06:59"), TOKYO) == at("2026-11-27T22:00")
    assert off_since([friday], at("2026-11-27T06:59"), TOKYO) is None
    assert off_since([friday], at("2026-11-28T22:30"), TOKYO) is None


def test_a_time_that_begins_and_ends_alike_is_a_whole_day():
    whole = OffTime((4,), "06:00", "06:00")
    assert off_since([whole], at("2026-11-28T05:59"), TOKYO) == at("2026-11-27T06:00")
    assert off_since([whole], at("2026-11-28T06:00"), TOKYO) is None


def test_of_several_the_latest_counts():
    assert off_since([WORK, OffTime((4,), "08:00", "12:00")], at("2026-11-27T10:00"), TOKYO) == at("2026-11-27T09:00")
    assert off_since([], at("2026-11-27T10:00"), TOKYO) is None


@pytest.mark.parametrize(
    ("begin", "end", "first", "last"),
    [
        ("22:00", "07:00", "2027-03-27T22:00:00+01:00", "2027-03-28T07:00:00+02:00"),
        ("01:00", "02:30", "2027-03-28T01:00:00+01:00", "2027-03-28T03:00:00+02:00"),
        ("02:30", "05:00", "2027-03-28T03:00:00+02:00", "2027-03-28T05:00:00+02:00"),
        ("03:00", "04:00", "2027-03-28T03:00:00+02:00", "2027-03-28T04:00:00+02:00"),
    ],
)
def test_on_the_night_on_which_the_clock_is_put_forward(begin, end, first, last):
    day = 5 if begin == "22:00" else 6  # Saturday, Sunday
    assert span(OffTime((day,), begin, end), "2027-03-28", BERLIN) == [first, last]


def test_a_time_that_is_left_out_as_a_whole_is_none():
    assert off_since([OffTime((6,), "02:10", "02:50")], at("2027-03-28T03:00", BERLIN), BERLIN) is None


@pytest.mark.parametrize(
    ("begin", "end", "first", "last"),
    [
        ("22:00", "07:00", "2026-10-24T22:00:00+02:00", "2026-10-25T07:00:00+01:00"),
        ("01:00", "02:30", "2026-10-25T01:00:00+02:00", "2026-10-25T02:30:00+01:00"),
        ("02:30", "05:00", "2026-10-25T02:30:00+02:00", "2026-10-25T05:00:00+01:00"),
        ("02:10", "02:50", "2026-10-25T02:10:00+02:00", "2026-10-25T02:50:00+01:00"),
    ],
)
def test_on_the_night_on_which_it_is_put_back(begin, end, first, last):
    day = 5 if begin == "22:00" else 6
    assert span(OffTime((day,), begin, end), "2026-10-25", BERLIN) == [first, last]


# How the camera is turned


class Board:
    """A camera's switch and petcam-web's look at it, at the time that is set."""

    def __init__(self, directory, *schedule, zone=TOKYO):
        self.switch, self.schedule, self.zone = CameraSwitch(directory), schedule, zone
        self.wall, self.uptime = at("2026-11-26T00:00"), 1000.0
        self.timer = self.started()

    def started(self):
        return Timer(self.switch, lambda: self.schedule, lambda: (self.wall, int(self.uptime * 1e9)), self.zone)

    def pass_to(self, text, fold=0):
        """The clock goes on to then, and petcam-web looks."""
        moment = at(text, self.zone, fold)
        self.uptime += moment - self.wall
        self.wall = moment
        return self.look()

    def look(self):
        self.timer.look()
        state = self.switch.state()
        return state.on, state.by

    def turn(self, on, by="owner", minutes=None):
        self.switch.turn(on, by, minutes)


@pytest.fixture
def board(tmp_path, monkeypatch):
    made = Board(tmp_path, WORK)

    def write(document):
        """By the board's clock, not the machine's."""
        text = datetime.fromtimestamp(made.wall, ZoneInfo("UTC")).strftime(timer_module.TIME_FORMAT)
        until = document["until"]
        if isinstance(until, int):
            until = datetime.fromtimestamp(made.wall + 60 * until, ZoneInfo("UTC")).strftime(timer_module.TIME_FORMAT)
        real({**document, "since": text, "until": until, "at_ns": int(made.uptime * 1e9)})

    def turn(on, by, minutes=None):
        write({"on": on, "by": by, "until": None if on else minutes})

    real = made.switch._write
    monkeypatch.setattr(made.switch, "turn", turn)
    return made


def test_it_is_turned_off_and_on_at_the_edges_alone(board):
    assert board.pass_to("2026-11-27T08:59:59") == (True, None)
    assert board.pass_to("2026-11-27T09:00") == (False, "schedule")
    assert board.pass_to("2026-11-27T16:59:59") == (False, "schedule")
    assert board.pass_to("2026-11-27T17:00") == (True, "schedule")
    assert board.pass_to("2026-11-28T10:00") == (True, "schedule")  # a Saturday
    assert board.pass_to("2026-11-30T09:00") == (False, "schedule")


def test_who_turns_it_on_meanwhile_has_it_until_the_next_edge(board):
    board.pass_to("2026-11-26T09:00")
    board.pass_to("2026-11-26T10:00")
    board.turn(True)
    for moment in ("2026-11-26T10:00:01", "2026-11-26T16:00", "2026-11-26T18:00", "2026-11-27T08:59"):
        assert board.pass_to(moment) == (True, "owner")
    assert board.pass_to("2026-11-27T09:00") == (False, "schedule")


def test_who_turned_it_off_turns_it_on(board):
    board.pass_to("2026-11-27T08:00")
    board.turn(False)
    assert board.pass_to("2026-11-27T10:00") == board.pass_to("2026-11-27T18:00") == (False, "owner")


def test_so_does_who_turned_it_off_within_the_time(board):
    board.pass_to("2026-11-27T10:00")
    board.turn(False)
    assert board.pass_to("2026-11-27T18:00") == (False, "owner")


def test_a_start_within_the_time_turns_it_off_where_the_begin_was_missed(board):
    board.turn(True)
    board.wall = at("2026-11-27T12:00")
    board.uptime, board.timer = 20.0, board.started()  # another boot
    assert board.look() == (False, "schedule")


def test_a_start_leaves_on_what_somebody_has_turned_on_within_the_time(board):
    board.pass_to("2026-11-27T09:00")
    board.pass_to("2026-11-27T10:00")
    board.turn(True)
    board.wall = at("2026-11-27T12:00")
    board.uptime, board.timer = 20.0, board.started()
    assert board.look() == (True, "owner")


def test_a_start_behind_the_time_turns_on_what_it_turned_off(board):
    board.pass_to("2026-11-27T09:00")
    board.wall = at("2026-11-27T20:00")
    board.uptime, board.timer = 20.0, board.started()
    assert board.look() == (True, "schedule")


def test_a_time_that_is_over_within_an_off_time_leaves_it_off_for_the_schedule(board):
    board.pass_to("2026-11-27T08:30")
    board.turn(False, minutes=60)
    assert board.pass_to("2026-11-27T09:10") == (False, "owner")
    assert board.pass_to("2026-11-27T09:30") == (False, "schedule")
    assert board.pass_to("2026-11-27T17:00") == (True, "schedule")


def test_a_time_that_is_over_elsewhere_turns_it_on(board):
    board.pass_to("2026-11-28T08:30")
    board.turn(False, minutes=60)
    assert board.pass_to("2026-11-28T09:29:59") == (False, "owner")
    assert board.pass_to("2026-11-28T09:30") == (True, "timer")


def test_taking_the_time_out_of_the_schedule_turns_on_what_it_turned_off(board):
    board.pass_to("2026-11-27T10:00")
    board.schedule = ()
    assert board.look() == (True, "schedule")


def test_a_schedule_that_cannot_be_read_turns_nothing(board):
    board.pass_to("2026-11-27T10:00")
    board.schedule = None
    assert board.pass_to("2026-11-27T18:00") == (False, "schedule")
    board.turn(True)
    assert board.pass_to("2026-11-30T10:00") == (True, "owner")


def test_a_clock_that_is_put_back_turns_nothing_that_somebody_has_turned_since(board):
    board.pass_to("2026-11-27T12:00")
    board.turn(True)
    board.wall -= 3600
    assert board.look() == (True, "owner")
    board.uptime, board.timer = 20.0, board.started()  # another boot, whose clock is behind: it cannot be told
    assert board.look() == (False, "schedule")


def test_the_night_on_which_the_clock_is_put_back_has_one_begin_and_one_end(board):
    board.schedule, board.zone = (OffTime((6,), "02:10", "02:50"),), BERLIN
    board.wall = at("2026-10-25T02:09", BERLIN)
    board.timer = board.started()
    said = [board.look()[0]]
    for _ in range(120):
        board.wall += 60
        board.uptime += 60
        said.append(board.look()[0])
    assert said == [True] + [False] * 100 + [True] * 20


def test_settings_that_are_damaged_leave_the_camera_as_it_is(tmp_path):
    file = SettingsFile(tmp_path)
    assert file.known().schedule == ()
    file.path.write_text("{")
    assert file.known() is None


def test_a_disk_that_takes_nothing_is_tried_again(board, monkeypatch):
    tries = []

    def refuse(*turn):
        tries.append(turn)
        raise PetcamError(Code.STATE_NOT_WRITTEN, "full")

    monkeypatch.setattr(board.switch, "turn", refuse)
    assert board.pass_to("2026-11-27T10:00") == (True, None)
    board.look()
    assert tries == [(False, "schedule")] * 2


def test_it_looks_at_once_when_it_is_started(tmp_path):
    looked = []

    class Switch:
        def state(self):
            looked.append(True)
            timer._stopping.set()
            return SwitchState(True)

    timer = Timer(Switch())
    timer.start()
    timer._thread.join(10)
    assert looked == [True] and not timer.is_alive()
