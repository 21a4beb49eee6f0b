"""The whole of it against real sockets: one alert, what fails, what hangs, what was missed, quiet hours, its end."""

import logging
import threading
import time
from dataclasses import replace
from typing import NamedTuple

import pytest

from petcam.settings import DEFAULTS, Notify, Quiet, Settings
from petcam.system.assets import assets_folder
from petcam.telling.courier import Pauses
from petcam.telling.happening import Happening
from petcam.telling.message import Writer
from petcam.telling.ntfy import Ntfy
from petcam.telling.posting import Bounds
from petcam.telling.teller import Teller
from petcam.telling.webhook import Webhook
from petcam.words import Words
from tests.unit.telling import receiver as habits
from tests.unit.telling.receiver import Receiver, answers

NOON = 1795867200.0
WORDS = Words(assets_folder() / "words")
QUICK = Bounds(connect=2, answer=0.5, total=2)
SOON = Pauses(0.05, 0.2, 0.05)
EVERY = Settings(Notify(cooldown_minutes=0))
PICTURE = b"\xff\xd8picture"


class Moment(NamedTuple):
    page: str = "http://board.local:8080/#visit=7"
    mute: str = "http://board.local:8080/mute/abc"
    picture: bytes | None = PICTURE


class Clock:
    now = NOON

    def __call__(self):
        return self.now


class Owner:
    """The settings, which may change."""

    settings = EVERY

    def __call__(self):
        return self.settings


@pytest.fixture
def server():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def owner():
    return Owner()


@pytest.fixture
def start(tmp_path, clock, owner):
    tellers = []

    def make(*ways, moment=lambda _: Moment(), pauses=SOON, test_moment=Moment):
        writer = Writer(WORDS, lambda: "ja", "")
        teller = Teller(ways, owner, tmp_path / "outbox", writer, moment, test_moment, pauses=pauses, clock=clock)
        teller.start()
        tellers.append(teller)
        return teller

    yield make
    for teller in tellers:
        teller.close()


def hook(server):
    return Webhook(server.url, "", "", QUICK)


def ntfy(server):
    return Ntfy(server.ntfy, QUICK)


def visit(number=7, state="begin", name="cat", **fields):
    return Happening(number, "visit", name, state, NOON + number, **fields)


def wait_for(is_so, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def titles(server):
    return [got.json["title"] for got in server.got]


def test_a_visit_is_told_once_by_each_way_with_its_picture(start, server):
    with Receiver() as other:
        teller = start(hook(server), ntfy(other))
        for state in ("begin", "change", "begin"):
            teller.take(visit(state=state))
        teller.take(visit(8, name="dog"))
        assert [got.json["events"][0]["id"] for got in server.wait(2)] == [7, 8]
        assert [got.body for got in other.wait(2)] == [PICTURE] * 2
        teller.close()
        assert (len(server.got), len(other.got)) == (2, 2)


def test_without_a_way_nothing_is_done_or_written(start, tmp_path):
    teller = start()
    teller.take(visit())
    assert (teller.status, teller.troubles, teller.test()) == ("", [], {})
    teller.close()
    assert not (tmp_path / "outbox").exists()


def test_the_same_message_is_brought_up_to_date_at_its_end_where_the_server_can(start, server):
    server.habit = habits.Fakes()
    teller = start(ntfy(server))
    teller.take(visit())
    server.wait(1)
    teller.take(visit(state="end", end=NOON + 600))
    first, second = server.wait(2)
    assert first.headers["x-sequence-id"] == second.headers["x-sequence-id"] == "petcam-7"
    assert (first.headers["x-priority"], second.headers["x-priority"]) == ("3", "2")


def test_a_server_that_cannot_gets_no_second_message(start, server):
    with Receiver() as old:
        teller = start(hook(server), ntfy(old))
        teller.take(visit())
        server.wait(1), old.wait(1)
        wait_for(lambda: all(each.waiting == 0 for each in teller.standings))
        teller.take(visit(state="end", end=NOON + 600))
        teller.take(visit(8))
        server.wait(2), old.wait(2)
        teller.close()
        assert (len(server.got), len(old.got)) == (2, 2)


def test_what_fails_is_tried_again_until_it_works_and_said_meanwhile(start, server):
    server.habit = answers(503)
    teller = start(hook(server))
    teller.take(visit())
    server.wait(3)
    wait_for(lambda: teller.troubles)
    assert teller.troubles == [f"http://127.0.0.1 fails since {clock_time(NOON)}: it answers 503"]
    server.habit = answers(200)
    wait_for(lambda: not teller.troubles)
    count = len(server.got)
    teller.take(visit(8))
    server.wait(count + 1)
    assert [got.json["events"][0]["id"] for got in server.got[count:]] == [8]


def clock_time(moment):
    return time.strftime("%H:%M", time.localtime(moment))


@pytest.mark.parametrize("habit", [habits.hangs, habits.drops])
def test_what_may_have_arrived_is_not_sent_again(start, server, habit):
    server.habit = habit
    teller = start(hook(server))
    teller.take(visit())
    server.wait(1)
    wait_for(lambda: teller.troubles)
    assert "it may have arrived" in teller.troubles[0]
    server.habit = answers(200)
    teller.take(visit(8))
    server.wait(2)
    wait_for(lambda: not teller.troubles)
    assert [got.json["events"][0]["id"] for got in server.got] == [7, 8]


def test_a_way_that_hangs_holds_up_no_other_and_take_never_waits(start, server):
    with Receiver(habits.hangs) as hanging:
        teller = start(Webhook(hanging.url, "", "", Bounds(2, 60, 60)), hook(server))
        begun = time.monotonic()
        for number in range(7, 1000):
            teller.take(visit(number))
        assert time.monotonic() - begun < 5  # the queue is bounded: most of them are not told
        hanging.wait(1)
        server.wait(1)


def test_four_that_wait_become_one_message_that_says_what_was(start, server):
    server.habit = answers(503)
    teller = start(hook(server), pauses=Pauses(3600, 3600, 3600))
    teller.take(visit(60))
    server.wait(1)
    wait_for(lambda: teller.troubles)
    for number, name in ((120, "cat"), (180, "dog"), (240, "cat")):
        teller.take(visit(number, name=name))
    teller.take(visit(240, "end", end=NOON + 9000))
    wait_for(lambda: teller.standings[0].waiting == 4)
    teller.close()
    server.habit, count = answers(200), len(server.got)
    again = start(hook(server))
    again.take(visit(240, "change"))
    (got,) = server.wait(count + 1)[count:]
    assert got.json["title"] == "オフラインの間に来訪が 4 件ありました"
    assert got.json["text"].startswith("猫 3、犬 1 · ")
    assert [each["id"] for each in got.json["events"]] == [60, 120, 180, 240]
    wait_for(lambda: again.standings[0].waiting == 0)
    again.close()
    assert len(server.got) == count + 1


def test_nothing_that_waited_is_sent_in_quiet_hours(start, server, owner, clock):
    server.habit = answers(503)
    teller = start(hook(server), pauses=Pauses(0.3, 0.3, 0.3))
    teller.take(visit())
    server.wait(1)
    wait_for(lambda: teller.troubles)
    owner.settings = replace(EVERY, notify=replace(EVERY.notify, quiet=Quiet("00:00", "00:00")))
    server.habit = answers(200)
    teller.take(visit(8))
    for _ in range(3):
        teller.test()  # is sent all the same; before and after it the way looks for what waits
    assert titles(server).count("petcam のテストです") == 3 and teller.standings[0].waiting == 1
    count = len(server.got)
    owner.settings = EVERY
    teller.take(visit(9))
    assert [got.json["events"][0]["id"] for got in server.wait(count + 2)[count:]] == [7, 9]


def test_quiet_hours_that_begin_while_a_picture_is_waited_for_hold_it_back(start, server, owner):
    def moment(_):
        owner.settings = replace(DEFAULTS, notify=replace(DEFAULTS.notify, quiet=Quiet("00:00", "00:00")))
        return Moment()

    teller = start(hook(server), moment=moment)
    teller.take(visit())
    wait_for(lambda: owner.settings is not EVERY)
    teller.test()
    assert titles(server) == ["petcam のテストです"] and teller.standings[0].waiting == 1


def test_trouble_that_lasts_is_told_after_quiet_hours(start, server, owner, monkeypatch):
    monkeypatch.setattr("petcam.telling.teller.LOOK_SECONDS", 0.05)
    owner.settings = replace(DEFAULTS, notify=replace(DEFAULTS.notify, quiet=Quiet("00:00", "00:00")))
    teller = start(hook(server))
    teller.take(Happening(3, "trouble", "camera_silent", "begin", NOON))
    wait_for(lambda: teller._outbox.rules.held)
    owner.settings = DEFAULTS
    assert [got.json["title"] for got in server.wait(1)] == ["カメラの映像が届いていません"]


def test_trouble_of_an_earlier_boot_is_not_told_after_quiet_hours(start, server, owner, clock, monkeypatch):
    monkeypatch.setattr("petcam.telling.teller.LOOK_SECONDS", 0.05)
    owner.settings = replace(DEFAULTS, notify=replace(DEFAULTS.notify, quiet=Quiet("00:00", "00:00")))
    teller = start(hook(server))
    for number, begin in ((3, NOON), (4, NOON - time.monotonic() - 3600)):
        teller.take(Happening(number, "trouble", f"trouble {number}", "begin", begin))
    wait_for(lambda: len(teller._outbox.rules.held) == 2)
    teller.close()
    owner.settings = DEFAULTS
    again = start(hook(server))
    assert [got.json["events"][0]["id"] for got in server.wait(1)] == [3]
    again.take(visit())
    assert [got.json["events"][0]["id"] for got in server.wait(2)] == [3, 7]


def test_nothing_is_brought_up_to_date_in_quiet_hours(start, server, owner):
    server.habit = habits.Fakes()
    teller = start(ntfy(server))
    teller.take(visit())
    server.wait(1)
    owner.settings = replace(EVERY, notify=replace(EVERY.notify, quiet=Quiet("00:00", "00:00")))
    teller.take(visit(state="end", end=NOON + 600))
    for _ in range(3):
        teller.test()  # before and after it the way looks for what there is to do
    assert [got.headers["x-sequence-id"] for got in server.got] == ["petcam-7"] + ["petcam-test"] * 3
    owner.settings = EVERY
    teller.test()
    assert [got.headers["x-sequence-id"] for got in server.wait(6)].count("petcam-7") == 2


def test_an_alert_waits_a_moment_for_petcam_web_and_not_longer(start, server):
    asked = []

    def moment(number):
        asked.append(number)
        return Moment() if len(asked) > 2 else None

    start(hook(server), moment=moment).take(visit())
    assert server.wait(1)[0].json["picture"]
    start(hook(server), moment=lambda _: None).take(visit(8))
    assert server.wait(2)[1].json["picture"] is None
    start(hook(server), moment=lambda _: Moment(picture=None)).take(visit(9))
    assert server.wait(3)[2].json["link"] == Moment().page


def test_a_trial_says_what_came_of_each_way(start, server):
    with Receiver(answers(404)) as refusing, Receiver(habits.hangs) as hanging:
        ways = [hook(server), ntfy(refusing), hook(hanging)]
        ways[2].name = "http://127.0.0.1 (2)"
        assert start(*ways).test() == {
            "http://127.0.0.1": "",
            "ntfy://127.0.0.1": "it answers 404",
            "http://127.0.0.1 (2)": "no answer for 0.5 s: it may have arrived",
        }
        assert titles(server) == ["petcam のテストです"]


def test_a_second_trial_at_once_is_the_first(start, server):
    server.habit = habits.hangs
    teller = start(Webhook(server.url, "", "", Bounds(2, 60, 60)))
    assert teller.test(0.2) == teller.test(0.2) == {"http://127.0.0.1": "it has not ended yet: try again"}
    assert len(server.got) == 1


def test_it_knows_the_newest_event_that_was_judged(start, server, tmp_path):
    teller = start(hook(server))
    assert teller.told_id is None
    for number in (9, 8):
        teller.take(visit(number))
    server.wait(2)
    teller.close()
    assert start(hook(server)).told_id == 9


def test_a_defect_of_a_way_is_no_end_of_it_and_is_said_without_its_words(start, server, caplog):
    class Broken(Webhook):
        def send(self, message):
            if message.about and message.about[0].id == 7:
                raise RuntimeError("s3cret")
            return super().send(message)

    with caplog.at_level(logging.DEBUG):
        teller = start(Broken(server.url, "", "", QUICK))
        teller.take(visit())
        wait_for(lambda: teller.troubles)
        assert "a defect of petcam: RuntimeError" in teller.troubles[0]
        teller.take(visit(8))
        server.wait(1)
        teller.close()
    assert "s3cret" not in caplog.text


def test_its_end_waits_for_what_is_being_sent_and_leaves_what_hangs(start, server):
    server.habit = habits.hangs
    teller = start(Webhook(server.url, "", "", Bounds(2, 60, 60)))
    teller.take(visit())
    server.wait(1)
    begun = time.monotonic()
    teller.close()
    assert time.monotonic() - begun < 30
    assert threading.active_count() < 50
