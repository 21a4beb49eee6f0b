"""Who was there before a start, by the visits that were kept."""

from typing import NamedTuple

from petcam.commands.event_telling import was_there
from petcam.telling.rules import WasThere

NOON = 1795867200.0


class Event(NamedTuple):
    id: int
    class_name: str = "cat"
    is_still: bool = False


def found(*seen, resumed=()):
    return was_there(lambda: list(seen), resumed, lambda: NOON)


def test_one_that_went_about_is_no_news_for_two_minutes_after_the_start():
    assert found((Event(7), 300.0)) == {"cat": WasThere(7, NOON + 120)}


def test_one_that_lay_still_is_no_news_until_twenty_minutes_after_it_was_seen():
    assert found((Event(7, is_still=True), 300.0)) == {"cat": WasThere(7, NOON + 900)}
    assert found((Event(7, is_still=True), 1150.0)) == {"cat": WasThere(7, NOON + 120)}


def test_what_is_long_ago_is_another_visit():
    assert found((Event(7, is_still=True), 1200.0), (Event(6, "dog"), 5000.0)) == {}


def test_of_each_class_the_newest_counts():
    seen = (Event(9), 10.0), (Event(8, "dog", True), 20.0), (Event(7, is_still=True), 30.0)
    assert found(*seen) == {"cat": WasThere(9, NOON + 120), "dog": WasThere(8, NOON + 1180)}


def test_what_a_clock_that_was_set_makes_of_the_future_is_believed_no_longer_than_that():
    assert found((Event(7, is_still=True), -60.0)) == {"cat": WasThere(7, NOON + 1200)}
    assert found((Event(7, is_still=True), -86_400.0)) == {}


def test_a_visit_that_goes_on_is_not_among_them_nor_an_earlier_one_of_its_class():
    """What comes after it is another one."""
    going_on = Event(7)
    assert found((going_on, 5.0), (Event(6, is_still=True), 60.0), resumed=[going_on]) == {}
