"""How long something has to be wrong, and right again: docs/events-db.md, "Trouble"."""

import pytest

from petcam.events.rules import Troubles


class Days:
    """Rules that are looked at each second; what they say is so."""

    def __init__(self):
        self.rules, self.now, self.open, self.told = Troubles(), 1000.0, set(), []

    def look(self, seconds, *wrong, unknown=()):
        for _ in range(seconds):
            self.now += 1
            for kind, name, at, _ in self.rules.look(dict.fromkeys(wrong, "why"), unknown, self.open, self.now):
                self.told.append((kind, name, at))
                (self.open.add if kind == "begin" else self.open.remove)(name)


@pytest.fixture
def days():
    return Days()


def test_what_is_wrong_for_a_minute_is_trouble_since_its_begin(days):
    days.look(60, "disk_full")
    assert days.told == []
    days.look(500, "disk_full")
    assert days.told == [("begin", "disk_full", 1001)]


def test_a_blip_is_none_however_often(days):
    for _ in range(20):
        days.look(59, "disk_full")
        days.look(1)
    assert days.told == []


def test_it_ends_when_it_was_right_for_ten_seconds(days):
    days.look(61, "disk_full")
    days.look(9)
    days.look(1, "disk_full")
    days.look(10)
    assert len(days.told) == 1
    days.look(1)
    assert days.told[1] == ("end", "disk_full", 1072)
    days.look(60, "disk_full")
    assert len(days.told) == 2


def test_several_are_told_apart(days):
    days.look(30, "disk_full")
    days.look(61, "disk_full", "camera_silent")
    days.look(30, "camera_silent")
    assert [(kind, name) for kind, name, _ in days.told] == [
        *(("begin", "disk_full"), ("begin", "camera_silent")),
        ("end", "disk_full"),
    ]


def test_what_is_unknown_stays_as_it_is(days):
    days.look(61, "disk_full")
    days.look(30, "disk_full", "camera_silent")
    days.look(500, unknown=("disk_full", "camera_silent"))
    assert days.told == [("begin", "disk_full", 1001)]
    days.look(11)
    assert days.told[1:] == [("end", "disk_full", 1592)]


def test_trouble_of_before_a_restart_ends_here(days):
    days.open.add("of_an_older_petcam")
    days.look(11)
    assert days.told == [("end", "of_an_older_petcam", 1001)]
