"""What is told of, and when, as in docs/telling.md, "The rules"."""

import time
from dataclasses import replace

import pytest

from petcam.settings import DEFAULTS, Notify, Quiet, Settings
from petcam.telling.happening import Happening
from petcam.telling.rules import MAX_JUDGED, Rules, WasThere, is_silent

NOON = 1795867200.0  # 28 November 2026, 12:00 UTC
MINUTE = 60.0
HOUR = 3600.0


@pytest.fixture(autouse=True)
def utc(monkeypatch):
    yield from in_zone(monkeypatch, "UTC")


def in_zone(monkeypatch, name):
    monkeypatch.setenv("TZ", name)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def visit(number=1, name="cat", state="begin", at=NOON, places=(), **fields):
    return Happening(number, "visit", name, state, at, places=places, **fields)


def trouble(number=1, state="begin", name="camera_silent", at=NOON):
    return Happening(number, "trouble", name, state, at)


def wants(**fields):
    return Settings(Notify(**fields))


def told(rules, settings, *happenings):
    """The ids of those that are told of, each at its own time."""
    return [each.id for each in happenings if rules.take(each, settings, each.begin)]


def test_only_the_begin_of_a_visit_is_told_and_that_once():
    rules = Rules()
    assert told(rules, DEFAULTS, visit(), visit(state="change"), visit(), visit(state="end")) == [1]
    assert told(rules, DEFAULTS, visit(2, state="end", at=NOON + HOUR)) == []


def test_a_change_of_what_began_before_is_not_told():
    assert told(Rules(), DEFAULTS, visit(state="change")) == []


def test_what_was_judged_before_a_restart_is_not_told_again():
    rules = Rules()
    assert told(rules, wants(classes=("dog",), cooldown_minutes=0), visit(1), visit(2, "dog")) == [2]
    again = Rules(rules.judged, rules.alerts, rules.held)
    assert told(again, wants(cooldown_minutes=0), visit(1), visit(2, "dog"), visit(3, "dog")) == [3]


def test_the_memory_of_events_is_bounded():
    rules = Rules()
    for number in range(MAX_JUDGED + 10):
        rules.take(visit(number), DEFAULTS, NOON + number)
    assert len(rules.judged) == MAX_JUDGED and rules.judged[-1] == MAX_JUDGED + 9
    assert len(rules.alerts) < MAX_JUDGED


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (DEFAULTS, [1, 3]),
        (wants(visits=False), [3]),
        (wants(sound=True), [1, 2, 3]),
        (wants(trouble=False), [1]),
        (wants(classes=("dog",)), [3]),
        (wants(classes=("cat", "dog")), [1, 3]),
    ],
)
def test_what_is_told_is_what_the_owner_wishes(settings, expected):
    happenings = visit(1), Happening(2, "sound", "loud", "begin", NOON), trouble(3)
    assert told(Rules(), settings, *happenings) == expected


def test_that_a_service_was_restarted_is_for_nobody():
    assert told(Rules(), DEFAULTS, trouble(1, name="service_restarted"), trouble(2, name="power_cut")) == [2]


def test_of_chosen_places_a_visit_is_told_once_it_comes_to_one():
    settings, rules = wants(places=("table",), cooldown_minutes=0), Rules()
    way = [visit(1, places=("door",)), visit(1, state="change", places=("door", "rug"))]
    assert told(rules, settings, *way) == []
    there = visit(1, state="change", places=("door", "rug", "table"))
    assert told(rules, settings, there, there, visit(2, places=("table",)), visit(3)) == [1, 2]


def test_what_was_kept_silent_at_its_begin_is_not_told_where_it_goes_next():
    settings, rules = wants(places=("table",), quiet=Quiet("11:00", "12:30")), Rules()
    assert told(rules, settings, visit(1, places=("table",))) == []
    assert not rules.take(visit(1, state="change", places=("table", "door")), settings, NOON + HOUR)


class TestCoolDown:
    def test_no_second_alert_of_a_class_comes_within_it(self):
        at = [visit(1), visit(2, at=NOON + 4.9 * MINUTE), visit(3, "dog", at=NOON + 4.9 * MINUTE)]
        assert told(Rules(), DEFAULTS, *at, visit(4, at=NOON + 5 * MINUTE)) == [1, 3, 4]

    def test_only_what_was_told_counts(self):
        at = [visit(1), visit(2, at=NOON + 4 * MINUTE), visit(3, at=NOON + 6 * MINUTE)]
        assert told(Rules(), DEFAULTS, *at) == [1, 3]

    def test_each_place_has_its_own(self):
        at = [visit(1, places=("door",)), visit(2, places=("table",), at=NOON + MINUTE)]
        assert told(Rules(), DEFAULTS, *at, visit(3, places=("table", "rug"), at=NOON + 2 * MINUTE)) == [1, 2]

    def test_where_no_place_is_known_it_may_be_any(self):
        assert told(Rules(), DEFAULTS, visit(1), visit(2, places=("table",), at=NOON + MINUTE)) == [1]
        assert told(Rules(), DEFAULTS, visit(1, places=("table",)), visit(2, at=NOON + MINUTE)) == [1]

    def test_it_outlives_a_restart_and_a_clock_that_was_set_back(self):
        rules = Rules()
        assert told(rules, DEFAULTS, visit(1)) == [1]
        again = Rules(rules.judged, rules.alerts, rules.held)
        assert told(again, DEFAULTS, visit(2, at=NOON + MINUTE), visit(3, at=NOON - HOUR)) == [3]

    def test_trouble_that_comes_and_goes_has_one_too(self):
        assert told(Rules(), DEFAULTS, trouble(1), trouble(2, at=NOON + MINUTE)) == [1]


class TestQuietHours:
    NIGHT = wants(quiet=Quiet("22:00", "07:00"), sound=True, cooldown_minutes=0)

    @pytest.mark.parametrize(
        ("hour", "is_quiet"), [(12, False), (21.99, False), (22, True), (24, True), (30.99, True), (31, False)]
    )
    def test_they_go_over_midnight(self, hour, is_quiet):
        assert is_silent(self.NIGHT, NOON + (hour - 12) * HOUR) is is_quiet

    def test_the_same_begin_and_end_is_all_day(self):
        settings = wants(quiet=Quiet("09:00", "09:00"))
        assert all(is_silent(settings, NOON + hour * HOUR) for hour in range(24))

    def test_nothing_is_told_in_them_nor_later(self):
        at = NOON + 11 * HOUR
        all_of_it = visit(1, at=at), Happening(2, "sound", "loud", "begin", at), trouble(3, at=at)
        rules = Rules()
        assert told(rules, self.NIGHT, *all_of_it) == []
        rules.take(trouble(3, "end"), self.NIGHT, at + HOUR)
        assert rules.due(self.NIGHT, NOON + 20 * HOUR) == []
        assert told(rules, self.NIGHT, *(each._replace(begin=NOON + 20 * HOUR) for each in all_of_it)) == []

    def test_trouble_that_lasts_is_told_once_they_are_over(self):
        rules, at = Rules(), NOON + 11 * HOUR
        assert told(rules, self.NIGHT, trouble(3, at=at)) == []
        assert rules.due(self.NIGHT, at + HOUR) == []
        again = Rules(rules.judged, rules.alerts, rules.held)  # a restart
        assert [each.id for each in again.due(self.NIGHT, NOON + 19 * HOUR)] == [3]
        assert again.due(self.NIGHT, NOON + 20 * HOUR) == []

    @pytest.mark.parametrize(
        ("moment", "is_quiet"),
        [
            (1774742340, False),  # 29 March 2026, 01:59 CET
            (1774746000, True),  # a minute later it is 03:00 CEST, and was never 02:30
            (1792889940, True),  # 25 October 2026, 02:59 CEST
            (1792890000, False),  # a minute later it is 02:00 CET
            (1792891800, True),  # and 02:30 for the second time
            (1792897200, False),  # 04:00 CET
        ],
    )
    def test_they_are_of_the_clock_on_the_wall_in_both_nights_that_change_it(self, monkeypatch, moment, is_quiet):
        monkeypatch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        assert is_silent(wants(quiet=Quiet("02:30", "04:00")), moment) is is_quiet


class TestMuting:
    MUTED = replace(DEFAULTS, mute_until="2026-11-28T13:00:00Z")

    def test_all_is_silent_until_then(self):
        rules = Rules()
        assert told(rules, self.MUTED, visit(1), trouble(2)) == []
        assert told(rules, self.MUTED, visit(3, at=NOON + HOUR)) == [3]
        assert [each.id for each in rules.due(self.MUTED, NOON + HOUR)] == [2]


class TestAwayOnly:
    def test_visits_are_told_only_while_nobody_is_home(self):
        home = wants(away_only=True)
        away = replace(home, home=False)
        assert told(Rules(), home, visit(1), trouble(2)) == [2]
        assert told(Rules(), away, visit(1), trouble(2)) == [1, 2]


class TestWhatWasThereAtTheStart:
    """Of cat 5, whose event ended with the service, or with the board."""

    def rules(self):
        rules = Rules()
        rules.was_there = {"cat": WasThere(5, NOON + 15 * MINUTE)}
        return rules

    def test_it_is_no_news_once_and_starts_no_cool_down(self):
        assert told(self.rules(), DEFAULTS, visit(6), visit(7, "dog"), visit(8, at=NOON + MINUTE)) == [7, 8]

    def test_what_is_said_of_it_later_is_none_either(self):
        rules = self.rules()
        assert told(rules, DEFAULTS, visit(6), visit(6), visit(6, state="change"), visit(6, state="end")) == []
        assert Rules(rules.judged).take(visit(6), DEFAULTS, NOON) is False

    def test_later_it_is_another_visit(self):
        assert told(self.rules(), DEFAULTS, visit(6, at=NOON + 15 * MINUTE)) == [6]

    def test_the_event_itself_is_told_where_nobody_was_told_of_it(self):
        assert told(self.rules(), DEFAULTS, visit(5), visit(6)) == [5]
