"""The words of messages, in both languages."""

import time
from typing import NamedTuple

import pytest

from petcam.system.assets import assets_folder
from petcam.telling.happening import Happening
from petcam.telling.message import Writer
from petcam.words import Words

NOON = 1795867200.0  # 28 November 2026, 12:00 UTC
WORDS = Words(assets_folder() / "words")


class Moment(NamedTuple):
    page: str = "http://board.local:8080/#visit=7"
    mute: str = "http://board.local:8080/mute/abc"
    picture: bytes | None = b"\xff\xd8"


@pytest.fixture(autouse=True)
def utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def writer(language="en", camera=""):
    return Writer(WORDS, lambda: language, camera)


def visit(number=7, name="cat", begin=NOON, **fields):
    return Happening(number, "visit", name, "begin", begin, **fields)


@pytest.mark.parametrize(
    ("language", "name", "came", "was"),
    [
        ("en", "cat", "The cat is here", "The cat was here"),
        ("ja", "cat", "猫が来ました", "猫が来ていました"),
        ("ja", "guinea pig", "モルモットが来ました", "モルモットが来ていました"),
        ("en", "capybara", "A visitor: capybara", "There was a visitor: capybara"),
        ("ja", "capybara", "来訪：capybara", "来訪がありました：capybara"),
    ],
)
def test_a_visit_is_told_in_the_language_that_is_set(language, name, came, was):
    begun = writer(language).of(visit(name=name), None)
    ended = writer(language).of(visit(name=name, end=NOON + 780), None)
    assert (begun.title, begun.state, ended.title, ended.state) == (came, "begin", was, "end")
    assert begun.tag == ended.tag == "petcam-7"


def test_the_text_has_camera_times_places_and_how_many():
    cats = visit(places=("ソファ", "窓"), most=2, end=NOON + 780)
    assert writer("ja", "居間").of(cats, None).text == "居間 · 12:00〜12:13 · ソファ · 窓 · 猫 ×2"
    assert writer().of(visit(), None).text == "12:00"


def test_trouble_says_what_to_do():
    silent = Happening(8, "trouble", "camera_silent", "begin", NOON, detail="look at its cable")
    assert writer("ja").of(silent, None)[3:5] == ("カメラの映像が届いていません", "12:00 · look at its cable")
    unknown = silent._replace(name="meteor")
    assert writer().of(unknown, None).title == "petcam has a problem"


def test_a_link_a_picture_and_a_way_to_mute_come_from_the_moment():
    message = writer().of(visit(), Moment())
    assert (message.link, message.mute, message.picture) == Moment()
    assert message.mute_label == "Mute for 1 hour"
    assert writer().of(visit(), None)[5:9] == ("", "", "", None)


def test_several_become_one_message_that_says_what_was():
    visits = [visit(1, begin=NOON + 60), visit(2, begin=NOON + 600), visit(3, "dog", begin=NOON + 900), visit(4)]
    visits[2] = visits[2]._replace(end=NOON + 9000)
    visits.sort(key=lambda each: each.begin)
    message = writer().several(visits, Moment())
    assert (message.title, message.text) == ("4 visits while offline", "cat 3, dog 1 · 12:00–14:30")
    assert message.about == tuple(visits) and message.picture
    japanese = writer("ja").several(visits, None)
    assert japanese[3:5] == ("オフラインの間に来訪が 4 件ありました", "猫 3、犬 1 · 12:00〜14:30")


def test_several_of_all_kinds_are_counted_by_kind():
    happenings = [visit(1), Happening(2, "sound", "loud", "begin", NOON), Happening(3, "trouble", "x", "begin", NOON)]
    message = writer().several(happenings, None)
    assert message[3:5] == ("3 messages while offline", "cat 1, loud sounds 1, problems 1 · 12:00")


def test_a_trial_says_that_it_is_one():
    message = writer("ja").trial(Moment())
    assert message.title == "petcam のテストです" and message.text.startswith("お知らせはこのように届きます。")
